"""A client that speaks to one shop's Admin API with that shop's own token. For doors."""

from functools import lru_cache

from service.kit.runtime import current
from service.shopify.access_tokens import ClientCredentials
from service.shopify.admin_graphql import DEFAULT_PATIENCE_SECONDS, AdminGraphql
from service.shopify.shop_domains import parse_shop_domain
from service.shopify.transport import Transport
from service.shops.access import access_token_of
from service.shops.queries import this_shop


def transport() -> Transport:
    """The process's one way to Shopify."""
    return _transport(current().settings.shopify_base_url)


def credentials() -> ClientCredentials:
    """The app's client id and newest secret."""
    settings = current().settings
    return ClientCredentials(settings.shopify_api_key, settings.shopify_api_secrets[0])


def admin_client(shop_id: int, *, patience: float = DEFAULT_PATIENCE_SECONDS) -> AdminGraphql:
    """A client for this shop; refreshes the token when needed. Raises NotAuthorized or Unavailable.

    `patience` is how many seconds the client may wait while Shopify throttles.
    """
    runtime = current()
    token = access_token_of(runtime.database, runtime.cipher, transport(), credentials(), shop_id)
    with runtime.database.reading(shop_id) as unit:
        domain = this_shop(unit).domain
    return AdminGraphql(transport(), parse_shop_domain(domain), token, patience=patience)


@lru_cache(maxsize=4)
def _transport(base_url: str) -> Transport:
    return Transport(base_url)
