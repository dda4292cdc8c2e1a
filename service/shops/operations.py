"""Install, uninstall, scopes and the settings that every domain shares."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select, update

from service.kit import clock
from service.kit.contrast import is_colour
from service.kit.crypto import Cipher
from service.kit.database import Database, Unit
from service.kit.errors import BadInput
from service.kit.logs import log
from service.shopify.access_tokens import OfflineToken
from service.shops.events import ScopesChanged, ShopInstalled, ShopUninstalled, StorefrontSettingsChanged
from service.shops.models import Shop
from service.shops.queries import is_installed, locked_shop, this_shop

BRAND_COLOURS = ("accent", "text", "background")
LONGEST_BRAND_NAME = 60
_LOCALE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)


def find_or_add_shop(database: Database, domain: str) -> int:
    """Id of the shop with this verified domain; the row is added on the first visit."""
    with database.across_shops("add the shop of a verified ID token", writing=True) as unit:
        unit.insert_missing(Shop, [_new_shop(domain)])
        return unit.session.scalars(select(Shop.id).where(Shop.domain == domain)).one()


def record_installation(unit: Unit, cipher: Cipher, token: OfflineToken) -> None:
    """Store the token of an installation; tells the others when the shop was not installed before.

    Two first visits at once are one installation. A new installation takes back a wish to be erased.
    """
    shop = locked_shop(unit)
    store_token(shop, cipher, token)
    if is_installed(shop):
        record_scopes(unit, token.scopes)
        return
    shop.scopes = sorted(token.scopes)
    shop.installed_at, shop.uninstalled_at = clock.machine_now(), None
    shop.erasure_requested_at = None
    log.info("shop.installed", shop=shop.id)
    unit.emit(ShopInstalled(shop.id))


def store_token(shop: Shop, cipher: Cipher, token: OfflineToken) -> None:
    """Replace the pair of tokens at once, encrypted."""
    shop.access_token = cipher.encrypt(token.access_token)
    shop.access_token_expires_at = token.expires_at
    shop.refresh_token = cipher.encrypt(token.refresh_token) if token.refresh_token else None
    shop.refresh_token_expires_at = token.refresh_expires_at
    shop.refresh_lease_until = 0.0
    shop.needs_reauthorization = False


def record_uninstall(unit: Unit, uninstalled_at: datetime) -> None:
    """Forget the tokens at once and stop all work for the shop; its data waits for `shop/redact`.

    `uninstalled_at` is Shopify's time; one from before the current installation is the echo of an earlier one.
    """
    shop = this_shop(unit)
    if not is_installed(shop) or (shop.installed_at is not None and uninstalled_at < shop.installed_at):
        return
    shop.uninstalled_at = uninstalled_at
    shop.access_token = shop.refresh_token = None
    shop.access_token_expires_at = shop.refresh_token_expires_at = None
    log.info("shop.uninstalled", shop=shop.id)
    unit.emit(ShopUninstalled(shop.id))


def record_scopes(unit: Unit, granted: Iterable[str]) -> None:
    """Store which scopes the merchant grants now."""
    shop = this_shop(unit)
    before, after = frozenset(shop.scopes), frozenset(granted)
    shop.scopes = sorted(after)
    if before != after:
        unit.emit(ScopesChanged(shop.id, after - before, before - after))


def record_profile(unit: Unit, *, name: str, currency: str, time_zone: str) -> None:
    """Store what Shopify says about the shop itself."""
    shop = this_shop(unit)
    shop.name, shop.currency, shop.time_zone = name, currency, time_zone


def language_part(locale: str | None) -> str | None:
    """The language of an IETF locale in lower case (`de` of `de-AT`); None for what is no locale."""
    found = _LOCALE.fullmatch(locale or "")
    return found[1].lower() if found else None


def record_language(unit: Unit, language: str) -> None:
    """Store the language that the merchant reads the admin in."""
    this_shop(unit).locale = language


def set_brand(unit: Unit, values: Mapping[str, str]) -> None:
    """Set the brand's name and colours (`#rrggbb`, empty = the theme's own); raises BadInput naming the field."""
    brand = {"name": values.get("name", "").strip()}
    if len(brand["name"]) > LONGEST_BRAND_NAME:
        raise BadInput(f"name: at most {LONGEST_BRAND_NAME} characters")
    for field in BRAND_COLOURS:
        colour = values.get(field, "").strip().lower()
        if colour and not is_colour(colour):
            raise BadInput(f"{field}: a colour looks like #1a2b3c")
        brand[field] = colour
    this_shop(unit).brand = {field: value for field, value in brand.items() if value}
    unit.emit(StorefrontSettingsChanged(unit.shop_id))


def note_proxy_path(unit: Unit, path: str) -> None:
    """Remember the app proxy's path as Shopify signed it last: merchants may rename it."""
    statement = update(Shop).where(Shop.id == unit.shop_id, Shop.proxy_path != path).values(proxy_path=path)
    if unit.change(statement):
        unit.emit(StorefrontSettingsChanged(unit.shop_id))


def _new_shop(domain: str) -> dict[str, object]:
    return {
        "domain": domain,
        "scopes": [],
        "brand": {},
        "proxy_path": "/apps/danke",
        "refresh_lease_until": 0.0,
        "needs_reauthorization": False,
    }
