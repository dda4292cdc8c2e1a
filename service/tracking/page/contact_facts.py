"""How a reader reaches people, where a contract is withdrawn from, and which questions are answered already. Pure."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from service.tracking.page.wording import Wording, usual_questions

_CONTACT_PAGE = "/pages/contact"


class Contact(Protocol):
    """How the merchant can be reached, and where a contract is withdrawn from (`TrackingSettings` has it)."""

    contact_email: str | None
    contact_phone: str | None
    withdrawal_url: str | None
    shows_products: bool
    texts: dict[str, dict[str, list[dict[str, str]]]]


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Links to people and to the withdrawal function; `page` is where neither address nor number is known."""

    mail: str | None
    phone: str | None
    phone_words: str
    page: str | None
    withdrawal: str


def contact_facts(words: Wording, settings: Contact, order: str | None) -> ContactFacts:
    """How to reach the merchant, with the order's number filled in; `order` None where no order is shown.

    Where the merchant gave no address of the withdrawal function, its link leads to the contact.
    """
    mail = _mail_link(words, settings, "contact.subject", order)
    page = None if mail or settings.contact_phone else _CONTACT_PAGE
    withdrawal = safe_link(settings.withdrawal_url) or _mail_link(words, settings, "withdraw.subject", order)
    return ContactFacts(
        mail=mail,
        phone=_phone_link(settings.contact_phone),
        phone_words=words.text("contact.phone", phone=settings.contact_phone or ""),
        page=page,
        withdrawal=withdrawal or _CONTACT_PAGE,
    )


def questions(settings: Contact, language: str) -> tuple[tuple[str, str], ...]:
    """The merchant's questions and answers in that language, else ours."""
    own = (settings.texts or {}).get(language, {}).get("faq", [])
    return tuple((pair["question"], pair["answer"]) for pair in own) or usual_questions(language)


def _mail_link(words: Wording, settings: Contact, key: str, order: str | None) -> str | None:
    if not settings.contact_email:
        return None
    subject = words.text(key, order=order) if order else words.text(f"{key}.none")
    return f"mailto:{quote(settings.contact_email, safe='@')}?subject={quote(subject, safe='')}"


def _phone_link(phone: str | None) -> str | None:
    digits = "".join(sign for sign in phone or "" if sign.isdigit() or sign == "+")
    return f"tel:{digits}" if digits else None


def https_link(url: str | None) -> str:
    return url if url and url.startswith("https://") else ""


def safe_link(url: str | None) -> str:
    """An https address or a path of the shop; nothing else may become a link."""
    is_path = url is not None and url.startswith("/") and not url.startswith(("//", "/\\"))
    return url or "" if is_path else https_link(url)
