"""An SMTP server that keeps what it accepts, and can be told to refuse or to lose its answer."""

import email
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOST = "lost"
"""An answer that says: accepted, but nobody will ever hear of it."""

_SECONDS_TO_FINISH = 5.0


class _PatientSMTP(SMTP):
    def connection_lost(self, error: Exception | None) -> None:
        # a real server keeps a message whose last dot it has read, even when nobody waits for the answer;
        # aiosmtpd would cancel its handler at once
        self.loop.call_later(_SECONDS_TO_FINISH, super().connection_lost, error)


class MailCatcher(Controller):
    """Accepts everything unless `answer` says otherwise; `messages` holds what was accepted."""

    def __init__(self, port: int) -> None:
        self.messages: list[EmailMessage] = []
        self.answer: Callable[[Envelope], str] = lambda envelope: "250 OK"
        super().__init__(self, hostname="127.0.0.1", port=port)

    def factory(self) -> SMTP:
        return _PatientSMTP(self.handler)

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answer(envelope)
        if answer == LOST or answer.startswith("250"):
            message = email.message_from_bytes(envelope.original_content or b"", policy=default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
        if answer == LOST:
            server.transport.close()
            return "250 OK"
        return answer

    def counts_by_recipient(self) -> Counter[str]:
        """How many mails each address got."""
        return Counter(str(message["To"]) for message in self.messages)
