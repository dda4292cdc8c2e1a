"""Text messages by Twilio's HTTP API (twilio.com: Messages resource, request validation)."""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping

from service.consents.addresses import Channel
from service.consents.channels import is_set_up
from service.kit.outgoing import Answer, Unreachable, call
from service.messages.console import send_to_console
from service.messages.senders.receipt_rules import Fared, Report, fared_by_word
from service.messages.senders.refusals import refusal
from service.outbox.delivery import NoLongerWanted, NotNow
from service.settings import Settings

PROVIDER = "twilio"
CALLBACK_PATH = "/receipts/twilio"
_REFERENCE = re.compile(r"[A-Za-z0-9]{1,64}")
_TOLD_TO_STOP = 21610


def send_sms(
    settings: Settings, kind: str, number: str, text: str, shop_id: int, hand_over: Callable[[], None]
) -> str:
    """Send `text` to `number` (E.164); returns Twilio's id of the message.

    Raises NotNow where Twilio surely did not accept, Never where it refuses for good, NoLongerWanted where the
    recipient told Twilio to stop, and NoAnswer where nobody knows.
    """
    if not is_set_up(settings, Channel.SMS):
        return send_to_console(settings, kind, number, "sms_not_set_up", hand_over)
    hand_over()
    try:
        answer = call(
            "POST",
            f"{settings.twilio_base_url}/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages.json",
            headers={"Authorization": _authorization(settings)},
            form={
                "To": number,
                "From": settings.twilio_from,
                "Body": text,
                "StatusCallback": f"{settings.shopify_app_url}{CALLBACK_PATH}?shop={shop_id}",
            },
        )
    except Unreachable as error:
        raise NotNow(str(error), code="provider_unreachable", provider="Twilio") from error
    return _read_answer(answer)


def is_from_twilio(auth_token: str, url: str, form: Mapping[str, str], given: str) -> bool:
    """Whether `given` (X-Twilio-Signature) signs the request: HMAC-SHA1 over its address and sorted form fields."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    right = b64encode(hmac.digest(auth_token.encode("utf-8"), signed.encode("utf-8"), "sha1"))
    return bool(auth_token) and hmac.compare_digest(right, given.encode("utf-8", "replace"))


def read_status(form: Mapping[str, str]) -> Report | None:
    """What a call to `CALLBACK_PATH` says; None where it says nothing yet."""
    reference, fared = form.get("MessageSid", ""), fared_by_word(form.get("MessageStatus", ""))
    if fared is None or not _REFERENCE.fullmatch(reference):
        return None
    code = form.get("ErrorCode", "")
    return Report(reference, fared, code if fared is Fared.FAILED and code.isdecimal() else None)


def _read_answer(answer: Answer) -> str:
    said = answer.json()
    said = said if isinstance(said, dict) else {}
    if 200 <= answer.status < 300 and isinstance(said.get("sid"), str):
        return str(said["sid"])
    code = said.get("code")
    # its sentence repeats the number; the codes say enough
    words = f"Twilio {answer.status} {code if isinstance(code, int) else ''}".strip()
    if code == _TOLD_TO_STOP:
        raise NoLongerWanted(f"the recipient told the provider to stop: {words}")
    raise refusal(answer.status, words, "Twilio")


def _authorization(settings: Settings) -> str:
    pair = f"{settings.twilio_account_sid}:{settings.twilio_auth_token}"
    return f"Basic {b64encode(pair.encode('utf-8')).decode('ascii')}"
