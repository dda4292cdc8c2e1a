"""A working access token for a shop, refreshed by one process at a time."""

import time
from datetime import timedelta

from sqlalchemy import select, update

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Database
from service.kit.errors import DankeError, Unavailable
from service.kit.logs import log
from service.shopify.access_tokens import ClientCredentials, ReauthorizationNeeded, refresh_access_token
from service.shopify.shop_domains import parse_shop_domain
from service.shopify.transport import Transport
from service.shops.models import Shop
from service.shops.operations import store_token
from service.shops.queries import is_installed, locked_shop

_REFRESH_BEFORE_EXPIRY = timedelta(minutes=2)
_LEASE_SECONDS = 20.0
_WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.1


class NotAuthorized(Unavailable):
    """There is no usable token: the merchant must open Danke in the Shopify admin once."""

    code = "shopify_access_lost"


def access_token_of(
    database: Database, cipher: Cipher, transport: Transport, credentials: ClientCredentials, shop_id: int
) -> str:
    """The shop's offline access token, valid for two more minutes at least.

    Refreshes it when needed, outside of any unit; concurrent callers wait for the one that holds the lease.
    Raises NotAuthorized (uninstalled, refresh refused) or Unavailable (Shopify does not answer).
    """
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        shop = _read_shop(database, shop_id)
        if shop.access_token is None or shop.needs_reauthorization:
            raise NotAuthorized(f"{shop.domain}: open Danke in the Shopify admin to connect it again.")
        if not _expires_soon(shop):
            return cipher.decrypt(shop.access_token)
        if _lease_refresh(database, shop):
            return _refresh(database, cipher, transport, credentials, shop)
        time.sleep(_PAUSE_SECONDS)
    raise Unavailable("Another process is still refreshing this shop's token.")


def shops_with_ageing_refresh_tokens(database: Database) -> list[int]:
    """Ids of installed shops whose refresh token ends within 30 days."""
    with database.across_shops("refresh tokens that would expire unused") as unit:
        statement = select(Shop.id).where(
            Shop.uninstalled_at.is_(None),
            Shop.needs_reauthorization.is_(False),
            Shop.refresh_token_expires_at < clock.now() + timedelta(days=30),
        )
        return list(unit.session.scalars(statement))


def expire_access_token(database: Database, shop_id: int) -> None:
    """Treat the shop's access token as expired, because Shopify did: the next use refreshes it."""
    with database.writing(shop_id) as unit:
        statement = update(Shop).where(Shop.id == shop_id).values(access_token_expires_at=clock.now())
        unit.change(statement)


def _read_shop(database: Database, shop_id: int) -> Shop:
    with database.reading(shop_id) as unit:
        shop = unit.session.get(Shop, shop_id)
    if shop is None or not is_installed(shop):
        raise NotAuthorized("Danke is not installed in this shop.")
    return shop


def _expires_soon(shop: Shop) -> bool:
    expires_at = shop.access_token_expires_at
    return expires_at is not None and expires_at < clock.now() + _REFRESH_BEFORE_EXPIRY


def _lease_refresh(database: Database, shop: Shop) -> bool:
    with database.writing(shop.id) as unit:
        now = unit.database_now()
        statement = (
            update(Shop)
            .where(
                Shop.id == shop.id,
                Shop.refresh_lease_until < now,
                # a pair that was replaced since we read it needs no second refresh
                Shop.access_token_expires_at == shop.access_token_expires_at,
            )
            .values(refresh_lease_until=now + _LEASE_SECONDS)
        )
        return unit.change(statement) == 1


def _refresh(
    database: Database, cipher: Cipher, transport: Transport, credentials: ClientCredentials, shop: Shop
) -> str:
    if shop.refresh_token is None:
        raise NotAuthorized(f"{shop.domain}: open Danke in the Shopify admin to connect it again.")
    try:
        token = refresh_access_token(
            transport,
            parse_shop_domain(shop.domain),
            cipher.decrypt(shop.refresh_token),
            credentials,
            clock.now(),
        )
    except ReauthorizationNeeded as error:
        _end_refresh(database, shop, needs_reauthorization=True)
        raise NotAuthorized(f"{shop.domain}: open Danke in the Shopify admin to connect it again.") from error
    except DankeError:
        _end_refresh(database, shop, needs_reauthorization=False)
        raise
    with database.writing(shop.id) as unit:
        stored = locked_shop(unit)
        # an uninstall or a merchant's visit may have come in between: then this pair is not the newest
        if stored.refresh_token_expires_at == shop.refresh_token_expires_at:
            store_token(stored, cipher, token)
    log.info("shop.token_refreshed", shop=shop.id)
    return token.access_token


def _end_refresh(database: Database, shop: Shop, *, needs_reauthorization: bool) -> None:
    """Give the lease back; says so when only the merchant can help, unless the pair was replaced meanwhile."""
    with database.writing(shop.id) as unit:
        stored = locked_shop(unit)
        if stored.refresh_token_expires_at == shop.refresh_token_expires_at:
            stored.refresh_lease_until = 0.0
            stored.needs_reauthorization = needs_reauthorization
