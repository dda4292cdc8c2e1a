"""What the UI extension on thank-you, order-status and account pages suggests."""

from typing import Any

from flask import Blueprint, g

from service.experiments.exposures import note_exposure
from service.kit.runtime import current
from service.recommendations.engine.placements import Placement
from service.recommendations.engine.reasons import describe_reason
from service.recommendations.extension_list import list_suggestions
from service.recommendations.queries import personal_answer
from service.shops.guards import answer_extensions, extension_guard

blueprint = Blueprint("recommendations_of_extensions", __name__)
blueprint.after_request(answer_extensions)

MOST = 4


@blueprint.get("/extension/for-you")
@extension_guard()
def answer_for_you() -> dict[str, Any]:
    """At most four products for the logged-in customer, else what is popular; prices are Shopify's to show."""
    shop_id, customer_id = g.shop_id, g.customer_id
    answer = personal_answer(current().database, shop_id, customer_id)
    with current().database.reading(shop_id) as unit:
        shown = list_suggestions(unit, answer, MOST)
    if customer_id is not None and not answer.is_missing:
        note_exposure(current().database, shop_id, customer_id, Placement.FOR_YOU.value)
    products = [
        {
            "id": one.product_id,
            "title": one.title,
            "path": one.path,
            "reason": describe_reason(one.reason),
        }
        for one in shown
    ]
    return {"kind": answer.kind if products else "none", "products": products}
