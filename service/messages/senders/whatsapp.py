"""Messages by the WhatsApp Cloud API (developers.facebook.com: Cloud API, messages, message templates).

WhatsApp delivers texts that it approved before: a template for each kind of notice, named `danke_<kind>`, whose
parameters are shop, order, link and stop link; and `danke_code`, an authentication template with the code.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from service.consents.addresses import Channel
from service.consents.channels import is_set_up
from service.kit.outgoing import Answer, Unreachable, call
from service.messages.console import send_to_console
from service.messages.notices.texts import one_line
from service.messages.senders.receipt_rules import Fared, Report, fared_by_word
from service.messages.senders.refusals import refusal
from service.outbox.delivery import NotNow
from service.settings import Settings

PROVIDER = "whatsapp"
CALLBACK_PATH = "/receipts/whatsapp"
CODE_TEMPLATE = "danke_code"
_VERSION = "v21.0"
_REFERENCE = re.compile(r"[\x21-\x7e]{1,128}")
_SHOP = re.compile(r"[1-9][0-9]{0,8}")
_LONGEST_CODE = 32
# throughput reached, too many messages to one number, service overloaded, account being moved, token ended
_RETRY_LATER_CODES = {4, 80007, 130429, 131048, 131056, 131057, 131016, 190}


def notice_template(kind: str) -> str:
    """Name of the template of a kind of notice."""
    return f"danke_{kind}"


def send_whatsapp(
    settings: Settings,
    number: str,
    template: str,
    language: str,
    parameters: Sequence[str],
    shop_id: int,
    hand_over: Callable[[], None],
) -> str:
    """Send a template with its parameters to `number` (E.164); returns WhatsApp's id of the message.

    Raises NotNow where WhatsApp surely did not accept, Never where it refuses for good, NoAnswer where nobody knows.
    """
    if not is_set_up(settings, Channel.WHATSAPP):
        return send_to_console(settings, template, number, "whatsapp_not_set_up", hand_over)
    hand_over()
    try:
        answer = call(
            "POST",
            f"{settings.whatsapp_base_url}/{_VERSION}/{settings.whatsapp_phone_id}/messages",
            headers={"Authorization": f"Bearer {settings.whatsapp_token}"},
            json=_message(number, template, language, parameters, shop_id),
        )
    except Unreachable as error:
        raise NotNow(str(error), code="provider_unreachable", provider="WhatsApp") from error
    return _read_answer(answer)


def read_statuses(sent: Any) -> dict[int, list[Report]]:
    """Shop -> reports of a call to `CALLBACK_PATH`; whatever is no status of a message of ours is left out."""
    reports: dict[int, list[Report]] = {}
    for status in _statuses(sent):
        fared, shop = fared_by_word(str(status.get("status"))), str(status.get("biz_opaque_callback_data"))
        reference = str(status.get("id"))
        if fared is None or not _REFERENCE.fullmatch(reference) or not _SHOP.fullmatch(shop):
            continue
        errors = [each.get("code") for each in _dicts(status.get("errors"))]
        error = str(errors[0])[:_LONGEST_CODE] if errors and fared is Fared.FAILED else None
        reports.setdefault(int(shop), []).append(Report(reference, fared, error))
    return reports


def _statuses(sent: Any) -> list[dict[str, Any]]:
    entries = _dicts(sent.get("entry")) if isinstance(sent, dict) else []
    changes = [change for entry in entries for change in _dicts(entry.get("changes"))]
    values = [change["value"] for change in changes if isinstance(change.get("value"), dict)]
    return [status for value in values for status in _dicts(value.get("statuses"))]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _message(
    number: str, template: str, language: str, parameters: Sequence[str], shop_id: int
) -> dict[str, Any]:
    texts = [{"type": "text", "text": one_line(parameter)} for parameter in parameters]
    components: list[dict[str, Any]] = [{"type": "body", "parameters": texts}]
    if template == CODE_TEMPLATE:
        # an authentication template's button copies the code
        components.append({"type": "button", "sub_type": "url", "index": "0", "parameters": texts})
    return {
        "messaging_product": "whatsapp",
        "to": number.removeprefix("+"),
        "type": "template",
        "template": {"name": template, "language": {"code": language}, "components": components},
        # comes back with every receipt
        "biz_opaque_callback_data": str(shop_id),
    }


def _read_answer(answer: Answer) -> str:
    said = answer.json()
    said = said if isinstance(said, dict) else {}
    reference = _first_id(said)
    if 200 <= answer.status < 300 and reference:
        return reference
    error = said.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    words = f"WhatsApp {answer.status} {code if isinstance(code, int) else ''}".strip()
    if code in _RETRY_LATER_CODES:
        raise NotNow(words, code="provider_busy", provider="WhatsApp")
    raise refusal(answer.status, words, "WhatsApp")


def _first_id(said: dict[str, Any]) -> str | None:
    messages = said.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    reference = first.get("id") if isinstance(first, dict) else None
    return reference if isinstance(reference, str) else None
