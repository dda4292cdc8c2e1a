"""Outbox kind -> sender."""

from service.messages.operations import THANK_YOU
from service.messages.thank_you import send_thank_you
from service.outbox.delivery import Sender

SENDERS: dict[str, Sender] = {
    THANK_YOU: send_thank_you,
}
