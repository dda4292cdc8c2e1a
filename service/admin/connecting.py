"""The first visit, and every visit after which our token for the shop is no longer good."""

from datetime import datetime

from service.kit import clock
from service.kit.errors import DankeError
from service.kit.logs import log
from service.kit.runtime import Runtime
from service.shopify import documents
from service.shopify.access_tokens import exchange_id_token
from service.shopify.id_tokens import IdToken
from service.shops import operations
from service.shops.clients import admin_client, credentials, transport
from service.shops.models import Shop
from service.shops.queries import find_shop, is_installed
from service.shops.scopes import missing_scopes


def connect_shop(runtime: Runtime, token: IdToken, id_token: str, locale: str | None) -> int:
    """Id of the shop that a verified ID token speaks for, installed and with a working access token.

    `locale` is the language that its admin is shown in; mails and pages that know no other one use it from then on.
    Raises InvalidSubjectToken, ClientRefused, ShopifyRefused or ShopifyUnavailable when Shopify gives no access token.
    """
    shop = find_shop(runtime.database, token.shop_domain)
    if shop is None or needs_new_token(shop, clock.now()):
        shop_id = _install(runtime, token, id_token)
    else:
        shop_id = shop.id
        if shop.name is None:
            _learn_profile(runtime, shop_id)
    _learn_language(runtime, shop_id, locale, shop.locale if shop else None)
    return shop_id


def needs_new_token(shop: Shop, now: datetime) -> bool:
    """Whether the shop's access can't go on by itself: uninstalled, refused, expired, or too few scopes."""
    if not is_installed(shop) or shop.access_token is None or shop.needs_reauthorization:
        return True
    expires_at = shop.refresh_token_expires_at
    if expires_at is not None and expires_at <= now:
        return True
    return bool(missing_scopes(shop.scopes))


def _install(runtime: Runtime, token: IdToken, id_token: str) -> int:
    way, own = transport(runtime.settings), credentials(runtime.settings)
    offline = exchange_id_token(way, token.shop_domain, id_token, own, clock.now())
    shop_id = operations.find_or_add_shop(runtime.database, token.shop_domain)
    with runtime.database.writing(shop_id) as unit:
        operations.record_installation(unit, runtime.cipher, offline)
    _learn_profile(runtime, shop_id)
    return shop_id


def _learn_language(runtime: Runtime, shop_id: int, locale: str | None, known: str | None) -> None:
    language = operations.language_part(locale)
    if language is not None and language != known:
        with runtime.database.writing(shop_id) as unit:
            operations.record_language(unit, language)


def _learn_profile(runtime: Runtime, shop_id: int) -> None:
    """Ask Shopify for the shop's name, currency and time zone; the page works without, and asks again next time."""
    try:
        answer = admin_client(runtime, shop_id).execute(documents.load("shop"))
    except DankeError as error:
        log.warning("shop.profile_unknown", shop=shop_id, error=str(error))
        return
    profile = answer.data["shop"]
    with runtime.database.writing(shop_id) as unit:
        operations.record_profile(
            unit,
            name=profile["name"],
            currency=profile["currencyCode"],
            time_zone=profile["ianaTimezone"],
        )
