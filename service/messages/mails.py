"""A mail's headers, safe against what people typed into names and texts."""

from email.headerregistry import Address
from email.message import EmailMessage

from service.messages.letters import Rendered
from service.messages.notices.texts import one_line
from service.outbox.delivery import Never


def new_mail(*, to: str, sender: str, mail_from: str, subject: str, key: str) -> EmailMessage:
    """A mail without content to one address; its Message-ID follows from `key`, so that every try has the same.

    `sender` is the name that is shown for `mail_from`. Raises Never where the address can't be written to.
    """
    message = EmailMessage()
    try:
        message["To"] = Address(addr_spec=to)
        to.encode("ascii")
    except (ValueError, IndexError) as error:
        raise Never("the e-mail address can't be written to", code="address_unwritable") from error
    message["From"] = Address(one_line(sender), addr_spec=mail_from)
    message["Subject"] = one_line(subject)
    message["Message-ID"] = f"<{key.replace(':', '.')}@{mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    return message


def add_content(message: EmailMessage, rendered: Rendered) -> None:
    """Plain text, and HTML as the alternative to it."""
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")


def add_reply_address(message: EmailMessage, reply_to: str | None) -> None:
    """Where answers go, if the merchant said so."""
    if reply_to:
        message["Reply-To"] = Address(addr_spec=reply_to)


def add_one_click_stop(message: EmailMessage, stop_link: str) -> None:
    """The headers of RFC 8058: a mail program's own button stops these mails by one bare POST to `stop_link`."""
    message["List-Unsubscribe"] = f"<{stop_link}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
