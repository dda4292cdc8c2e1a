"""What the theme blocks ask for through the app proxy."""

from flask import Blueprint, Response, g

from service.kit.errors import BadInput
from service.kit.logs import log
from service.kit.runtime import current
from service.recommendations.answers import LARGEST_LIMIT, compose
from service.recommendations.marks import mark_customer_dirty
from service.recommendations.queries import personal_answer
from service.shops.guards import proxy_guard

blueprint = Blueprint("recommendations", __name__)

_DEFAULT_LIMIT = 8
_HEADERS = {"Cache-Control": "private, no-store"}


@blueprint.get("/proxy/for-you")
@proxy_guard(parameters={"limit"})
def answer_for_you() -> Response:
    """The logged-in customer's list, or what is popular; a list that is missing is queued to be made."""
    limit = _read_limit(g.proxy_parameters.get("limit"))
    shop_id, customer_id = g.shop_id, g.customer_id
    answer = personal_answer(current().database, shop_id, customer_id)
    response = Response(
        compose(answer.kind, answer.handles, limit), content_type="application/liquid", headers=_HEADERS
    )
    if answer.is_missing:
        response.call_on_close(lambda: _queue_fill(shop_id, customer_id))
    return response


def _read_limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= LARGEST_LIMIT:
        return int(text)
    raise BadInput(f"limit: a whole number from 1 to {LARGEST_LIMIT}")


def _queue_fill(shop_id: int, customer_id: int) -> None:
    # the shopper has the answer already, so a failure may cost nothing but this list
    try:
        with current().database.writing(shop_id) as unit:
            mark_customer_dirty(unit, customer_id)
    except Exception as error:
        log.warning("recommendations.fill_not_queued", shop=shop_id, error=type(error).__name__)
