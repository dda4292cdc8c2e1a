"""The senders of notices, one a channel. Each reads the notice again: what became wrong meanwhile doesn't leave."""

from collections.abc import Callable
from email.message import EmailMessage

from service.consents.addresses import Channel
from service.consents.channels import is_set_up
from service.kit.runtime import Runtime
from service.messages.console import send_to_console
from service.messages.letters import render_letter
from service.messages.mails import add_content, add_one_click_stop, add_reply_address, new_mail
from service.messages.notices.letters import write_notice, write_short_notice
from service.messages.notices.reading import Outgoing, read_notice
from service.messages.senders.sms import send_sms
from service.messages.senders.smtp import send_mail
from service.messages.senders.whatsapp import notice_template, send_whatsapp
from service.outbox.delivery import Effect

HandOver = Callable[[], None]


def send_notice_mail(runtime: Runtime, effect: Effect, hand_over: HandOver) -> str:
    """Sender of `notice_email`."""
    settings = runtime.settings
    notice = _read(runtime, effect, Channel.EMAIL)
    if not is_set_up(settings, Channel.EMAIL):
        return send_to_console(settings, effect.kind, notice.address, "mail_not_set_up", hand_over)
    return send_mail(settings.smtp_url, compose_notice(notice, settings.mail_from, effect.key), hand_over)


def send_notice_sms(runtime: Runtime, effect: Effect, hand_over: HandOver) -> str:
    """Sender of `notice_sms`."""
    notice = _read(runtime, effect, Channel.SMS)
    text = write_short_notice(notice.text, notice.setting)
    return send_sms(runtime.settings, effect.kind, notice.address, text, effect.shop_id, hand_over)


def send_notice_whatsapp(runtime: Runtime, effect: Effect, hand_over: HandOver) -> str:
    """Sender of `notice_whatsapp`."""
    notice = _read(runtime, effect, Channel.WHATSAPP)
    setting = notice.setting
    parameters = [setting.shop_name, setting.order_name, setting.link, setting.stop_link]
    template = notice_template(notice.kind)
    return send_whatsapp(
        runtime.settings, notice.address, template, setting.language, parameters, effect.shop_id, hand_over
    )


def compose_notice(notice: Outgoing, mail_from: str, key: str) -> EmailMessage:
    """The mail of a notice. Raises Never where the address can't be written to."""
    rendered = render_letter(write_notice(notice.text, notice.facts, notice.setting))
    message = new_mail(
        to=notice.address,
        sender=notice.setting.shop_name,
        mail_from=mail_from,
        subject=rendered.subject,
        key=key,
    )
    add_reply_address(message, notice.reply_to)
    add_one_click_stop(message, notice.setting.stop_link)
    add_content(message, rendered)
    return message


def _read(runtime: Runtime, effect: Effect, channel: Channel) -> Outgoing:
    with runtime.database.writing(effect.shop_id) as unit:
        return read_notice(unit, runtime, effect, channel)
