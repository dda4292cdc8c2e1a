"""What a notice says, in the words of its kind and language, about the facts that were known. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.kit.wording import write_day, write_days
from service.messages.letters import Letter
from service.messages.notices.texts import Text, describe_problem, fill_paragraphs, fill_subject

_BUTTONS = {"de": "Stand ansehen", "en": "See where it is"}
_REPLIES = {
    "de": "Wenn du eine Frage hast, antworte einfach auf diese Mail.",
    "en": "If you have a question, just reply to this mail.",
}
_STOPS = {"de": "Keine solchen Mails mehr", "en": "No more mails like this"}
_STOPS_IN_SHORT = {"de": "Abmelden", "en": "Stop"}
_REASONS = {
    "de": {
        "buyer": "Du bekommst diese Mail, weil du bei {shop} bestellt hast.",
        "subscriber": "Du bekommst diese Mail, weil du dich auf der Seite dieser Bestellung dafür eingetragen hast.",
    },
    "en": {
        "buyer": "You get this mail because you ordered at {shop}.",
        "subscriber": "You get this mail because you signed up for it on this order's page.",
    },
}


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
    signature = (setting.signed_by, setting.shop_name) if setting.signed_by else (setting.shop_name,)
    return Letter(
        language=language,
        shop_name=setting.shop_name,
        subject=fill_subject(text, values),
        paragraphs=tuple(fill_paragraphs(text, values)),
        button=_BUTTONS[language],
        link=setting.link,
        signature=(*([_REPLIES[language]] if setting.can_reply else []), *signature),
        why=_REASONS[language][setting.to].format(shop=setting.shop_name),
        stop=_STOPS[language],
        stop_link=setting.stop_link,
        note=note,
        accent=setting.brand.get("accent"),
    )


def write_short_notice(text: Text, setting: Setting) -> str:
    """The same in a text message: the subject, the link, and how to stop."""
    subject = fill_subject(text, _values({}, setting))
    stop = _STOPS_IN_SHORT[setting.language]
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
