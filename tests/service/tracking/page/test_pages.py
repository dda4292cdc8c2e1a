"""The tracking page's doors and what stands on it, in every state, for both kinds of readers."""

import gzip
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from service.access.private_links import mail_key, revoke_link
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime
from service.purchases.models import Order
from service.shops.models import Shop
from service.shops.theme_assets import STYLE, SUGGESTIONS, asset_address, asset_content
from service.tracking.models import Guide, OrderStory, TrackingSettings
from service.tracking.page.page_facts import PageViewer, ViewerKind
from service.tracking.page.page_rendering import FormNotice, html_of_preview, render_form, render_page
from service.tracking.page.samples import SAMPLES
from service.tracking.page.wording import TEXTS
from service.tracking.status import sum_up
from service.tracking.story import Item, Story, read_story, write_story
from tests.service.recommendations.proxy_questions import signed_query
from tests.service.tracking.page_shop import EMAIL, Visitor, add_story, all_rows

NOW = datetime(2026, 12, 1, 13, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MOST_BYTES = 20_000


def tracking_settings(**changes: object) -> TrackingSettings:
    usual = {
        "contact_email": "hallo@lindenholz.de",
        "contact_phone": "+49 30 123456",
        "withdrawal_url": "/pages/widerruf",
        "shows_products": True,
        "texts": {},
    }
    return TrackingSettings(shop_id=1, **(usual | changes))


def viewer(kind: ViewerKind = ViewerKind.PRIVATE, language: str = "de", **changes: object) -> PageViewer:
    usual = PageViewer(
        kind=kind,
        language=language,
        zone=BERLIN,
        now=NOW,
        shop_name="Lindenholz",
        proxy_path="/apps/danke",
        brand={},
        token="t" * 32 if kind is ViewerKind.PRIVATE else None,
        channels=("email", "sms", "whatsapp"),
        mails_links=True,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def page_of(
    sample: str | Story,
    reader: PageViewer | None = None,
    *,
    guides: tuple[Guide, ...] = (),
    **changes: object,
) -> str:
    story = SAMPLES[sample](NOW) if isinstance(sample, str) else sample
    return render_page(story, sum_up(story, NOW), tracking_settings(**changes), guides, reader or viewer())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    return " ".join(" ".join(parser.parts).split())


def answer_of(html: str) -> str:
    found = re.search(r'<section class="dk-answer.*?</section>', html, re.DOTALL)
    assert found is not None
    return text_of(found[0])


WORDS = {
    "received": ("Deine Bestellung ist bei uns. Kommt voraussichtlich Freitag bis Sonntag, 4.–6. Dezember",
                 "We have your order. Expected Friday to Sunday, 4–6 December"),
    "not_shipped": ("Deine Bestellung ist noch nicht verschickt.", "Your order has not been shipped yet."),
    "unknown": ("Über dein Paket ist noch nichts bekannt.", "Nothing is known about your parcel yet."),
    "announced": ("Dein Paket ist angekündigt. Kommt", "Your parcel is announced. Expected"),
    "on_the_way": ("Dein Paket ist unterwegs. Kommt voraussichtlich Mittwoch bis Freitag, 2.–4. Dezember",
                   "Your parcel is on its way. Expected Wednesday to Friday, 2–4 December"),
    "customs": ("Dein Paket ist beim Zoll.", "Your parcel is at customs."),
    "out_for_delivery": ("in der Zustellung. Kommt voraussichtlich heute, Dienstag, 1. Dezember",
                         "out for delivery. Expected today, Tuesday, 1 December"),
    "delayed": ("Dein Paket verspätet sich. DHL nennt Freitag, 4. Dezember",
                "Your parcel is delayed. DHL says Friday, 4 December"),
    "late": ("Dein Paket ist verspätet. Wann es ankommt, ist noch nicht bekannt. Angekündigt war Freitag bis Montag, "
             "27.–30. November. Das haben wir nicht geschafft, es tut uns leid.",
             "Your parcel is late. The day of arrival is not known yet. We had said Friday to Monday, "
             "27–30 November. We did not make it, and we are sorry."),
    "stalled": ("Von deinem Paket fehlt eine neue Meldung.", "There is no new report about your parcel."),
    "attempt_failed": ("Die Zustellung hat nicht geklappt. Seit heute, 11:05 Uhr",
                       "The delivery did not work out. Since today, 11:05"),
    "pickup": ("liegt zur Abholung bereit.", "ready to be picked up."),
    "your_turn": ("DHL braucht etwas von dir.", "DHL needs something from you."),
    "going_back": ("geht zurück zum Absender.", "going back to the sender."),
    "refused": ("Annahme deines Pakets wurde abgelehnt.", "turned down at the door."),
    "failed": ("Zustellung deines Pakets ist gescheitert.", "delivery of your parcel failed."),
    "damaged": ("wurde unterwegs beschädigt.", "was damaged on its way."),
    "lost": ("Dein Paket ist verloren gegangen.", "Your parcel is lost."),
    "split": ("Ein Teil deiner Bestellung ist da. Kommt voraussichtlich Mittwoch bis Freitag, 2.–4. Dezember "
              "3 von 5 Artikeln sind da.", "Part of your order is here. Expected Wednesday to Friday, "
              "2–4 December 3 of 5 items are here."),
    "delivered": ("Deine Bestellung ist da. Zugestellt heute, 11:05 Uhr", "Your order is here. Delivered today, 11:05"),
    "delivered_after_missed_date": ("Zugestellt gestern, 12:05 Uhr Angekündigt war Donnerstag bis Samstag, "
                                    "26.–28. November. Dein Paket kam später, das tut uns leid.",
                                    "Delivered yesterday, 12:05 We had said Thursday to Saturday, 26–28 November. "
                                    "Your parcel came later, and we are sorry."),
    "delivered_and_answered": ("Deine Bestellung ist da.", "Your order is here."),
    "cancelled": ("Diese Bestellung ist storniert. Seit Montag, 30. November",
                  "This order is cancelled. Since Monday, 30 November"),
    "not_watched": ("kommen keine Meldungen mehr.", "No more reports come"),
}  # fmt: skip


def test_every_sample_state_has_its_words() -> None:
    assert set(WORDS) == set(SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("place", [0, 1], ids=["de", "en"])
def test_the_answer_says_state_and_date_in_the_readers_language(sample: str, place: int) -> None:
    answer = answer_of(page_of(sample, viewer(language=("de", "en")[place])))
    assert WORDS[sample][place] in answer
    assert answer.count("leid") <= 1
    assert answer.count("sorry") <= 1
    assert "!" not in answer


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("kind", ViewerKind)
def test_the_withdrawal_function_and_a_person_are_a_link_away_in_every_state(
    sample: str, kind: ViewerKind
) -> None:
    html = page_of(sample, viewer(kind))
    assert '<a class="dk-link" href="/pages/widerruf">Vertrag widerrufen</a>' in html
    assert (
        'href="mailto:hallo@lindenholz.de?subject=Frage%20zu%20Bestellung%20%231042">E-Mail schreiben' in html
    )
    assert 'href="tel:+4930123456"' in html
    unset = page_of(
        sample, viewer(kind), withdrawal_url="javascript:alert(1)", contact_email=None, contact_phone=None
    )
    assert '<a class="dk-link" href="/pages/contact">Vertrag widerrufen</a>' in unset
    assert "javascript:" not in unset


def test_the_form_has_the_withdrawal_function_too() -> None:
    for notice in (None, *FormNotice):
        html = render_form(tracking_settings(), viewer(ViewerKind.ANONYMOUS), "1042", notice)
        assert '<a class="dk-link" href="/pages/widerruf">Vertrag widerrufen</a>' in html
        assert 'value="1042"' in html


CANARIES = (
    *("Tischlampe", "Kaffeebohnen", "Wolldecke", "Schneidebrett", "tischlampe-linde", "8001", "8002"),
    *("00340434161094042557", "00340434161094042564", "piececode", "dhl.de"),
    *("Paketzentrum", "Filiale", "elektronisch", "DELIVERED", "ON_THE_WAY"),
    *("900001", "910001", "910002", "tttttttt", EMAIL, "Artikeln sind da", "danke-suggestions placement=\"cart\""),
)  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES)
def test_who_knows_only_number_and_address_sees_state_date_steps_and_carrier(sample: str) -> None:
    story = SAMPLES[sample](NOW)
    guide = Guide(
        product_id=8_001, moment="waiting", language="de", title="Kaffeebohnen mahlen", text="", url=None
    )
    html = page_of(story, viewer(ViewerKind.ANONYMOUS), guides=(guide,))
    assert [canary for canary in CANARIES if canary in unescape(html)] == []
    # what depends on the order is made of words that are the same for everybody, dates and the carrier's name
    same = _lines(page_of("unknown", viewer(ViewerKind.ANONYMOUS)))
    assert [line for line in _lines(html) - same if not _is_harmless(line)] == []


def _lines(html: str) -> set[str]:
    parser = _Text()
    parser.feed(html)
    return {line for part in parser.parts if (line := " ".join(part.split()))}


def _is_harmless(line: str) -> bool:
    filled = r"(?:[\w ,.:–]+|#1042)"
    patterns = (re.sub(r"\\{\w+\\}", lambda _: filled, re.escape(text)) for text in TEXTS.of("de").values())
    return line == "DHL" or any(re.fullmatch(pattern, line) for pattern in patterns) or _is_moment(line)


def _is_moment(line: str) -> bool:
    return (
        re.fullmatch(r"(?:heute|gestern|\w+tag|\w+woch)(?:, \d+\. \w+(?: \d{4})?)?, \d\d:\d\d Uhr", line)
        is not None
    )


def test_the_buyer_sees_items_number_and_the_carriers_own_words() -> None:
    html = page_of("split")
    assert '2 × <a href="/products/kaffeebohnen-morgenrot">Kaffeebohnen Morgenrot, 500 g</a>' in html
    assert "00340434161094042557" in html
    assert 'rel="noopener noreferrer">Bei DHL verfolgen</a>' in html
    assert "Die Sendung wurde im Paketzentrum bearbeitet." in html
    assert "gemeldet über DHL" in html
    assert "Kommt getrennt, voraussichtlich Samstag bis Dienstag, 5.–8. Dezember" in html


def test_past_steps_have_their_time_and_future_ones_say_that_they_are_ahead() -> None:
    html = page_of("on_the_way")
    steps = re.findall(r'<li class="dk-step dk-(\w+)"( aria-current="step")?><b>(.*?)</b> <(time|span)', html)
    assert [(when, label) for when, _, label, _ in steps] == [
        ("past", "Bestellt"),
        ("past", "Angekündigt"),
        ("past", "Übergeben"),
        ("now", "Unterwegs"),
        ("ahead", "In der Zustellung"),
        ("ahead", "Zugestellt"),
    ]
    assert [bool(current) for _, current, _, _ in steps] == [False] * 3 + [True] + [False] * 2
    assert [tag for *_, tag in steps] == ["time"] * 4 + ["span"] * 2
    assert "steht noch aus" in html
    assert "voraussichtlich Mittwoch bis Freitag, 2.–4. Dezember</span>" in html


@pytest.mark.parametrize("sample", SAMPLES)
def test_only_who_has_it_all_is_asked_and_only_good_news_come_with_products(sample: str) -> None:
    html = page_of(sample)
    delivered = sample.startswith("delivered")
    assert ("/apps/danke/track/mood" in html) is delivered
    assert ("Danke sagen" in html or "Dein Dank ist beim Team" in html) is delivered
    good = {
        *("received", "unknown", "announced", "on_the_way", "customs", "out_for_delivery", "pickup", "split"),
        "not_watched",
    }
    assert ("<danke-suggestions" in html) is (sample in good or delivered)
    assert "<danke-suggestions" not in page_of(sample, shows_products=False)
    anonymous = page_of(sample, viewer(ViewerKind.ANONYMOUS))
    assert "/track/mood" not in anonymous
    assert "/track/sign-up" not in anonymous


def test_a_given_answer_is_remembered_and_can_be_changed() -> None:
    html = page_of("delivered_and_answered")
    assert "Deine Antwort „Gut“ ist bei uns. Danke." in html
    assert 'value="good" required checked' in html
    assert "Dein Dank ist beim Team angekommen." in html
    assert "/track/thanks" not in html


def test_guides_are_those_of_the_bought_products_the_moment_and_the_language() -> None:
    def guide(product_id: int | None, moment: str, language: str, title: str) -> Guide:
        return Guide(
            product_id=product_id,
            moment=moment,
            language=language,
            title=title,
            text="Erst dies.\nDann das.",
            url="https://lindenholz.de/x",
        )

    guides = (
        guide(None, "waiting", "de", "Für alle"),
        guide(8_001, "waiting", "de", "Zur Lampe"),
        guide(9_999, "waiting", "de", "Zu anderem"),
        guide(8_001, "first_use", "de", "Lampe anschließen"),
        guide(8_001, "waiting", "en", "About the lamp"),
    )
    waiting, here = page_of("on_the_way", guides=guides), page_of("delivered", guides=guides)
    assert re.findall(r"<h3>(.*?)</h3><p>", waiting) == ["Für alle", "Zur Lampe"]
    assert re.findall(r"<h3>(.*?)</h3><p>", here) == ["Lampe anschließen"]
    assert "<p>Erst dies.</p><p>Dann das.</p>" in waiting
    assert 'href="https://lindenholz.de/x"' in waiting


def test_the_merchants_questions_replace_ours_in_their_language() -> None:
    texts = {"de": {"faq": [{"question": "Habt ihr einen Laden?", "answer": "Ja, in {Berlin}."}]}}
    html = page_of("late", texts=texts)
    assert "<summary>Habt ihr einen Laden?</summary><p>Ja, in &#123;Berlin&#125;.</p>" in html
    assert "Wie aktuell ist diese Seite?" not in html
    assert "How current is this page?" in page_of("late", viewer(language="en"), texts=texts)


def test_in_the_silent_phase_no_lateness_is_told_and_a_date_that_was_told_stays() -> None:
    story = SAMPLES["late"](NOW)
    status = sum_up(story, NOW, is_silent=True)
    html = render_page(story, status, tracking_settings(), (), viewer(), is_silent=True)
    assert "Dein Paket ist unterwegs." in html
    assert "verspätet" not in html
    assert "Angekündigt war" in html


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_page_styles_and_scripts_are_small(sample: str, language: str) -> None:
    html = page_of(sample, viewer(language=language, brand={"accent": "#24543f"}))
    parts = [html.encode(), asset_content(STYLE)]
    if "<script" in html:
        parts.append(asset_content(SUGGESTIONS))
    assert sum(len(gzip.compress(part)) for part in parts) <= MOST_BYTES


def test_a_preview_is_a_whole_document_with_its_styles() -> None:
    story = SAMPLES["split"](NOW)
    html = html_of_preview(story, sum_up(story, NOW), tracking_settings(), (), viewer())
    assert html.startswith("<!doctype html>")
    assert ".dk-step" in html
    assert "Ein Teil deiner Bestellung ist da." in html
    assert "<link" not in html
    assert "<script" not in html


_HOSTILE = st.one_of(
    st.sampled_from(
        [
            "{{ customer.email }}", "{% include 'x' %}", "{", "}", "{{", "%}", "{{'{{'}}", "&#123;&#123; x }}",
            "\"><script>alert(1)</script>", "</style><script>", "' onerror=x '", "javascript:alert(1)", "{%", "{#",
        ]
    ),
    st.text(max_size=40),
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(texts=st.lists(_HOSTILE, min_size=8, max_size=8))
def test_whatever_people_typed_becomes_neither_liquid_nor_markup(texts: list[str]) -> None:
    title, carrier, message, question, answer, guide_title, name, url = texts
    story = SAMPLES["on_the_way"](NOW)
    (parcel,) = story.parcels
    scans = (*parcel.scans[:-1], replace(parcel.scans[-1], message=message, status=message[:10]))
    item = Item(title, 1, 8_001, url)
    parcel = replace(
        parcel, items=(item,), carrier_name=carrier, scans=scans, tracking_number=name, tracking_url=url
    )
    guide = Guide(product_id=None, moment="waiting", language="de", title=guide_title, text=answer, url=url)
    html = page_of(
        replace(story, name=name, parcels=(parcel,)),
        viewer(brand={"accent": url, "text": title, "background": "#zzzzzz"}, shop_name=title),
        guides=(guide,),
        texts={"de": {"faq": [{"question": question, "answer": answer}]}},
        contact_email=name or None,
        contact_phone=carrier or None,
        withdrawal_url=url,
    )
    form = render_form(tracking_settings(), viewer(ViewerKind.ANONYMOUS), title, FormNotice.NOTHING)
    for page in (html, form):
        assert "{" not in page
        assert "}" not in page
        assert page.count("<script") <= 1
        assert "<script>" not in page
        assert 'href="javascript:' not in page
    tags = re.compile(r"<(/?[a-z0-9-]+)")
    assert set(tags.findall(html)) <= set(tags.findall(page_of("on_the_way", guides=(_plain_guide(),))))


def _plain_guide() -> Guide:
    return Guide(
        product_id=None, moment="waiting", language="de", title="x", text="y", url="https://example.com"
    )


@given(sample=st.sampled_from(sorted(SAMPLES)), hours=st.integers(-400, 400))
@settings(max_examples=100, deadline=None)
def test_every_story_can_be_told_at_any_time(sample: str, hours: int) -> None:
    story = read_story(write_story(SAMPLES[sample](NOW)))
    now = NOW + timedelta(hours=hours)
    for language in ("de", "en"):
        reader = viewer(language=language, now=now)
        assert render_page(story, sum_up(story, now), tracking_settings(), (), reader)


# the doors


@pytest.fixture
def visitor(app: Flask, shop: Shop) -> Visitor:
    return Visitor(app.test_client(), shop)


def test_a_private_link_opens_the_page_and_nobody_else_keeps_or_lists_it(
    visitor: Visitor, database: Database, runtime: Runtime, shop: Shop
) -> None:
    _, token = add_story(database, runtime.cipher, shop, "split")
    answer = visitor.open(t=token)
    assert answer.mimetype == "application/liquid"
    assert "3 von 5 Artikeln sind da." in answer.text
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


def test_a_private_link_shows_nothing_in_another_shop_or_once_it_is_revoked(
    app: Flask, visitor: Visitor, database: Database, runtime: Runtime, shop: Shop, other_shop: Shop
) -> None:
    story, token = add_story(database, runtime.cipher, shop, "on_the_way")
    assert "Dieser Link gilt nicht mehr." in Visitor(app.test_client(), other_shop).open(t=token).text
    with database.writing(shop.id) as unit:
        revoke_link(unit, runtime.cipher, story.order_id)
    assert "Dieser Link gilt nicht mehr." in visitor.open(t=token).text


def test_a_change_of_the_story_is_seen_at_once_though_pages_are_kept_for_a_minute(
    visitor: Visitor, database: Database, runtime: Runtime, shop: Shop
) -> None:
    _, token = add_story(database, runtime.cipher, shop, "on_the_way")
    assert "Dein Paket ist unterwegs." in visitor.open(t=token).text
    delivered = write_story(SAMPLES["delivered"](clock.now()))
    with database.writing(shop.id) as unit:
        unit.session.scalars(unit.select(OrderStory)).one().story = delivered
    assert "Deine Bestellung ist da." in visitor.open(t=token).text
    assert "Your order is here." in visitor.open(t=token, lang="en").text


def test_a_link_of_shopifys_mails_opens_the_whole_page(
    visitor: Visitor, database: Database, runtime: Runtime, shop: Shop
) -> None:
    story, token = add_story(database, runtime.cipher, shop, "split")
    with database.reading(shop.id) as unit:
        key = mail_key(unit, runtime.cipher, story.order_id)
    answer = visitor.open(order="1042", key=key)
    assert "Tischlampe" in answer.text
    assert token in visitor.open(order="1042", key=key).text or "track/mood" not in answer.text
    assert "Dieser Link gilt nicht mehr." in visitor.open(order="1042", key="0" * 64).text


def test_who_is_logged_in_sees_the_own_order_and_no_other(
    app: Flask, database: Database, runtime: Runtime, shop: Shop
) -> None:
    add_story(database, runtime.cipher, shop, "split", customer_id=70)
    with database.writing(shop.id) as unit:
        unit.session.scalars(unit.select(Order)).one().customer_id = 70
    assert "Tischlampe" in Visitor(app.test_client(), shop, 70).open(order="1042").text
    for other in (71, None):
        answer = Visitor(app.test_client(), shop, other).open(order="1042")
        assert "Wo ist meine Bestellung?" in answer.text
        assert 'value="1042"' in answer.text
        assert "Tischlampe" not in answer.text


def test_looking_changes_nothing(visitor: Visitor, database: Database, runtime: Runtime, shop: Shop) -> None:
    story, token = add_story(database, runtime.cipher, shop, "delivered")
    with database.reading(shop.id) as unit:
        key = mail_key(unit, runtime.cipher, story.order_id)
    before = all_rows(database)
    for parameters in ({"t": token}, {"order": "1042", "key": key}, {"order": "1042"}, {}, {"t": "x" * 32}):
        assert visitor.open(**parameters).status_code == 200
    assert all_rows(database) == before


@pytest.mark.parametrize("name", [STYLE, SUGGESTIONS])
def test_styles_and_script_come_from_the_shops_own_address_and_are_kept_for_ever(
    visitor: Visitor, shop: Shop, name: str
) -> None:
    version = asset_address("/apps/danke", name).partition("?v=")[2]

    def ask(**parameters: str) -> tuple[int, str]:
        answer = visitor.client.get(f"/proxy/assets/{name}?{signed_query(shop, None, **parameters)}")
        return answer.status_code, answer.headers["Cache-Control"]

    assert ask(v=version) == (200, "public, max-age=31536000, immutable")
    assert ask(v="old") == (200, "no-store")
    assert visitor.client.get(f"/proxy/assets/../x?{signed_query(shop, None)}").status_code == 404


def test_a_form_that_is_far_too_large_is_refused(visitor: Visitor) -> None:
    assert visitor.look("1" * 20_000, EMAIL).status_code == 413
