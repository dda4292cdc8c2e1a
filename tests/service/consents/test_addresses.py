"""What is taken for an address, and in which form it is kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.consents.addresses import BadAddress, Channel, mask_address, read_address


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+49 151 2345678", None, "+491512345678"),
        ("0049 (151) 234 56-78", None, "+491512345678"),
        ("+49 (0)151 2345678", None, "+491512345678"),
        ("0151/2345678", "DE", "+491512345678"),
        ("079 123 45 67", "CH", "+41791234567"),
        ("347 123 4567", "IT", "+393471234567"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("06 30 123 4567", "HU", "+36301234567"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("1 415 555 2671", "US", "+14155552671"),
        ("07400 123456", "GB", "+447400123456"),
    ],
)
def test_a_number_becomes_e164_however_it_is_written(text: str, country: str | None, number: str) -> None:
    assert read_address(Channel.SMS, text, country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("0151 2345678", None),
        ("151 2345678", "DE"),
        ("0151 2345678", "BR"),
        ("+49", "DE"),
        ("+0491512345678", "DE"),
        ("+4915123456789012", "DE"),
        ("+49151234567a", "DE"),
        ("+979 123456789", "DE"),
        ("+881 612345678", "DE"),
        ("٠١٥١٢٣٤٥٦٧٨", "DE"),
        ("+49151234567\r\nTo: +1", "DE"),
        ("", "DE"),
    ],
)
def test_what_is_no_number_of_a_country_is_refused(text: str, country: str | None) -> None:
    with pytest.raises(BadAddress):
        read_address(Channel.WHATSAPP, text, country)


@pytest.mark.parametrize("text", ["ada@example.com", " Ada.O'Neil+x@mail.example.co.uk "])
def test_an_e_mail_address_is_kept_as_it_was_typed_without_spaces_around(text: str) -> None:
    assert read_address(Channel.EMAIL, text, None) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@example",
        "ada@@example.com",
        "ada@example.com, bob@example.com",
        "ada@example.com\r\nBcc: bob@example.com",
        "Ada <ada@example.com>",
        "ada@exämple.com",
        ".ada@example.com",
        "ada@-example.com",
        f"{'a' * 65}@example.com",
        f"ada@{'a.' * 130}com",
    ],
)
def test_what_is_no_single_e_mail_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        read_address(Channel.EMAIL, text, None)


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from(["DE", "US", "IT", None]))
def test_any_text_is_either_refused_or_becomes_a_number_that_reads_as_itself(
    text: str, country: str | None
) -> None:
    try:
        number = read_address(Channel.SMS, text, country)
    except BadAddress:
        return
    assert read_address(Channel.SMS, number, None) == number


def test_a_masked_address_shows_neither_person_nor_number() -> None:
    assert mask_address("ada@example.com") == "a…@example.com"
    assert mask_address("+491512345678") == "+49…78"
