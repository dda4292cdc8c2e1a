"""Mail over SMTP, split at the point of no return: everything before the message's last byte can be repeated,
what comes after can't."""

import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP as CRLF_POLICY
from urllib.parse import unquote, urlsplit

from service.outbox.delivery import Never, NotNow

_SECONDS = 20.0
_READY_FOR_DATA = 354
_ACCEPTED = 250
_ENHANCED_CODE = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")
_DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def send_mail(smtp_url: str, message: EmailMessage, hand_over: Callable[[], None]) -> str:
    """Send `message` to its one recipient; returns the server's code.

    Raises NotNow where the server surely did not accept (connection, 4xx), Never on a 5xx refusal; any other
    exception after `hand_over` means that nobody knows.
    """
    try:
        connection = _connect(smtp_url)
    except smtplib.SMTPAuthenticationError as error:
        raise NotNow(f"SMTP login refused: {error}", code="mail_login_refused") from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotNow(f"no SMTP connection: {error}", code="mail_server_away") from error
    try:
        _announce(connection, message)
        hand_over()
        connection.send(_as_data(message))
        code, reply = connection.getreply()
        _refuse_unless(code == _ACCEPTED, code, reply)
        return str(code)
    finally:
        connection.close()


def _connect(smtp_url: str) -> smtplib.SMTP:
    parts = urlsplit(smtp_url)
    host, port = parts.hostname or "127.0.0.1", parts.port or _DEFAULT_PORTS[parts.scheme]
    connection: smtplib.SMTP
    if parts.scheme == "smtps":
        connection = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=ssl.create_default_context())
    else:
        connection = smtplib.SMTP(host, port, timeout=_SECONDS)
    try:
        if parts.scheme == "smtp+starttls":
            connection.starttls(context=ssl.create_default_context())
        if parts.username:
            connection.login(unquote(parts.username), unquote(parts.password or ""))
        connection.ehlo_or_helo_if_needed()
    except BaseException:
        connection.close()
        raise
    return connection


def _announce(connection: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        code, reply = connection.mail(message["From"].addresses[0].addr_spec)
        _refuse_unless(code == _ACCEPTED, code, reply)
        code, reply = connection.rcpt(message["To"].addresses[0].addr_spec)
        _refuse_unless(code == _ACCEPTED, code, reply)
        code, reply = connection.docmd("DATA")
        _refuse_unless(code == _READY_FOR_DATA, code, reply)
    except (OSError, smtplib.SMTPException) as error:
        raise NotNow(f"SMTP connection broke: {error}", code="mail_server_away") from error


def _refuse_unless(accepted: bool, code: int, reply: bytes) -> None:
    if accepted:
        return
    # servers like to repeat the address in their sentence; the codes say enough
    enhanced = _ENHANCED_CODE.match(reply)
    text = f"SMTP {code} {enhanced[0].decode('ascii') if enhanced else ''}".strip()
    answer = text.removeprefix("SMTP ")
    if 500 <= code < 600:
        raise Never(text, code="mail_refused", answer=answer)
    raise NotNow(text, code="mail_refused_now", answer=answer)


def _as_data(message: EmailMessage) -> bytes:
    lines = message.as_bytes(policy=CRLF_POLICY).split(b"\r\n")
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return stuffed.rstrip(b"\r\n") + b"\r\n.\r\n"
