"""Doors to the upkeep of installations."""

from service.kit.logs import log
from service.kit.runtime import Runtime
from service.shops import clients
from service.shops.access import expire_access_token, shops_with_ageing_refresh_tokens

# the clock waits meanwhile
_SHOPS_PER_RUN = 3


def keep_tokens_alive(runtime: Runtime) -> None:
    """Refresh the pairs of shops that nothing else used for long: a refresh token lives 90 days."""
    for shop_id in shops_with_ageing_refresh_tokens(runtime.database)[:_SHOPS_PER_RUN]:
        expire_access_token(runtime.database, shop_id)
        try:
            clients.admin_client(runtime, shop_id)
        except Exception as error:
            log.warning("shop.token_not_refreshed", shop=shop_id, error=type(error).__name__)
