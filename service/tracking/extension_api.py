"""What the UI extensions on thank-you, order-status and account pages are told of orders.

Whoever is logged in as the buyer reads all of their order. Any other visitor of the shop can name any order, so they
are told state, date and steps only, sixty times an hour.
"""

import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, request

from service.access.lookup_budgets import count_extension_read
from service.access.private_links import PAGE, known_token, private_token
from service.access.visitors import direct_visitor, group_addresses
from service.kit import clock
from service.kit.database import Unit
from service.kit.errors import BadInput, NotFound, Refused
from service.kit.runtime import current
from service.kit.wording import language_of
from service.kit.zones import zone_named
from service.purchases.queries import latest_orders_of_customer
from service.shops.guards import answer_extensions, extension_guard
from service.shops.queries import this_shop
from service.tracking.merchant_settings import is_silent, tracking_settings
from service.tracking.page.page_facts import PageFacts, PageViewer, ViewerKind, page_facts
from service.tracking.queries import story_of
from service.tracking.status import sum_up
from service.tracking.story import Story

blueprint = Blueprint("tracking_of_extensions", __name__)
blueprint.after_request(answer_extensions)

MOST_ORDERS = 10
_ORDER = re.compile(r"(?:gid://shopify/Order(?:Identity)?/)?([1-9][0-9]{0,18})", re.ASCII)
_LARGEST_ID = 2**63 - 1
_FOR_EVERYBODY = ("tone", "answer", "date", "missed")
_FOR_THE_BUYER = (*_FOR_EVERYBODY, "order", "known", "pieces", "next")


@blueprint.get("/extension/order")
@extension_guard()
def answer_order() -> dict[str, Any]:
    """The order `order` (global id or number) in sentences of the language `locale`; 404 while it is not here."""
    order_id = _read_order(request.args.get("order", ""))
    language = language_of(request.args.get("locale"))
    with current().database.reading(g.shop_id) as unit:
        story = story_of(unit, order_id)
        is_buyer = story is not None and g.customer_id is not None and story.customer_id == g.customer_id
        answer = _describe(unit, story, language, is_buyer=is_buyer) if story else None
    if not is_buyer:
        _spend_budget()
    if answer is None:
        raise NotFound("This order is not known yet.")
    return answer | {"path": _private_path(answer["path"], order_id)} if is_buyer else answer


@blueprint.get("/extension/orders")
@extension_guard()
def answer_orders() -> dict[str, Any]:
    """The logged-in customer's latest orders, newest first, as `answer_order` tells of each."""
    if g.customer_id is None:
        raise Refused("Nobody is logged in.")
    language = language_of(request.args.get("locale"))
    with current().database.reading(g.shop_id) as unit:
        order_ids = latest_orders_of_customer(unit, g.customer_id, MOST_ORDERS)
        stories = [story for story in (story_of(unit, order_id) for order_id in order_ids) if story]
        return {"orders": [_describe(unit, story, language, is_buyer=True) for story in stories]}


def _private_path(path: str, order_id: int) -> str:
    """The way to the order's page by its private link; makes the link if it is missing."""
    cipher = current().cipher
    with current().database.reading(g.shop_id) as unit:
        token = known_token(unit, cipher, order_id)
    if token is None:
        with current().database.writing(g.shop_id) as unit:
            token = private_token(unit, cipher, order_id)
    return f"{path}?t={token}"


def _describe(unit: Unit, story: Story, language: str, *, is_buyer: bool) -> dict[str, Any]:
    shop, settings, now = this_shop(unit), tracking_settings(unit), clock.now()
    silent = is_silent(settings)
    viewer = PageViewer(
        kind=ViewerKind.PRIVATE if is_buyer else ViewerKind.ANONYMOUS,
        language=language,
        zone=zone_named(shop.time_zone),
        now=now,
        shop_name=shop.name or "",
        proxy_path=shop.proxy_path,
        brand={},
    )
    status = sum_up(story, now, is_silent=silent)
    facts = page_facts(story, status, settings, (), viewer, is_silent=silent)
    return {
        "id": str(story.order_id),
        **{name: getattr(facts, name) for name in (_FOR_THE_BUYER if is_buyer else _FOR_EVERYBODY)},
        "parcels": _describe_parcels(facts, is_buyer=is_buyer),
        "shows_products": facts.suggest_for is not None,
        "path": f"{shop.proxy_path}/{PAGE}",
    }


def _describe_parcels(facts: PageFacts, *, is_buyer: bool) -> list[dict[str, Any]]:
    told = []
    for parcel in facts.parcels:
        steps = {"heading": parcel.heading, "steps": [asdict(step) for step in parcel.steps]}
        own = {
            "state": parcel.state,
            "carrier": parcel.carrier,
            "number": parcel.number,
            "url": parcel.url,
            "items": [{"title": item.title, "quantity": item.quantity} for item in parcel.items],
        }
        told.append(steps | own if is_buyer else steps)
    return told


def _spend_budget() -> None:
    # a fresh token costs a visitor nothing, so those who are not logged in are counted by where they come from
    who = f"customer {g.customer_id}"
    if g.customer_id is None:
        hops, sent = current().settings.proxy_hops, request.headers.get("X-Forwarded-For", "")
        who = group_addresses(direct_visitor(sent, request.remote_addr or "", hops))
    with current().database.writing(g.shop_id) as unit:
        if not count_extension_read(unit, current().cipher, who):
            raise Refused("That were too many orders within an hour.", HTTPStatus.TOO_MANY_REQUESTS)


def _read_order(text: str) -> int:
    found = _ORDER.fullmatch(text)
    if found is None or int(found[1]) > _LARGEST_ID:
        raise BadInput("order: the global id or the number of an order")
    return int(found[1])
