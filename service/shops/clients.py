"""A client that speaks to one shop's Admin API with that shop's own token."""

from functools import lru_cache

from service.kit.runtime import Runtime
from service.settings import Settings
from service.shopify.access_tokens import ClientCredentials
from service.shopify.admin_graphql import DEFAULT_PATIENCE_SECONDS, AdminGraphql
from service.shopify.shop_domains import parse_shop_domain
from service.shopify.transport import Transport
from service.shops.access import access_token_of
from service.shops.queries import this_shop


def transport(settings: Settings) -> Transport:
    """The process's one way to Shopify."""
    return _transport(settings.shopify_base_url)


def credentials(settings: Settings) -> ClientCredentials:
    """The app's client id and newest secret."""
    return ClientCredentials(settings.shopify_api_key, settings.shopify_api_secrets[0])


def admin_client(
    runtime: Runtime, shop_id: int, *, patience: float = DEFAULT_PATIENCE_SECONDS
) -> AdminGraphql:
    """A client for this shop; refreshes the token when needed. Raises NotAuthorized or Unavailable.

    `patience` is how many seconds the client may wait while Shopify throttles.
    """
    settings, way = runtime.settings, transport(runtime.settings)
    token = access_token_of(runtime.database, runtime.cipher, way, credentials(settings), shop_id)
    with runtime.database.reading(shop_id) as unit:
        domain = this_shop(unit).domain
    return AdminGraphql(way, parse_shop_domain(domain), token, patience=patience)


@lru_cache(maxsize=4)
def _transport(base_url: str) -> Transport:
    return Transport(base_url)
