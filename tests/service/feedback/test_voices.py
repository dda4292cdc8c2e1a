"""Moods and thanks, from the form on the page to what the merchant reads, and their end."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.access.private_links import private_token
from service.feedback.erasure import forget_voices, voices_of_orders
from service.feedback.models import Mood, Thanks
from service.feedback.operations import LONGEST_WORDS, give_mood, say_thanks
from service.feedback.queries import count_thanks, latest_moods, latest_thanks, mood_counts
from service.kit import clock
from service.kit.database import Database
from service.kit.errors import BadInput, Refused
from service.kit.runtime import Runtime
from service.purchases.models import OrderLine
from service.shops.models import Shop
from service.tracking.models import Checkpoint, Fulfillment
from service.tracking.stages import Stage
from service.tracking.voices import has_come
from tests.factories.purchase_rows import add_order
from tests.service.tracking.page_shop import Visitor, all_rows

HERE, COMING = 1, 2


@pytest.fixture
def tokens(database: Database, runtime: Runtime, shop: Shop, other_shop: Shop) -> dict[int, str]:
    """Links to an order that has come and to one that has not; the other shop has the same orders."""
    found = {}
    for each in (other_shop, shop):
        with database.writing(each.id) as unit:
            for order_id, stage in ((HERE, Stage.DELIVERED), (COMING, Stage.ON_THE_WAY)):
                add_order(unit, order_id, clock.now(), name=f"#100{order_id}")
                unit.session.add(
                    OrderLine(
                        shop_id=each.id,
                        id=order_id,
                        order_id=order_id,
                        title="Lampe",
                        quantity=1,
                        current_quantity=1,
                        price_minor=4_900,
                    )
                )
                unit.session.add(
                    Fulfillment(
                        shop_id=each.id,
                        id=order_id,
                        order_id=order_id,
                        status="success",
                        created_at=clock.now(),
                        updated_at=clock.now(),
                        version=1,
                    )
                )
                unit.session.add(
                    Checkpoint(
                        shop_id=each.id,
                        fulfillment_id=order_id,
                        source="shopify",
                        key="1",
                        order_id=order_id,
                        stage=stage.value,
                        status=stage.value,
                        happened_at=clock.now(),
                        seen_at=clock.now(),
                    )
                )
                unit.session.flush()
                found[order_id] = private_token(unit, runtime.cipher, order_id)
    return found


@pytest.fixture
def visitor(app: Flask, shop: Shop) -> Visitor:
    return Visitor(app.test_client(), shop)


def give(visitor: Visitor, token: str, mood: str = "bad", **fields: str) -> TestResponse:
    return visitor.send("/mood", t=token, mood=mood, **fields)


def test_a_mood_is_kept_with_its_reason_and_encrypted_words_and_a_later_one_replaces_it(
    visitor: Visitor, database: Database, runtime: Runtime, shop: Shop, tokens: dict[int, str]
) -> None:
    answer = give(visitor, tokens[HERE], reason="late", comment=" Drei Tage zu spät. ")
    assert answer.mimetype == "application/liquid"
    assert "Deine Antwort ist bei uns. Danke." in answer.text
    assert f'href="/apps/danke/track?t={tokens[HERE]}"' in answer.text
    with database.reading(shop.id) as unit:
        (mood,) = latest_moods(unit, runtime.cipher, 5)
        assert (mood.mood, mood.reason, mood.comment) == ("bad", "late", "Drei Tage zu spät.")
        stored = unit.session.scalars(unit.select(Mood)).one().comment_encrypted
        assert stored is not None
        assert b"Tage" not in stored
    assert "Deine Antwort „Nicht gut“ ist bei uns." in visitor.open(t=tokens[HERE]).text

    give(visitor, tokens[HERE], "good", lang="en")
    with database.reading(shop.id) as unit:
        (mood,) = latest_moods(unit, runtime.cipher, 5)
        assert (mood.mood, mood.reason, mood.comment) == ("good", None, None)


def test_the_team_is_thanked_once_an_order_with_words_or_without(
    visitor: Visitor, database: Database, runtime: Runtime, shop: Shop, tokens: dict[int, str]
) -> None:
    for words in ("Schön gepackt {{ shop }}", "Noch einmal"):
        assert "Dein Dank ist beim Team" in visitor.send("/thanks", t=tokens[HERE], words=words).text
    with database.reading(shop.id) as unit:
        (thanks,) = latest_thanks(unit, runtime.cipher, 5)
        assert thanks.words == "Schön gepackt {{ shop }}"
        assert count_thanks(unit, 7) == 1
    assert "Dein Dank ist beim Team angekommen." in visitor.open(t=tokens[HERE]).text


@pytest.mark.parametrize("form", ["/mood", "/thanks"])
def test_nothing_is_kept_before_all_has_come_nor_without_a_valid_link(
    app: Flask,
    visitor: Visitor,
    database: Database,
    other_shop: Shop,
    tokens: dict[int, str],
    form: str,
) -> None:
    strangers = Visitor(app.test_client(), other_shop)
    before = all_rows(database)
    for who, token in (
        (visitor, tokens[COMING]),
        (visitor, "x" * 32),
        (visitor, ""),
        (visitor, "{{ x }}"),
        (strangers, tokens[HERE]),
    ):
        answer = who.send(form, t=token, mood="good", words="Danke")
        assert answer.status_code == 200
        assert "Das geht gerade nicht." in answer.text
        assert "{" not in answer.text
    assert all_rows(database) == before


def test_an_unfinished_form_says_what_is_missing(
    visitor: Visitor, database: Database, shop: Shop, tokens: dict[int, str]
) -> None:
    assert "Wähle bitte, wie es war." in give(visitor, tokens[HERE], "great").text
    with database.reading(shop.id) as unit:
        assert mood_counts(unit, 30).answers == 0


def test_operations_refuse_what_no_form_sends(
    database: Database, runtime: Runtime, shop: Shop, tokens: dict[int, str]
) -> None:
    with database.writing(shop.id) as unit, pytest.raises(BadInput):
        give_mood(unit, runtime.cipher, HERE, "great", has_come=has_come)
    with pytest.raises(Refused), database.writing(shop.id) as unit:
        say_thanks(unit, runtime.cipher, COMING, has_come=has_come)
    with database.writing(shop.id) as unit:
        words = "x" * 5_000
        give_mood(unit, runtime.cipher, HERE, "okay", has_come=has_come, reason="because", comment=words)
        (mood,) = latest_moods(unit, runtime.cipher, 5)
        assert mood.reason is None
        assert len(mood.comment or "") == LONGEST_WORDS


def test_the_merchant_reads_counts_with_their_number_and_the_other_shops_stay_out(
    visitor: Visitor, app: Flask, database: Database, shop: Shop, other_shop: Shop, tokens: dict[int, str]
) -> None:
    give(visitor, tokens[HERE], "bad", reason="damaged")
    with database.reading(shop.id) as unit:
        counts = mood_counts(unit, 30)
    assert counts.answers == 1
    assert counts.by_mood == {"good": 0, "okay": 0, "bad": 1}
    assert counts.by_reason["damaged"] == 1
    with database.reading(other_shop.id) as unit:
        assert mood_counts(unit, 30).answers == 0


def test_who_is_forgotten_leaves_no_word_and_who_asks_is_told(
    visitor: Visitor, database: Database, runtime: Runtime, shop: Shop, tokens: dict[int, str]
) -> None:
    give(visitor, tokens[HERE], "okay", comment="Ging so")
    visitor.send("/thanks", t=tokens[HERE], words="Danke euch")
    with database.reading(shop.id) as unit:
        told = voices_of_orders(unit, runtime.cipher, [HERE])
    assert [voice.get("comment") or voice.get("thanks") for voice in told] == ["Ging so", "Danke euch"]
    with database.writing(shop.id) as unit:
        forget_voices(unit, [HERE])
        assert unit.session.scalars(unit.select(Mood)).all() == []
        assert unit.session.scalars(unit.select(Thanks)).all() == []
