"""Sign up for messages about an order: the proof that is asked for leaves the house as an effect, once per wish."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from service.access.lookup_budgets import count_sign_up
from service.access.private_links import shop_url
from service.consents import operations as consents
from service.consents.addresses import Channel
from service.consents.channels import is_set_up, usable_channels
from service.consents.models import Subscription
from service.consents.queries import PENDING
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.runtime import Runtime
from service.kit.texts import catalogue
from service.messages.console import send_to_console
from service.messages.letters import Letter, render_letter
from service.messages.mails import add_content, add_reply_address, new_mail
from service.messages.models import MessageSettings
from service.messages.queries import sends_notices, shop_name
from service.messages.senders.sms import send_sms
from service.messages.senders.smtp import send_mail
from service.messages.senders.whatsapp import CODE_TEMPLATE, send_whatsapp
from service.outbox import operations as outbox
from service.outbox.delivery import Effect, NoLongerWanted
from service.settings import Settings
from service.shops.queries import is_installed, this_shop

OPT_IN_MAIL = "opt_in_mail"
OPT_IN_CODE = "opt_in_code"
CONFIRM_PAGE = "track/confirm"

_TEXTS = catalogue("service.messages")


def offered_channels(unit: Unit, settings: Settings) -> tuple[Channel, ...]:
    """The channels on which shoppers of this shop can sign up: none while the merchant has no notice switched on."""
    return usable_channels(settings) if sends_notices(unit) else ()


def ask_to_sign_up(
    unit: Unit, cipher: Cipher, order_id: int, channel: Channel, address: str, language: str
) -> bool:
    """Note the wish and decide the message that asks for its proof; False where the budgets are used up.

    True also where this address is signed up already and nothing is sent. `address` is as `read_address` gave it.
    """
    if not count_sign_up(unit, cipher, order_id, channel.value, address):
        return False
    subscription = consents.ask(unit, cipher, order_id, channel, address, language)
    if subscription is not None:
        asked_at = subscription.asked_at.isoformat()
        kind = OPT_IN_MAIL if channel is Channel.EMAIL else OPT_IN_CODE
        details = {"order_id": order_id, "channel": channel.value, "asked_at": asked_at}
        outbox.decide(unit, kind, f"{order_id}:{channel.value}:{asked_at}", details)
    return True


def send_opt_in_mail(runtime: Runtime, effect: Effect, hand_over: Callable[[], None]) -> str:
    """Sender of `opt_in_mail`: the link that proves an e-mail address."""
    settings = runtime.settings
    with runtime.database.reading(effect.shop_id) as unit:
        subscription = _read_pending(unit, effect)
        shop = this_shop(unit)
        stored = unit.session.get(MessageSettings, unit.shop_id)
    address = runtime.cipher.decrypt(subscription.address_encrypted)
    if not is_set_up(settings, Channel.EMAIL):
        return send_to_console(settings, effect.kind, address, "mail_not_set_up", hand_over)
    proof = consents.proof_of(runtime.cipher, subscription)
    link = f"{shop_url(settings, shop)}{shop.proxy_path}/{CONFIRM_PAGE}?c={proof}"
    letter = write_opt_in(subscription.language, shop_name(shop), shop.brand, link)
    message = new_mail(
        to=address,
        sender=letter.shop_name,
        mail_from=settings.mail_from,
        subject=letter.subject,
        key=effect.key,
    )
    add_reply_address(message, stored.reply_to if stored else None)
    add_content(message, render_letter(letter))
    return send_mail(settings.smtp_url, message, hand_over)


def send_opt_in_code(runtime: Runtime, effect: Effect, hand_over: Callable[[], None]) -> str:
    """Sender of `opt_in_code`: six digits to a telephone, by SMS or WhatsApp."""
    with runtime.database.reading(effect.shop_id) as unit:
        subscription = _read_pending(unit, effect)
        name = shop_name(this_shop(unit))
    number = runtime.cipher.decrypt(subscription.address_encrypted)
    code, language = consents.proof_of(runtime.cipher, subscription), subscription.language
    if subscription.channel == Channel.SMS:
        text = _TEXTS.text(language, "opt_in.code", code=code, shop=name)
        return send_sms(runtime.settings, effect.kind, number, text, effect.shop_id, hand_over)
    return send_whatsapp(runtime.settings, number, CODE_TEMPLATE, language, [code], effect.shop_id, hand_over)


def write_opt_in(language: str, name: str, brand: Mapping[str, Any], link: str) -> Letter:
    """The mail that asks to confirm an address. It tells a stranger nothing of the order."""
    return Letter(
        language=language,
        shop_name=name,
        subject=_TEXTS.text(language, "opt_in.subject", shop=name),
        paragraphs=(
            _TEXTS.text(language, "opt_in.question", shop=name),
            _TEXTS.text(language, "opt_in.otherwise"),
        ),
        button=_TEXTS.text(language, "opt_in.button"),
        link=link,
        signature=(name,),
        why=_TEXTS.text(language, "opt_in.why"),
        accent=brand.get("accent"),
    )


def _read_pending(unit: Unit, effect: Effect) -> Subscription:
    if not is_installed(this_shop(unit)):
        raise NoLongerWanted("uninstalled")
    key = (unit.shop_id, effect.details["order_id"], effect.details["channel"])
    subscription = unit.session.get(Subscription, key)
    asked_at = datetime.fromisoformat(effect.details["asked_at"])
    if subscription is None or subscription.state != PENDING or subscription.asked_at != asked_at:
        raise NoLongerWanted("this wish was replaced, fulfilled or erased")
    if subscription.proof_expires_at is None or subscription.proof_expires_at <= clock.now():
        raise NoLongerWanted("it is too late to confirm this wish")
    return subscription
