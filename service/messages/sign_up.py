"""Doors for signing up for messages about an order and for stopping them, through the app proxy.

A GET shows and never changes anything. What an address is to this shop already, no answer tells.
"""

from flask import Blueprint, Response, g, request

from service.access.private_links import order_of_link
from service.consents import operations as consents
from service.consents.addresses import BadAddress, Channel, read_address
from service.consents.models import Subscription
from service.consents.operations import CodeAnswer
from service.consents.stop_tokens import StopWish, read_stop_token
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.kit.runtime import current
from service.kit.wording import language_of
from service.messages.opting_in import ask_to_sign_up, offered_channels
from service.messages.queries import shop_name
from service.messages.recipient_clock import country_of
from service.messages.sign_up_pages import (
    Reader,
    show_address_form,
    show_code_form,
    show_confirm_button,
    show_result,
    show_stop_button,
)
from service.purchases.models import Order
from service.shops.guards import proxy_guard
from service.shops.queries import this_shop

blueprint = Blueprint("sign_up", __name__)

_MOST_BYTES = 8_192
_LONGEST_TYPED = 300


@blueprint.post("/proxy/track/sign-up")
@proxy_guard()
def sign_up() -> Response:
    """Begin to sign an address up for messages about the order of a private link."""
    channel, typed, token = _channel(), _field("address"), _field("t")
    runtime = current()
    with runtime.database.writing(g.shop_id) as unit:
        order_id = order_of_link(unit, token)
        reader = _reader(unit, _field("language"), token if order_id is not None else None)
        if order_id is None:
            return show_result(reader, "sign_up.link_ended")
        if channel not in offered_channels(unit, runtime.settings):
            return show_result(reader, "sign_up.not_offered")
        try:
            address = read_address(channel, typed, country_of(this_shop(unit).time_zone))
        except BadAddress:
            return show_address_form(reader, channel, typed)
        # whether a budget is used up, the answer doesn't tell either
        ask_to_sign_up(unit, runtime.cipher, order_id, channel, address, reader.language)
    return (
        show_result(reader, "sign_up.mail_sent")
        if channel is Channel.EMAIL
        else show_code_form(reader, channel)
    )


@blueprint.post("/proxy/track/code")
@proxy_guard()
def confirm_by_code() -> Response:
    """Prove a telephone number by the code that was sent to it."""
    channel, token = _channel(), _field("t")
    runtime = current()
    with runtime.database.writing(g.shop_id) as unit:
        order_id = order_of_link(unit, token)
        reader = _reader(unit, _field("language"), token if order_id is not None else None)
        if order_id is None:
            return show_result(reader, "sign_up.link_ended")
        answer = consents.confirm_by_code(unit, runtime.cipher, order_id, channel, _field("code"))
    if answer is CodeAnswer.WRONG:
        return show_code_form(reader, channel, was_wrong=True)
    return show_result(
        reader, "sign_up.confirmed" if answer is CodeAnswer.CONFIRMED else "sign_up.code.ended"
    )


@blueprint.get("/proxy/track/confirm")
@proxy_guard(parameters={"c"})
def show_confirmation() -> Response:
    """The button that confirms an e-mail address."""
    runtime = current()
    proof = g.proxy_parameters.get("c", "")
    with runtime.database.reading(g.shop_id) as unit:
        subscription = consents.pending_by_token(unit, runtime.cipher, proof)
        reader = _reader(unit, subscription.language if subscription else None)
    return (
        show_result(reader, "sign_up.link_ended")
        if subscription is None
        else show_confirm_button(reader, proof)
    )


@blueprint.post("/proxy/track/confirm")
@proxy_guard(parameters={"c"})
def confirm_by_link() -> Response:
    """Prove an e-mail address by the link that was sent to it."""
    runtime = current()
    proof = _field("c") or g.proxy_parameters.get("c", "")
    with runtime.database.writing(g.shop_id) as unit:
        subscription = consents.confirm_by_token(unit, runtime.cipher, proof)
        reader = _reader(unit, subscription.language if subscription else None)
    return show_result(reader, "sign_up.link_ended" if subscription is None else "sign_up.confirmed")


@blueprint.get("/proxy/track/stop")
@proxy_guard(parameters={"s"})
def show_stop() -> Response:
    """The button that stops messages."""
    runtime = current()
    token = g.proxy_parameters.get("s", "")
    wish = read_stop_token(runtime.cipher, g.shop_id, token)
    with runtime.database.reading(g.shop_id) as unit:
        reader = _reader(unit, _language_of(unit, wish))
    return show_result(reader, "sign_up.link_ended") if wish is None else show_stop_button(reader, token)


@blueprint.post("/proxy/track/stop")
@proxy_guard(parameters={"s"})
def stop() -> Response:
    """Stop messages at once: by the button, or by a mail program's bare POST (RFC 8058)."""
    runtime = current()
    wish = read_stop_token(runtime.cipher, g.shop_id, g.proxy_parameters.get("s", ""))
    with runtime.database.writing(g.shop_id) as unit:
        reader = _reader(unit, _language_of(unit, wish))
        if wish is not None:
            consents.stop(unit, wish)
    return show_result(reader, "sign_up.link_ended" if wish is None else "sign_up.stopped")


def _reader(unit: Unit, language: str | None, token: str | None = None) -> Reader:
    shop = this_shop(unit)
    return Reader(language_of(language or shop.locale), shop_name(shop), shop.proxy_path, shop.brand, token)


def _language_of(unit: Unit, wish: StopWish | None) -> str | None:
    if wish is None:
        return None
    subscription = unit.session.get(Subscription, (unit.shop_id, wish.order_id, wish.channel.value))
    if subscription is not None:
        return subscription.language
    order = unit.session.get(Order, (unit.shop_id, wish.order_id))
    return None if order is None else order.customer_locale


def _channel() -> Channel:
    try:
        return Channel(_field("channel"))
    except ValueError as error:
        raise BadInput(f"channel: one of {', '.join(Channel)}") from error


def _field(name: str) -> str:
    request.max_content_length = _MOST_BYTES
    return request.form.get(name, "")[:_LONGEST_TYPED]
