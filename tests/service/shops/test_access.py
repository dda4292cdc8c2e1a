"""Tokens: exchanged once, refreshed by one at a time, never in clear in the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devstore.installation import uninstall
from devstore.tokens import issue_id_token
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.errors import BadInput
from service.privacy.operations import request_shop_erasure
from service.privacy.shop_erasure import erase_shop
from service.privacy.work_kinds import ERASE
from service.shopify.access_tokens import (
    ClientCredentials,
    OfflineToken,
    exchange_id_token,
    refresh_access_token,
)
from service.shopify.shop_domains import parse_shop_domain
from service.shopify.transport import Transport
from service.shops import access
from service.shops.access import (
    NotAuthorized,
    access_token_of,
    expire_access_token,
    shops_with_ageing_refresh_tokens,
)
from service.shops.models import Shop
from service.shops.operations import (
    find_or_add_shop,
    record_installation,
    record_scopes,
    record_uninstall,
    set_brand,
)
from service.shops.queries import this_shop
from service.work.working import Worker
from tests.conftest import CLIENT_ID, CLIENT_SECRET
from tests.fakes.development_store import DevelopmentStore, development_store

CREDENTIALS = ClientCredentials(CLIENT_ID, CLIENT_SECRET)


@pytest.fixture
def shopify(tmp_path: Path) -> Iterator[DevelopmentStore]:
    with development_store(tmp_path, "http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET) as store:
        yield store


@pytest.fixture
def transport(shopify: DevelopmentStore) -> Iterator[Transport]:
    with Transport(shopify.url) as transport:
        yield transport


def exchange(shopify: DevelopmentStore, transport: Transport) -> OfflineToken:
    """What Shopify gives for a merchant's visit now."""
    domain, token = parse_shop_domain(shopify.domain), issue_id_token(shopify.config)
    return exchange_id_token(transport, domain, token, CREDENTIALS, datetime.now(UTC))


@pytest.fixture
def installed(
    database: Database, cipher: Cipher, shopify: DevelopmentStore, transport: Transport, other_shop: Shop
) -> int:
    """Id of a shop that has installed Danke through the development store."""
    domain = parse_shop_domain(shopify.domain)
    shop_id = find_or_add_shop(database, domain)
    token = exchange(shopify, transport)
    with database.writing(shop_id) as unit:
        record_installation(unit, cipher, token)
    return shop_id


def stored(database: Database, shop_id: int) -> Shop:
    with database.reading(shop_id) as unit:
        return unit.session.get_one(Shop, shop_id)


def test_an_installation_stores_scopes_and_ciphertext(
    database: Database, cipher: Cipher, installed: int
) -> None:
    shop = stored(database, installed)

    assert "read_orders" in shop.scopes
    assert b"shpat_" not in (shop.access_token or b"")
    assert cipher.decrypt(shop.access_token or b"").startswith("shpat_")


def test_eight_workers_that_need_a_new_token_ask_for_one(
    database: Database, cipher: Cipher, transport: Transport, shopify: DevelopmentStore, installed: int
) -> None:
    expire_access_token(database, installed)
    before = len(shopify.rows("SELECT * FROM access_tokens"))

    with ThreadPoolExecutor(8) as pool:
        tokens = set(
            pool.map(lambda _: access_token_of(database, cipher, transport, CREDENTIALS, installed), range(8))
        )

    assert len(tokens) == 1
    assert len(shopify.rows("SELECT * FROM access_tokens")) == before + 1


def test_a_refresh_whose_answer_was_lost_is_repeated_with_the_old_pair(
    database: Database, cipher: Cipher, transport: Transport, installed: int
) -> None:
    before = stored(database, installed)
    expire_access_token(database, installed)
    lost = access_token_of(database, cipher, transport, CREDENTIALS, installed)
    with database.writing(installed) as unit:
        shop = unit.session.get_one(Shop, installed)
        shop.access_token, shop.refresh_token = before.access_token, before.refresh_token
        shop.access_token_expires_at = datetime.now(UTC)

    again = access_token_of(database, cipher, transport, CREDENTIALS, installed)

    assert again
    assert again != lost


def test_a_shop_whose_refresh_is_refused_waits_for_its_merchant(
    database: Database, cipher: Cipher, transport: Transport, shopify: DevelopmentStore, installed: int
) -> None:
    with shopify.store.writing() as db:
        uninstall(db)
    expire_access_token(database, installed)

    with pytest.raises(NotAuthorized):
        access_token_of(database, cipher, transport, CREDENTIALS, installed)

    assert stored(database, installed).needs_reauthorization


def test_an_uninstall_forgets_the_tokens_and_its_late_echo_does_not_end_a_new_installation(
    database: Database, cipher: Cipher, transport: Transport, shopify: DevelopmentStore, installed: int
) -> None:
    moment = datetime.now(UTC)
    with database.writing(installed) as unit:
        record_uninstall(unit, moment)
    gone = stored(database, installed)
    assert (gone.access_token, gone.refresh_token, gone.uninstalled_at) == (None, None, moment)

    token = exchange(shopify, transport)
    with database.writing(installed) as unit:
        record_installation(unit, cipher, token)
    with database.writing(installed) as unit:
        record_uninstall(unit, moment)

    assert stored(database, installed).uninstalled_at is None
    assert access_token_of(database, cipher, transport, CREDENTIALS, installed)


def test_a_refresh_that_answers_after_an_uninstall_stores_nothing(
    database: Database,
    cipher: Cipher,
    transport: Transport,
    installed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expire_access_token(database, installed)

    def uninstall_meanwhile(*arguments: Any) -> Any:
        token = refresh_access_token(*arguments)
        with database.writing(installed) as unit:
            record_uninstall(unit, datetime.now(UTC))
        return token

    monkeypatch.setattr(access, "refresh_access_token", uninstall_meanwhile)
    access_token_of(database, cipher, transport, CREDENTIALS, installed)

    shop = stored(database, installed)
    assert (shop.access_token, shop.refresh_token) == (None, None)


def test_two_first_visits_at_once_are_one_installation(
    database: Database, cipher: Cipher, transport: Transport, shopify: DevelopmentStore
) -> None:
    domain = parse_shop_domain(shopify.domain)
    shop_id = find_or_add_shop(database, domain)
    tokens = [exchange(shopify, transport) for _ in range(2)]

    def install(token: OfflineToken) -> None:
        with database.writing(shop_id) as unit:
            record_installation(unit, cipher, token)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(install, tokens))

    assert stored(database, shop_id).installed_at is not None


def test_installing_again_takes_back_the_wish_to_be_erased(
    database: Database, cipher: Cipher, transport: Transport, shopify: DevelopmentStore, installed: int
) -> None:
    with database.writing(installed) as unit:
        record_uninstall(unit, datetime.now(UTC))
    with database.writing(installed) as unit:
        request_shop_erasure(unit)
    token = exchange(shopify, transport)
    with database.writing(installed) as unit:
        record_installation(unit, cipher, token)
    with database.writing(installed) as unit:
        record_uninstall(unit, datetime.now(UTC))

    assert Worker(database).work_off(ERASE, erase_shop)
    with database.reading(installed) as unit:
        assert this_shop(unit).uninstalled_at is not None, "it left, and its data waits for a new request"


def test_refresh_tokens_that_nobody_uses_are_renewed_before_they_end(
    database: Database, installed: int, other_shop: Shop
) -> None:
    assert shops_with_ageing_refresh_tokens(database) == []

    with database.writing(installed) as unit:
        shop = unit.session.get_one(Shop, installed)
        shop.refresh_token_expires_at = datetime.now(UTC) + timedelta(days=20)

    assert shops_with_ageing_refresh_tokens(database) == [installed]


def test_scopes_follow_what_the_merchant_grants(database: Database, installed: int, other_shop: Shop) -> None:
    with database.writing(installed) as unit:
        record_scopes(unit, ["read_products", "read_orders"])

    assert stored(database, installed).scopes == ["read_orders", "read_products"]
    assert "write_products" in stored(database, other_shop.id).scopes


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "url(x)", "#12345g", "#fff;}"])
def test_a_brand_colour_that_is_none_is_refused_by_name(database: Database, shop: Shop, colour: str) -> None:
    with pytest.raises(BadInput, match="accent"), database.writing(shop.id) as unit:
        set_brand(unit, {"name": "Lindenholz", "accent": colour})

    assert stored(database, shop.id).brand == {}
