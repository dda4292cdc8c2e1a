"""The mail that somebody asked for on the tracking page: the private link to an order, to the order's own address."""

from collections.abc import Callable
from email.message import EmailMessage

from service.access.private_links import VALID_FOR, private_link, shop_url
from service.consents.addresses import Channel
from service.consents.channels import is_set_up
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.runtime import Runtime
from service.kit.texts import catalogue
from service.kit.wording import language_of
from service.messages.console import send_to_console
from service.messages.letters import Letter, render_letter
from service.messages.mails import add_content, add_reply_address, new_mail
from service.messages.models import MessageSettings
from service.messages.senders.smtp import send_mail
from service.outbox import operations as outbox
from service.outbox.delivery import Effect, NoLongerWanted
from service.purchases.models import Order
from service.shops.queries import is_installed, this_shop

LINK_MAIL = "link_mail"

_TEXTS = catalogue("service.messages")


def decide_link_mail(unit: Unit, order_id: int) -> bool:
    """Decide the mail, once a minute at most; who may ask how often is counted by the caller."""
    key = f"order:{order_id}:{clock.now():%Y-%m-%dT%H:%M}"
    return outbox.decide(unit, LINK_MAIL, key, {"order_id": order_id})


def send_link_mail(runtime: Runtime, effect: Effect, hand_over: Callable[[], None]) -> str:
    """Sender of `link_mail`. Reads the order again: who was erased meanwhile gets no mail."""
    settings = runtime.settings
    with runtime.database.reading(effect.shop_id) as unit:
        _, address = _read_order(unit, runtime.cipher, effect)
    if not is_set_up(settings, Channel.EMAIL):
        return send_to_console(settings, effect.kind, address, "mail_not_set_up", hand_over)
    with runtime.database.writing(effect.shop_id) as unit:
        message = compose_link_mail(unit, runtime, effect)
    return send_mail(settings.smtp_url, message, hand_over)


def compose_link_mail(unit: Unit, runtime: Runtime, effect: Effect) -> EmailMessage:
    """The mail in the order's language, with its private link. Raises NoLongerWanted where the order lost its address,
    and Never where the address can't be written to."""
    shop, (order, address) = this_shop(unit), _read_order(unit, runtime.cipher, effect)
    language = language_of(order.customer_locale or shop.locale)
    name = shop.brand.get("name") or shop.name or shop.domain
    letter = Letter(
        language=language,
        shop_name=name,
        subject=_TEXTS.text(language, "link_mail.subject", order=order.name, shop=name),
        paragraphs=(
            _TEXTS.text(language, "link_mail.answer", order=order.name),
            _TEXTS.text(language, "link_mail.validity", days=VALID_FOR.days),
        ),
        button=_TEXTS.text(language, "link_mail.button"),
        link=shop_url(runtime.settings, shop) + private_link(unit, runtime.cipher, order.id),
        signature=(name,),
        why=_TEXTS.text(language, "link_mail.why"),
        accent=shop.brand.get("accent"),
    )
    rendered = render_letter(letter)
    message = new_mail(
        to=address,
        sender=name,
        mail_from=runtime.settings.mail_from,
        subject=rendered.subject,
        key=effect.key,
    )
    settings = unit.session.get(MessageSettings, unit.shop_id)
    add_reply_address(message, settings.reply_to if settings else None)
    add_content(message, rendered)
    return message


def _read_order(unit: Unit, cipher: Cipher, effect: Effect) -> tuple[Order, str]:
    """The order and its address."""
    order = unit.session.get(Order, (unit.shop_id, effect.details["order_id"]))
    if not is_installed(this_shop(unit)) or order is None or order.email_encrypted is None:
        raise NoLongerWanted("the order is gone or has no address")
    return order, cipher.decrypt(order.email_encrypted)
