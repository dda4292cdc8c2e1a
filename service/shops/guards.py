"""Guards of the doors behind Shopify: app proxy and UI extensions (shoppers) and ID tokens (merchants).

Each leaves `g.shop_id` and what else it proved. The shop comes from what Shopify signed, never from a parameter.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, g, request

from service.kit import clock
from service.kit.database import Database
from service.kit.guards import guarded
from service.kit.memory import Memory
from service.kit.runtime import current
from service.shopify.id_tokens import IdToken, InvalidIdToken, verify_id_token
from service.shopify.proxy_signatures import verify_proxy_request
from service.shopify.session_tokens import InvalidSessionToken, verify_session_token
from service.shops import operations
from service.shops.models import Shop
from service.shops.queries import installed_shop

View = TypeVar("View", bound=Callable[..., Any])

_REMEMBER_SECONDS = 5.0
_MOST_REMEMBERED = 10_000


def proxy_guard(parameters: frozenset[str] | set[str] = frozenset()) -> Callable[[View], View]:
    """The request came through the shop's app proxy; `parameters` are the only names that the route takes.

    Leaves g.shop_id, g.shop (at most a few seconds old, not attached to a unit), g.customer_id (None for guests),
    g.proxy_path and g.proxy_parameters.
    """
    allowed = frozenset(parameters)

    def check() -> None:
        runtime = current()
        proved = verify_proxy_request(
            request.query_string, allowed, runtime.settings.shopify_api_secrets, clock.machine_now()
        )
        shop = _storefront_shop(runtime.database, proved.shop_domain)
        # looked up once: every name that is set through the proxy `g` looks it up again
        left = g._get_current_object()
        left.shop_id, left.shop, left.proxy_path = shop.id, shop, proved.path_prefix
        left.customer_id, left.proxy_parameters = proved.customer_id, proved.parameters
        if proved.path_prefix != shop.proxy_path:
            with runtime.database.writing(shop.id) as unit:
                operations.note_proxy_path(unit, proved.path_prefix)
            _storefront_shops.forget((runtime.database, proved.shop_domain))

    return guarded("app proxy signature", check)


def extension_guard() -> Callable[[View], View]:
    """The fetch carries a UI extension's session token of a shop that has Danke installed.

    Leaves g.shop_id and g.customer_id (None where nobody is logged in).
    """

    def check() -> None:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer":
            raise InvalidSessionToken("The request carries no session token.")
        settings = current().settings
        token = verify_session_token(text, settings.shopify_api_key, settings.shopify_api_secrets)
        shop = _storefront_shop(current().database, token.shop_domain)
        g.shop_id, g.customer_id = shop.id, token.customer_id

    return guarded("session token", check)


def answer_extensions(response: Response) -> Response:
    """After-request function of doors for UI extensions, which run in a worker of no origin of their own."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "Authorization"
    response.headers["Access-Control-Max-Age"] = "7200"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def merchant_guard() -> Callable[[View], View]:
    """The fetch carries a valid ID token of a shop that has Danke installed. Leaves g.shop_id and g.id_token."""

    def check() -> None:
        token = bearer_id_token()
        shop = installed_shop(current().database, token.shop_domain)
        g.shop_id, g.id_token = shop.id, token

    return guarded("ID token", check)


def bearer_id_token() -> IdToken:
    """The verified ID token of the Authorization header; raises InvalidIdToken."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer":
        raise InvalidIdToken("The request carries no ID token.")
    return check_id_token(text)


def check_id_token(text: str) -> IdToken:
    """The ID token in `text`, verified against this app's id and secrets; raises InvalidIdToken."""
    settings = current().settings
    return verify_id_token(text, settings.shopify_api_key, settings.shopify_api_secrets)


def _storefront_shop(database: Database, domain: str) -> Shop:
    return _storefront_shops.find((database, domain), lambda: installed_shop(database, domain))


_storefront_shops: Memory[tuple[Database, str], Shop] = Memory(_MOST_REMEMBERED, _REMEMBER_SECONDS)
"""A product page's visitors come in bursts; an uninstall reaches the storefront within these seconds."""
