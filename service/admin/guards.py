"""Who may see the embedded page: staff whose ID token Shopify signed, in documents and in fetches."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, g, redirect, request

from service.admin.addresses import bounce_address
from service.admin.connecting import connect_shop
from service.kit import clock
from service.kit.errors import Unauthorized
from service.kit.guards import guarded
from service.kit.runtime import current
from service.shopify.id_tokens import IdToken, InvalidIdToken
from service.shops.guards import bearer_id_token, check_id_token
from service.shops.queries import installed_shop

View = TypeVar("View", bound=Callable[..., Any])

BOUNCED = "danke-bounced"
"""Query parameter: when (seconds since the epoch) a document was last sent for a fresh ID token."""
_FRESH_SECONDS = 10


class TokenNeverAccepted(Unauthorized):
    """App Bridge just gave a fresh ID token and it is not valid either: asking again would go on for ever."""


def is_fetch() -> bool:
    """Whether the page's script asks, not a browser that wants a document."""
    is_sent_by_script = request.headers.get("Sec-Fetch-Dest") == "empty" or request.method != "GET"
    return is_sent_by_script or "Authorization" in request.headers


def page_guard() -> Callable[[View], View]:
    """A document with a valid `id_token`, or a fetch with one as bearer. Leaves g.shop_id and g.id_token.

    A document without one goes through the page where App Bridge fetches one; it also connects a shop that opens
    Danke for the first time.
    """

    def check() -> None:
        if is_fetch():
            g.id_token = bearer_id_token()
            g.shop_id = installed_shop(current().database, g.id_token.shop_domain).id
        else:
            text = request.args.get("id_token", "")
            g.id_token = _document_token(text)
            g.shop_id = connect_shop(current(), g.id_token, text, request.args.get("locale"))

    return guarded("ID token of a document or fetch", check)


def _document_token(text: str) -> IdToken:
    now = int(clock.machine_now().timestamp())
    try:
        return check_id_token(text)
    except InvalidIdToken as error:
        if text and now - request.args.get(BOUNCED, 0, type=int) < _FRESH_SECONDS:
            raise TokenNeverAccepted("The ID token was refused twice.") from error
    query = {**request.args.to_dict(), BOUNCED: str(now)}
    return abort(redirect(bounce_address(request.path, query)))
