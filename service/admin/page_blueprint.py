"""What all doors of the embedded page share: errors in words, and who may frame and keep their answers."""

from http import HTTPStatus

from flask import Blueprint, Response, g, request

from service.admin.addresses import document_policy
from service.admin.answers import answer_error
from service.admin.guards import is_fetch
from service.kit.errors import DankeError
from service.kit.runtime import current
from service.shopify.shop_domains import InvalidShopDomain, parse_shop_domain


def page_blueprint(name: str) -> Blueprint:
    """Doors of the page: a fetch gets errors as JSON, a person a page that says what to do."""
    blueprint = Blueprint(name, __name__)
    blueprint.register_error_handler(DankeError, answer_error)
    blueprint.after_request(_protect)
    return blueprint


def _protect(response: Response) -> Response:
    """Who may frame the page, what it may run; answers about a shop are kept nowhere."""
    response.headers["Content-Security-Policy"] = document_policy(current().settings, _shop_domain())
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == HTTPStatus.UNAUTHORIZED and is_fetch():
        # App Bridge then fetches a fresh ID token and tries once more
        response.headers["X-Shopify-Retry-Invalid-Session-Request"] = "1"
    return response


def _shop_domain() -> str | None:
    """The proven shop; before one is proven, the one that is asked for, if it can be a shop at all."""
    if "id_token" in g:
        return str(g.id_token.shop_domain)
    try:
        return parse_shop_domain(request.args.get("shop"))
    except InvalidShopDomain:
        return None
