"""Voices: moods with their interval, reasons, and people's words, which nobody takes for markup."""

from datetime import timedelta

import pytest

from service.feedback.models import Mood, Thanks
from service.kit import clock
from service.kit.database import Database, Unit
from service.kit.runtime import Runtime
from service.shops.models import Shop
from tests.factories.purchase_rows import add_order
from tests.service.admin.conftest import Merchant, connect
from tests.service.admin.test_sections import text_of


@pytest.fixture
def listener(database: Database, connected_shop: Shop, runtime: Runtime) -> Shop:
    """A shop that nobody has told anything, beside one with angry customers."""
    neighbour = connect(database, "bergzeit.myshopify.com")
    with database.writing(neighbour.id) as unit:
        for number in range(1, 8):
            add_mood(unit, runtime, number, "bad", "late", "the neighbour's comment")
            add_thanks(unit, runtime, number, "the neighbour's thanks")
    return connected_shop


def add_mood(
    unit: Unit,
    runtime: Runtime,
    number: int,
    mood: str,
    reason: str | None = None,
    comment: str = "",
    days_ago: float = 1,
) -> None:
    unit.session.add(
        Mood(
            shop_id=unit.shop_id,
            order_id=number,
            mood=mood,
            reason=reason,
            comment_encrypted=runtime.cipher.encrypt(comment) if comment else None,
            given_at=clock.now() - timedelta(days=days_ago),
        )
    )


def add_thanks(unit: Unit, runtime: Runtime, number: int, words: str = "", days_ago: float = 1) -> None:
    unit.session.add(
        Thanks(
            shop_id=unit.shop_id,
            order_id=number,
            words_encrypted=runtime.cipher.encrypt(words) if words else None,
            given_at=clock.now() - timedelta(days=days_ago),
        )
    )


def test_before_anybody_has_answered_the_page_says_so(merchant: Merchant, listener: Shop) -> None:
    words = text_of(merchant, "voices")

    assert words.startswith("Noch nichts In den letzten 90 Tagen hat noch niemand gesagt, wie es war.")
    assert "In den letzten 30 Tagen hat noch niemand „Danke“ gesagt." in words
    assert "neighbour" not in words


def test_moods_are_told_with_their_interval_and_number(
    merchant: Merchant, database: Database, runtime: Runtime, listener: Shop
) -> None:
    with database.writing(listener.id) as unit:
        for number in range(100):
            mood = "good" if number < 87 else "okay" if number < 95 else "bad"
            add_mood(unit, runtime, number, mood, "damaged" if number >= 97 else None)
        add_mood(unit, runtime, 200, "bad", "late", days_ago=91)
        add_mood(unit, runtime, 201, "bad", "wrong_item")

    german, english = text_of(merchant, "voices"), text_of(merchant, "voices", "en")

    assert "Von 100 Antworten waren 86 „gut“, zwischen 78 und 92, aus 101 Antworten" in german
    assert "„Geht so“ sagten 8, „nicht gut“ 6." in german
    assert "Gründe beschädigt: 3 Mal falscher Artikel: 1 Mal" in german
    assert "zu spät" not in german
    assert "86 of 100 answers were “good”, between 78 and 92, from 101 answers" in english


def test_the_latest_words_stand_beside_their_order(
    merchant: Merchant, database: Database, runtime: Runtime, listener: Shop
) -> None:
    with database.writing(listener.id) as unit:
        add_order(unit, 1042)
        add_mood(unit, runtime, 1042, "bad", "late", "Erst nach neun Tagen da.")
        add_mood(unit, runtime, 1043, "good", None, "")
        for number in range(2_000, 2_012):
            add_mood(unit, runtime, number, "okay", None, f"Wort {number}", days_ago=5)

    words = text_of(merchant, "voices")

    assert "#1042 ," in words
    assert "(nicht gut, zu spät): Erst nach neun Tagen da." in words
    assert words.count("Wort 2") == 9
    assert 'href="shopify://admin/orders/1042"' in merchant.fetch("/sections/voices").text


def test_thanks_are_counted_for_the_month_and_shown_with_their_words(
    merchant: Merchant, database: Database, runtime: Runtime, listener: Shop
) -> None:
    with database.writing(listener.id) as unit:
        add_order(unit, 1042)
        add_thanks(unit, runtime, 1042, "Grüße an alle!")
        add_thanks(unit, runtime, 1043)
        add_thanks(unit, runtime, 1044, "Lange her", days_ago=31)

    words = text_of(merchant, "voices")

    assert "In den letzten 30 Tagen haben 2 Personen „Danke“ gesagt." in words
    assert "Grüße an alle!" in words
    assert "Lange her" in words


def test_what_people_wrote_stays_text(
    merchant: Merchant, database: Database, runtime: Runtime, listener: Shop
) -> None:
    with database.writing(listener.id) as unit:
        add_mood(unit, runtime, 1, "bad", "other", "<img src=x onerror=alert(1)>")
        add_thanks(unit, runtime, 1, "<script>alert(1)</script>")

    page = merchant.fetch("/sections/voices").text

    assert "<img" not in page
    assert "<script" not in page
