"""Door of all webhooks: verify the bytes, store them, answer. Nothing is parsed or decided here."""

from http import HTTPStatus

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from service.inbox import operations
from service.kit import clock
from service.kit.errors import DankeError
from service.kit.guards import guarded
from service.kit.logs import log
from service.kit.runtime import current
from service.shopify.webhook_signatures import parse_webhook_headers, verify_webhook
from service.shops.queries import find_shop

LARGEST_BODY_BYTES = 2 * 1024 * 1024

blueprint = Blueprint("webhooks", __name__)


class BodyTooLarge(DankeError):
    """More bytes than any webhook of ours has."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def verify_delivery() -> None:
    """Guard: the body is Shopify's, byte for byte; nobody else's is read any further."""
    if (request.content_length or 0) > LARGEST_BODY_BYTES:
        raise BodyTooLarge("The body is larger than 2 MB.")
    # a chunked body has no length: never read more than one byte past the limit
    body = request.stream.read(LARGEST_BODY_BYTES + 1)
    if len(body) > LARGEST_BODY_BYTES:
        raise BodyTooLarge("The body is larger than 2 MB.")
    secrets = current().settings.shopify_api_secrets
    verify_webhook(body, request.headers.get("X-Shopify-Hmac-SHA256"), secrets)
    g.webhook_body = body


@blueprint.post("/webhooks")
@guarded("webhook signature", verify_delivery)
def receive_webhook() -> ResponseReturnValue:
    """Store one delivery and answer 200 once it is committed; a second one with the same id changes nothing."""
    runtime = current()
    headers = parse_webhook_headers(request.headers)
    if headers.topic not in runtime.webhook_handlers:
        log.info("webhook.not_ours", topic=headers.topic)
        return "", HTTPStatus.OK
    shop = find_shop(runtime.database, headers.shop_domain)
    if shop is None:
        # nothing is kept for a shop that never opened Danke or was erased: there is nothing to do for it
        log.info("webhook.unknown_shop", topic=headers.topic)
        return "", HTTPStatus.OK
    g.shop_id = shop.id
    with runtime.database.writing(shop.id) as unit:
        operations.receive(
            unit,
            runtime.cipher,
            topic=headers.topic,
            webhook_id=headers.webhook_id,
            triggered_at=headers.triggered_at or clock.now(),
            body=g.webhook_body,
        )
    return "", HTTPStatus.OK
