"""What the theme blocks ask for through the app proxy."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, Response, g

from service.experiments.exposures import note_exposure
from service.kit.errors import BadInput
from service.kit.logs import log
from service.kit.runtime import current
from service.recommendations.answers import LARGEST_LIMIT, compose
from service.recommendations.cart_answer import cart_answer
from service.recommendations.engine.placements import Placement
from service.recommendations.marks import mark_customer_dirty
from service.recommendations.queries import Answer, personal_answer
from service.shops.guards import proxy_guard

blueprint = Blueprint("recommendations", __name__)

_DEFAULT_LIMIT = 8
_MOST_IN_CART = 50
_LARGEST_ID = 2**63 - 1
# the type stands here because werkzeug sets one that is given apart a second time
_HEADERS = (("Content-Type", "application/liquid"), ("Cache-Control", "private, no-store"))
_IDS = re.compile(r"[1-9][0-9]{0,18}(?:,[1-9][0-9]{0,18})*")


@blueprint.get("/proxy/for-you")
@proxy_guard(parameters={"limit", "placement", "sold_out"})
def answer_for_you() -> Response:
    """The logged-in customer's list, or what is popular; a list that is missing is queued to be made."""
    asked, shop_id, customer_id = g.proxy_parameters, g.shop_id, g.customer_id
    limit = _read_limit(asked.get("limit"))
    placement = _read_placement(asked.get("placement"))
    answer = personal_answer(current().database, shop_id, customer_id, placement)
    response = _respond(answer, limit, asked)
    if answer.is_missing:
        response.call_on_close(lambda: _queue_fill(shop_id, customer_id))
    elif customer_id is not None:
        note_exposure(current().database, shop_id, customer_id, placement.value)
    return response


@blueprint.get("/proxy/cart")
@proxy_guard(parameters={"limit", "products", "sold_out"})
def answer_cart() -> Response:
    """What goes with the products in the visitor's cart; the same for everybody with that cart."""
    asked = g.proxy_parameters
    limit = _read_limit(asked.get("limit"))
    in_cart = _read_product_ids(asked.get("products", ""))
    with current().database.reading(g.shop_id) as unit:
        answer = cart_answer(unit, in_cart)
    return _respond(answer, limit, asked)


def _respond(answer: Answer, limit: int, asked: Mapping[str, str]) -> Response:
    with_sold_out = _read_flag("sold_out", asked.get("sold_out"))
    liquid = compose(answer.kind, answer.handles, limit, answer.reasons, with_sold_out=with_sold_out)
    return Response(liquid, headers=_HEADERS)


def _read_limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= LARGEST_LIMIT:
        return int(text)
    raise BadInput(f"limit: a whole number from 1 to {LARGEST_LIMIT}")


def _read_placement(text: str | None) -> Placement:
    try:
        return Placement(text or Placement.FOR_YOU)
    except ValueError as error:
        raise BadInput(f"placement: one of {', '.join(Placement)}") from error


def _read_flag(name: str, text: str | None) -> bool:
    if text not in {None, "1"}:
        raise BadInput(f"{name}: 1 or nothing")
    return text is not None


def _read_product_ids(text: str) -> list[int]:
    """The distinct ids in their order."""
    ids = list(dict.fromkeys(map(int, text.split(",")))) if _IDS.fullmatch(text) else []
    if not 1 <= len(ids) <= _MOST_IN_CART or max(ids) > _LARGEST_ID:
        raise BadInput(
            f"products: 1 to {_MOST_IN_CART} product ids, joined by commas", HTTPStatus.BAD_REQUEST
        )
    return ids


def _queue_fill(shop_id: int, customer_id: int) -> None:
    # the shopper has the answer already, so a failure may cost nothing but this list
    try:
        with current().database.writing(shop_id) as unit:
            mark_customer_dirty(unit, customer_id)
    except Exception as error:
        log.warning("recommendations.fill_not_queued", shop=shop_id, error=type(error).__name__)
