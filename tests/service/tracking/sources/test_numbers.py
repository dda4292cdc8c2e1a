"""Carriers by name and by number."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tracking.sources.carriers import CARRIERS
from service.tracking.sources.numbers import canonical_carrier

NAMES = [
    ("DHL", "dhl"),
    ("dhl paket", "dhl"),
    ("DHL Germany", "dhl"),
    ("DHL Express", "dhl_express"),
    ("DHL eCommerce", "dhl_ecommerce"),
    ("Deutsche Post", "deutsche_post"),
    ("Deutsche Post (DE)", "deutsche_post"),
    ("DPD", "dpd"),
    ("DPD UK", "dpd"),
    ("GLS", "gls"),
    ("Hermes", "hermes"),
    ("UPS", "ups"),
    ("FedEx", "fedex"),
    ("TNT", "tnt"),
    ("USPS", "usps"),
    ("Royal Mail", "royal_mail"),
    ("Evri", "evri"),
    ("Österreichische Post", "post_at"),
    ("Austrian Post", "post_at"),
    ("Swiss Post", "swiss_post"),
    ("PostNL", "post_nl"),
    ("La Poste", "la_poste"),
    ("Colissimo", "la_poste"),
    ("PostNord DK", "post_nord"),
    ("Amazon Logistics UK", "amazon"),
    ("InPost", "inpost"),
    ("YunExpress", "yun_express"),
]
NUMBERS = [
    ("563102430313", "dhl"),
    ("00340434161094042557", "dhl"),
    ("0034 0434 1610 9404 2557", "dhl"),
    ("JJD000390007772612345", "dhl"),
    ("CB123456785DE", "dhl"),
    ("JD014600003889093300", "dhl_express"),
    ("3318810025", "dhl_express"),
    ("RB123456785DE", "deutsche_post"),
    ("01234567890123", "dpd"),
    ("01 234 567 890 123 X", "dpd"),
    ("12345678901", "gls"),
    ("H1001234567890123456", "hermes"),
    ("1234567890123456", "hermes"),
    ("1Z5R89390357567127", "ups"),
    ("1z5r89390357567127", "ups"),
    ("9400111202555842332669", "usps"),
    ("123456789012", "fedex"),
    ("RR123456785GB", "royal_mail"),
    ("RR123456785AT", "post_at"),
    ("1000123456789012345678", "post_at"),
    ("RR123456785CH", "swiss_post"),
    ("99.00.123456.12345678", "swiss_post"),
]


def code_of(company, number):
    carrier = canonical_carrier(company, number)
    return carrier.code if carrier else None


@pytest.mark.parametrize(("name", "code"), NAMES)
def test_a_carrier_is_known_by_the_name_that_the_shop_gives_it(name, code):
    assert code_of(name, None) == code
    assert code_of(f" {name.upper()} ", None) == code


@pytest.mark.parametrize(("number", "code"), NUMBERS)
def test_a_carrier_is_known_by_the_form_of_its_number(number, code):
    assert code_of(None, number) == code
    assert code_of("Other", number) == code


def test_the_name_wins_over_the_form_of_the_number():
    assert code_of("Hermes", "1Z5R89390357567127") == "hermes"


def test_a_name_that_nobody_knows_is_not_guessed_away():
    assert code_of("Trans-o-flex", "1Z5R89390357567127") is None


def test_within_the_dhl_group_the_number_tells_more_than_the_name():
    assert code_of("DHL", "3318810025") == "dhl_express"
    assert code_of("DHL", "RB123456785DE") == "deutsche_post"
    assert code_of("DHL", "1Z5R89390357567127") == "dhl"
    assert code_of("DHL Express", "00340434161094042557") == "dhl_express"


def test_twelve_digits_that_fit_two_carriers_belong_to_neither():
    # 4 and 9 in turn make it an Identcode, FedEx' own weights a number of FedEx Express
    both = next(
        number
        for number in (f"{each:012d}" for each in range(100_000_000_000, 100_000_100_000))
        if fits_identcode(number) and fits_fedex(number)
    )
    assert code_of(None, both) is None


@pytest.mark.parametrize("number", [None, "", "123", "hello", "RR123456780GB", "999999999998", "A" * 200])
def test_a_number_of_no_known_form_has_no_carrier(number):
    assert code_of(None, number) is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_stands_there_is_a_carrier_of_ours_or_none(company, number):
    carrier = canonical_carrier(company, number)
    assert carrier is None or CARRIERS[carrier.code] is carrier


@given(st.sampled_from(sorted(CARRIERS)), st.text(max_size=80))
def test_a_link_leads_to_the_carriers_own_page_whatever_the_number(code, number):
    url = CARRIERS[code].url_of(number)
    if url is None:
        return
    before, after = CARRIERS[code].page.split("{number}")
    assert url.startswith(before)
    assert url.endswith(after)
    assert not set(url[len(before) :]) & set("<>\"'/?#& \n\r\t") - set(after)
    assert urlsplit(url).netloc == urlsplit(before).netloc


def test_every_link_is_of_the_web_with_encryption_and_holds_the_number():
    pages = [carrier.page for carrier in CARRIERS.values() if carrier.page]
    assert all(page.startswith("https://") and page.count("{number}") == 1 for page in pages)
    assert len(pages) > 20


def test_spaces_of_a_written_number_do_not_get_into_its_link():
    assert CARRIERS["dhl"].url_of("0034 0434").endswith("piececode=00340434")


def fits_identcode(number):
    weighed = sum(int(sign) * weight for sign, weight in zip(number, (4, 9) * 6, strict=True))
    return (weighed - 8 * int(number[11])) % 10 == 0


def fits_fedex(number):
    weighed = sum(int(sign) * weight for sign, weight in zip(number[:11], (3, 1, 7) * 4, strict=False))
    return weighed % 11 % 10 == int(number[11])
