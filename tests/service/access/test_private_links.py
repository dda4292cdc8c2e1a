"""Links to orders: unguessable, found by their hash only, ending, revocable."""

import hashlib
import hmac
import re
from datetime import timedelta

import pytest

from service.access.models import PrivateLink
from service.access.private_links import (
    VALID_FOR,
    copy_ready_line,
    forget_links,
    known_token,
    mail_key,
    order_of_link,
    order_of_mail_link,
    private_link,
    private_token,
    prune_links,
    revoke_link,
)
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.shops.models import Shop
from tests.factories.purchase_rows import add_order

ORDER = 5_001


@pytest.fixture
def orders(database: Database, shop: Shop, other_shop: Shop) -> None:
    for each in (shop, other_shop):
        with database.writing(each.id) as unit:
            add_order(unit, ORDER, clock.now(), name="#1001")


def expire(database: Database, shop: Shop) -> None:
    with database.writing(shop.id) as unit:
        unit.session.get_one(PrivateLink, (shop.id, ORDER)).expires_at = clock.now() - timedelta(seconds=1)


def test_a_link_stays_the_same_and_shows_its_order_in_its_own_shop_only(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher, orders: None
) -> None:
    with database.writing(shop.id) as unit:
        links = {private_link(unit, cipher, ORDER) for _ in range(3)}
    (link,) = links
    path, _, token = link.partition("?t=")
    assert path == "/apps/danke/track"
    with database.reading(shop.id) as unit:
        assert order_of_link(unit, token) == ORDER
    with database.reading(other_shop.id) as unit:
        assert order_of_link(unit, token) is None


def test_a_token_has_192_bits_and_only_its_hash_is_stored(
    database: Database, shop: Shop, cipher: Cipher, orders: None
) -> None:
    with database.writing(shop.id) as unit:
        tokens = [private_token(unit, cipher, order_id) for order_id in range(1, 1_001)]
        stored = [row.token_hash for row in unit.session.scalars(unit.select(PrivateLink))]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", token) for token in tokens)
    assert len(set(tokens)) == 1_000
    # every place of a token takes every sign about as often: 1000 / 64 = 16 times, five sigma are 20
    for place in range(32):
        counts = [sum(token[place] == sign for token in tokens) for sign in set("".join(tokens))]
        assert max(counts) <= 16 + 20
    assert set(stored) == {hashlib.sha256(token.encode()).hexdigest() for token in tokens}


@pytest.mark.parametrize("token", ["", "x" * 31, "x" * 32, "ü" * 32, "' OR 1=1 --", "0" * 64])
def test_what_was_never_given_shows_nothing(
    database: Database, shop: Shop, cipher: Cipher, orders: None, token: str
) -> None:
    with database.writing(shop.id) as unit:
        private_link(unit, cipher, ORDER)
        assert order_of_link(unit, token) is None


def test_a_link_ends_after_90_days_and_is_renewed_when_it_is_given_again(
    database: Database, shop: Shop, cipher: Cipher, orders: None
) -> None:
    with database.writing(shop.id) as unit:
        token = private_token(unit, cipher, ORDER)
        ends = unit.session.get_one(PrivateLink, (shop.id, ORDER), populate_existing=True).expires_at
    assert abs(ends - clock.now() - VALID_FOR) < timedelta(minutes=1)
    expire(database, shop)
    with database.writing(shop.id) as unit:
        assert order_of_link(unit, token) is None
        assert known_token(unit, cipher, ORDER) is None
        assert private_token(unit, cipher, ORDER) == token
        unit.session.flush()
        assert order_of_link(unit, token) == ORDER


def test_a_revoked_link_shows_nothing_and_the_next_one_is_another(
    database: Database, shop: Shop, cipher: Cipher, orders: None
) -> None:
    with database.writing(shop.id) as unit:
        first = private_token(unit, cipher, ORDER)
    with database.writing(shop.id) as unit:
        revoke_link(unit, cipher, ORDER)
    with database.writing(shop.id) as unit:
        assert order_of_link(unit, first) is None
        second = private_token(unit, cipher, ORDER)
        assert second != first
        assert order_of_link(unit, second) == ORDER


def test_who_is_forgotten_is_shown_by_no_link_of_either_kind(
    database: Database, shop: Shop, cipher: Cipher, orders: None
) -> None:
    with database.writing(shop.id) as unit:
        token, key = private_token(unit, cipher, ORDER), mail_key(unit, cipher, ORDER)
    with database.writing(shop.id) as unit:
        forget_links(unit, cipher, [ORDER])
    with database.reading(shop.id) as unit:
        assert order_of_link(unit, token) is None
        assert known_token(unit, cipher, ORDER) is None
        assert order_of_mail_link(unit, cipher, "1001", key) is None


def test_the_line_for_shopifys_mails_signs_as_shopifys_liquid_does(
    database: Database, shop: Shop, other_shop: Shop, cipher: Cipher, orders: None
) -> None:
    with database.reading(shop.id) as unit:
        line = copy_ready_line(unit, cipher, "de")
        secret = re.search(r"hmac_sha256: '([A-Za-z0-9_-]{32})'", line)
        assert secret is not None
        assert line.startswith(
            "<a href=\"{{ shop.url }}/apps/danke/track?order={{ name | remove: '#' | url_encode }}&amp;key="
        )
        assert line.endswith(">Sendung verfolgen</a>")
        key = hmac.new(secret[1].encode(), str(ORDER).encode(), hashlib.sha256).hexdigest()
        assert order_of_mail_link(unit, cipher, "1001", key) == ORDER
        assert order_of_mail_link(unit, cipher, "#1001", key) == ORDER
        assert order_of_mail_link(unit, cipher, "1002", key) is None
        assert order_of_mail_link(unit, cipher, "1001", key[:-1] + ("0" if key[-1] != "0" else "1")) is None
        assert order_of_mail_link(unit, cipher, "1001", "ü") is None
    with database.reading(other_shop.id) as unit:
        assert order_of_mail_link(unit, cipher, "1001", key) is None


def test_a_link_in_a_mail_ends_90_days_after_the_order_and_when_the_orders_links_are_revoked(
    database: Database, shop: Shop, cipher: Cipher
) -> None:
    with database.writing(shop.id) as unit:
        add_order(unit, ORDER, clock.now() - VALID_FOR + timedelta(minutes=1), name="#1001")
        add_order(unit, ORDER + 1, clock.now() - VALID_FOR - timedelta(minutes=1), name="#1002")
        unit.session.flush()
        keys = [mail_key(unit, cipher, order_id) for order_id in (ORDER, ORDER + 1)]
        assert order_of_mail_link(unit, cipher, "1001", keys[0]) == ORDER
        assert order_of_mail_link(unit, cipher, "1002", keys[1]) is None
        revoke_link(unit, cipher, ORDER)
        unit.session.flush()
        assert order_of_mail_link(unit, cipher, "1001", keys[0]) is None


def test_long_ended_links_are_pruned_and_revoked_ones_kept(
    database: Database, shop: Shop, cipher: Cipher, orders: None
) -> None:
    with database.writing(shop.id) as unit:
        for order_id in (ORDER, ORDER + 1):
            private_link(unit, cipher, order_id)
        revoke_link(unit, cipher, ORDER)
        unit.session.flush()
        for link in unit.session.scalars(unit.select(PrivateLink)):
            link.expires_at = clock.now() - VALID_FOR - timedelta(days=1)
    with database.across_shops("prune", writing=True) as unit:
        assert prune_links(unit) == 1
