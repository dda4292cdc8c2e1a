"""Doors for what Twilio and WhatsApp say later about messages that they accepted. Each call is signed by its sender."""

import hmac
from typing import Any

from flask import Blueprint, Response, request

from service.kit.errors import NotFound, Unauthorized
from service.kit.guards import guarded
from service.kit.runtime import current
from service.messages.senders import sms, whatsapp
from service.messages.senders.receipt_operations import note_reports
from service.shopify.signatures import signed_by_any

blueprint = Blueprint("receipts", __name__)

_MOST_BYTES = 1_000_000
_DIGITS_OF_NO_SHOP = 10


def _check_twilio() -> None:
    settings = current().settings
    request.max_content_length = _MOST_BYTES
    query = request.query_string.decode("ascii", "replace")
    # the address as Twilio knows it, which may not be the one that reached this process
    url = f"{settings.shopify_app_url}{request.path}{'?' if query else ''}{query}"
    given = request.headers.get("X-Twilio-Signature", "")
    if not sms.is_from_twilio(settings.twilio_auth_token, url, request.form.to_dict(), given):
        raise Unauthorized("The request is not signed by Twilio.")


def _check_whatsapp() -> None:
    secret = current().settings.whatsapp_app_secret
    request.max_content_length = _MOST_BYTES
    kind, _, given = request.headers.get("X-Hub-Signature-256", "").partition("=")
    if kind != "sha256" or not signed_by_any(request.get_data(), given, [secret], bytes.hex):
        raise Unauthorized("The request is not signed by WhatsApp.")


def _check_verify_token() -> None:
    right = current().settings.whatsapp_verify_token.encode("utf-8")
    given = request.args.get("hub.verify_token", "").encode("utf-8", "replace")
    if not right or not hmac.compare_digest(right, given) or request.args.get("hub.mode") != "subscribe":
        raise Unauthorized("The verify token is wrong.")


@blueprint.post(sms.CALLBACK_PATH)
@guarded("Twilio's signature", _check_twilio)
def note_sms_status() -> Response:
    """How a text message fared."""
    shop = request.args.get("shop", "")
    if not (shop.isascii() and shop.isdecimal() and len(shop) < _DIGITS_OF_NO_SHOP):
        raise NotFound("There is no such shop.")
    report = sms.read_status(request.form.to_dict())
    if report is not None:
        note_reports(current().database, int(shop), sms.PROVIDER, [report])
    return Response(status=204)


@blueprint.get(whatsapp.CALLBACK_PATH)
@guarded("WhatsApp's verify token", _check_verify_token)
def verify_whatsapp() -> Response:
    """Answer the challenge with which WhatsApp checks this address once."""
    return Response(request.args.get("hub.challenge", ""), content_type="text/plain; charset=utf-8")


@blueprint.post(whatsapp.CALLBACK_PATH)
@guarded("WhatsApp's signature", _check_whatsapp)
def note_whatsapp_statuses() -> Response:
    """How messages fared; what else WhatsApp tells is not wanted here."""
    sent: Any = request.get_json(force=True, silent=True)
    for shop_id, reports in whatsapp.read_statuses(sent).items():
        note_reports(current().database, shop_id, whatsapp.PROVIDER, reports)
    return Response(status=200)
