"""The thank-you mail: one per new order, with the link to its status and nothing else to sell."""

from collections.abc import Callable
from email.message import EmailMessage

from jinja2 import Environment, PackageLoader, select_autoescape

from service.consents.addresses import Channel
from service.consents.channels import is_set_up
from service.kit.runtime import Runtime
from service.kit.texts import catalogue
from service.kit.wording import language_of
from service.messages.mails import new_mail
from service.messages.queries import OrderContact, order_contact, thank_you_is_on
from service.messages.senders.smtp import send_mail
from service.outbox.delivery import Effect, NoLongerWanted, NotNow

_TEXTS = catalogue("service.messages")
_templates = Environment(loader=PackageLoader("service.messages"), autoescape=select_autoescape(["html"]))


def send_thank_you(runtime: Runtime, effect: Effect, hand_over: Callable[[], None]) -> str:
    """Sender of `thank_you_mail`. Reads the order again: who was erased meanwhile gets no mail."""
    settings = runtime.settings
    if not is_set_up(settings, Channel.EMAIL):
        raise NotNow("no mail server is set up", code="mail_not_set_up")
    with runtime.database.reading(effect.shop_id) as unit:
        if not thank_you_is_on(unit):
            raise NoLongerWanted("switched off")
        contact = order_contact(unit, runtime.cipher, effect.details["order_id"])
    if contact is None:
        raise NoLongerWanted("the order is gone, cancelled or has no address")
    message = compose(contact, settings.mail_from, effect.key)
    return send_mail(settings.smtp_url, message, hand_over)


def compose(contact: OrderContact, mail_from: str, key: str) -> EmailMessage:
    """The mail for one order, in German or English; its Message-ID is the same on every try.

    Raises Never where the address can't be written to.
    """
    language = language_of(contact.locale)
    values = {"contact": contact}
    subject = _TEXTS.text(language, "thank_you.subject", order=contact.order_name, shop=contact.shop_name)
    message = new_mail(
        to=contact.email, sender=contact.shop_name, mail_from=mail_from, subject=subject, key=key
    )
    message.set_content(_templates.get_template(f"thank_you.{language}.txt").render(values))
    message.add_alternative(
        _templates.get_template(f"thank_you.{language}.html").render(values), subtype="html"
    )
    return message
