"""What a notice says, in the words of its kind and language, about the facts that were known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.kit.texts import catalogue
from service.kit.wording import write_day, write_days
from service.messages.letters import Letter
from service.messages.notices.texts import Text, describe_problem, fill_paragraphs, fill_subject

_TEXTS = catalogue("service.messages")


@dataclass(frozen=True, slots=True)
class Setting:
    """Around what is said: who writes to whom about which order, and where the links lead (whole addresses)."""

    language: str
    order_name: str
    shop_name: str
    brand: Mapping[str, Any]
    signed_by: str | None
    can_reply: bool
    to: str
    link: str
    stop_link: str
    today: date


def write_notice(text: Text, facts: Mapping[str, str | None], setting: Setting, *, note: str = "") -> Letter:
    """The mail. `facts` as in `Happening`; dates that have passed are not expected any more. A `note` stands above."""
    language = setting.language
    values = _values(facts, setting)
    signed = (setting.signed_by, setting.shop_name) if setting.signed_by else (setting.shop_name,)
    reply = (_TEXTS.text(language, "notice.reply"),) if setting.can_reply else ()
    return Letter(
        language=language,
        shop_name=setting.shop_name,
        subject=fill_subject(text, values),
        paragraphs=tuple(fill_paragraphs(text, values)),
        button=_TEXTS.text(language, "notice.button"),
        link=setting.link,
        signature=reply + signed,
        why=_TEXTS.text(language, f"notice.why.{setting.to}", shop=setting.shop_name),
        stop=_TEXTS.text(language, "notice.stop"),
        stop_link=setting.stop_link,
        note=note,
        accent=setting.brand.get("accent"),
    )


def write_short_notice(text: Text, setting: Setting) -> str:
    """The same in a text message: the subject, the link, and how to stop."""
    subject = fill_subject(text, _values({}, setting))
    stop = _TEXTS.text(setting.language, "notice.stop_in_short")
    return f"{setting.shop_name}: {subject}. {setting.link}\n{stop}: {setting.stop_link}"


def _values(facts: Mapping[str, str | None], setting: Setting) -> dict[str, str | None]:
    language, today = setting.language, setting.today
    first, last = _day(facts.get("promised_from")), _day(facts.get("promised_until"))
    missed = _day(facts.get("missed_until"))
    is_ahead = last is not None and last >= today
    return {
        "order": setting.order_name,
        "shop": setting.shop_name,
        "link": setting.link,
        "carrier": facts.get("carrier"),
        "expected": write_days(max(first or last, today), last, language, today)
        if last and is_ahead
        else None,
        "missed": write_day(missed, language, today) if missed else None,
        "problem": describe_problem(facts.get("reason"), language),
        "name_of_signer": setting.signed_by or setting.shop_name,
    }


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text[:10])
