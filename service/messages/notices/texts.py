"""Subject and text of each kind of notice: ours, or the merchant's own, with placeholders and no logic. Pure.

A text is paragraphs, separated by blank lines. A placeholder is replaced by its value; a paragraph with one whose value
is not known is left out, so that nothing is claimed that nobody knows. Nothing else between braces is taken.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from service.kit.errors import BadInput
from service.messages.notices.rules import NoticeKind

PLACEHOLDERS = (
    *("order", "shop", "link", "carrier", "expected", "missed", "problem"),
    "name_of_signer",
)
IN_SUBJECTS = ("order", "shop", "name_of_signer")
"""What is always known; a subject can't leave a paragraph out."""

MOST_SIGNS = 4_000
MOST_SUBJECT_SIGNS = 200
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_BRACE = re.compile(r"[{}]+[^{}]{0,40}")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


class BadText(BadInput):
    """A text that can't be sent as it stands; `placeholder` is what it holds that is not known, if that is why."""

    def __init__(self, message: str, placeholder: str | None = None) -> None:
        super().__init__(message)
        self.placeholder = placeholder


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and paragraphs with placeholders."""

    subject: str
    body: str


def check_text(subject: str, body: str) -> Text:
    """The text as it is stored: subject in one line, uniform line ends. Raises BadText (a BadInput)."""
    checked = Text(one_line(subject), body.replace("\r\n", "\n").replace("\r", "\n").strip())
    if not checked.subject or not checked.body:
        raise BadText("Subject and text must not be empty.")
    if len(checked.subject) > MOST_SUBJECT_SIGNS or len(checked.body) > MOST_SIGNS:
        raise BadText(f"At most {MOST_SUBJECT_SIGNS} characters of subject and {MOST_SIGNS} of text.")
    _check_placeholders(checked.subject, IN_SUBJECTS)
    _check_placeholders(checked.body, PLACEHOLDERS)
    return checked


def fill_subject(text: Text, values: Mapping[str, str | None]) -> str:
    """The subject with its values, in one line."""
    return one_line(_fill(text.subject, values))


def fill_paragraphs(text: Text, values: Mapping[str, str | None]) -> list[str]:
    """The paragraphs whose values are all known, filled."""
    paragraphs = _BLANK_LINES.split(text.body.strip())
    return [_fill(paragraph, values) for paragraph in paragraphs if _is_known(paragraph, values)]


def one_line(text: str) -> str:
    """`text` without line breaks and without control characters, fit for a header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def default_text(kind: NoticeKind, language: str) -> Text:
    """Our own text (`de` or `en`)."""
    return _DEFAULTS[language][kind]


def describe_problem(reason: str | None, language: str) -> str | None:
    """What went wrong, as a sentence, by the stage that an exception stands for; None for any other."""
    return _PROBLEMS[language].get(reason or "")


def _check_placeholders(text: str, known: tuple[str, ...]) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in known:
            raise BadText(
                f"{{{{{name}}}}} is not known here. Known are {', '.join(known)}.", f"{{{{{name}}}}}"
            )
    rest = _BRACE.search(_PLACEHOLDER.sub("", text))
    if rest:
        raise BadText(f"Braces stand around placeholders only: {rest[0]}", rest[0])


def _is_known(paragraph: str, values: Mapping[str, str | None]) -> bool:
    return all(values.get(name) for name in _PLACEHOLDER.findall(paragraph))


def _fill(text: str, values: Mapping[str, str | None]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1]) or "", text)


_STATE_DE = "Den Stand siehst du jederzeit auf der Seite deiner Bestellung, ohne Anmeldung."
_STATE_EN = "You can see where things stand on your order's page at any time, without logging in."

_DEFAULTS = {
    "de": {
        NoticeKind.SHIPPED: Text(
            "Deine Bestellung {{order}} ist unterwegs",
            "Eine Sendung aus deiner Bestellung {{order}} ist unterwegs zu dir.\n\n"
            "Sie reist mit {{carrier}}.\n\nErwartete Zustellung: {{expected}}.\n\n" + _STATE_DE,
        ),
        NoticeKind.OUT_FOR_DELIVERY: Text(
            "Deine Bestellung {{order}} wird heute zugestellt",
            "Eine Sendung aus deiner Bestellung {{order}} ist im Zustellfahrzeug. Die Zustellung ist für heute "
            "geplant.\n\nEs bringt sie {{carrier}}.\n\n" + _STATE_DE,
        ),
        NoticeKind.DELIVERED: Text(
            "Deine Bestellung {{order}} ist zugestellt",
            "Eine Sendung aus deiner Bestellung {{order}} ist zugestellt.\n\n"
            "Du findest sie nicht? Auf der Seite deiner Bestellung steht, was gemeldet wurde und wie du uns erreichst.",
        ),
        NoticeKind.NOT_SHIPPED: Text(
            "Deine Bestellung {{order}} ist noch nicht verschickt",
            "Deine Bestellung {{order}} ist noch bei uns. Das dauert länger als geplant, es tut uns leid.\n\n"
            "Erwartete Zustellung jetzt: {{expected}}.\n\n" + _STATE_DE,
        ),
        NoticeKind.DELAYED: Text(
            "Deine Bestellung {{order}} kommt später",
            "Eine Sendung aus deiner Bestellung {{order}} verspätet sich. Das tut uns leid.\n\n"
            "Erwartet hatten wir sie: {{missed}}.\n\nErwartete Zustellung jetzt: {{expected}}.\n\n"
            "Wir behalten die Sendung im Blick. " + _STATE_DE,
        ),
        NoticeKind.STALLED: Text(
            "Deine Bestellung {{order}} kommt gerade nicht voran",
            "Von einer Sendung aus deiner Bestellung {{order}} haben wir länger nichts gehört als üblich. "
            "Das tut uns leid.\n\nUnterwegs ist sie mit {{carrier}}.\n\n"
            "Wo sie gerade ist, wissen wir nicht. Was du jetzt tun kannst und wie du uns erreichst, steht auf der "
            "Seite deiner Bestellung.",
        ),
        NoticeKind.ATTEMPT_FAILED: Text(
            "Deine Bestellung {{order}} konnte nicht zugestellt werden",
            "Eine Sendung aus deiner Bestellung {{order}} konnte nicht zugestellt werden.\n\n"
            "Gemeldet hat das {{carrier}}.\n\n"
            "Wie es mit ihr weitergeht, steht auf der Seite deiner Bestellung.",
        ),
        NoticeKind.PICKUP_READY: Text(
            "Deine Bestellung {{order}} liegt zur Abholung bereit",
            "Eine Sendung aus deiner Bestellung {{order}} liegt an einem Abholort für dich bereit.\n\n"
            "Gebracht hat sie {{carrier}}.\n\n"
            "Was über den Abholort gemeldet ist, steht auf der Seite deiner Bestellung.",
        ),
        NoticeKind.YOUR_TURN: Text(
            "Deine Bestellung {{order}} braucht etwas von dir",
            "Eine Sendung aus deiner Bestellung {{order}} geht ohne dich nicht weiter.\n\n"
            "{{problem}}\n\nUnterwegs ist sie mit {{carrier}}.\n\n"
            "Was du jetzt tun kannst, steht auf der Seite deiner Bestellung.",
        ),
        NoticeKind.EXCEPTION: Text(
            "Mit deiner Bestellung {{order}} gibt es ein Problem",
            "Eine Sendung aus deiner Bestellung {{order}} erreicht dich so nicht. Das tut uns leid.\n\n"
            "{{problem}}\n\nUnterwegs war sie mit {{carrier}}.\n\n"
            "Was du jetzt tun kannst und wie du uns erreichst, steht auf der Seite deiner Bestellung.",
        ),
    },
    "en": {
        NoticeKind.SHIPPED: Text(
            "Your order {{order}} is on its way",
            "A parcel from your order {{order}} is on its way to you.\n\n"
            "It travels with {{carrier}}.\n\nExpected delivery: {{expected}}.\n\n" + _STATE_EN,
        ),
        NoticeKind.OUT_FOR_DELIVERY: Text(
            "Your order {{order}} is out for delivery today",
            "A parcel from your order {{order}} is in the delivery vehicle. Delivery is planned for today.\n\n"
            "It comes with {{carrier}}.\n\n" + _STATE_EN,
        ),
        NoticeKind.DELIVERED: Text(
            "Your order {{order}} is delivered",
            "A parcel from your order {{order}} is delivered.\n\n"
            "Can't find it? Your order's page says what was reported and how to reach us.",
        ),
        NoticeKind.NOT_SHIPPED: Text(
            "Your order {{order}} has not been shipped yet",
            "Your order {{order}} is still with us. This takes longer than planned, we are sorry.\n\n"
            "Expected delivery now: {{expected}}.\n\n" + _STATE_EN,
        ),
        NoticeKind.DELAYED: Text(
            "Your order {{order}} will arrive later",
            "A parcel from your order {{order}} is late. We are sorry.\n\n"
            "We had expected it: {{missed}}.\n\nExpected delivery now: {{expected}}.\n\n"
            "We are keeping an eye on it. " + _STATE_EN,
        ),
        NoticeKind.STALLED: Text(
            "Your order {{order}} is not moving at the moment",
            "We have not heard of a parcel from your order {{order}} for longer than usual. We are sorry.\n\n"
            "It is travelling with {{carrier}}.\n\n"
            "Where it is now, we do not know. Your order's page says what you can do and how to reach us.",
        ),
        NoticeKind.ATTEMPT_FAILED: Text(
            "Your order {{order}} could not be delivered",
            "A parcel from your order {{order}} could not be delivered.\n\n"
            "This was reported by {{carrier}}.\n\nYour order's page says what happens with it next.",
        ),
        NoticeKind.PICKUP_READY: Text(
            "Your order {{order}} is ready for pickup",
            "A parcel from your order {{order}} is waiting for you at a pickup point.\n\n"
            "It was brought there by {{carrier}}.\n\n"
            "What was reported about the pickup point is on your order's page.",
        ),
        NoticeKind.YOUR_TURN: Text(
            "Your order {{order}} needs something from you",
            "A parcel from your order {{order}} does not move on without you.\n\n"
            "{{problem}}\n\nIt is travelling with {{carrier}}.\n\n"
            "Your order's page says what you can do now.",
        ),
        NoticeKind.EXCEPTION: Text(
            "There is a problem with your order {{order}}",
            "A parcel from your order {{order}} will not reach you like this. We are sorry.\n\n"
            "{{problem}}\n\nIt was travelling with {{carrier}}.\n\n"
            "Your order's page says what you can do now and how to reach us.",
        ),
    },
}

_PROBLEMS = {
    "de": {
        "your_turn": "Sie wartet auf etwas von dir, zum Beispiel auf eine Angabe zur Adresse oder für den Zoll.",
        "going_back": "Sie ist auf dem Weg zurück zu uns.",
        "lost": "Sie ist als verloren gemeldet.",
        "damaged": "Sie ist als beschädigt gemeldet.",
        "refused": "Gemeldet ist, dass die Annahme verweigert wurde.",
        "failed": "Warum, ist nicht gemeldet.",
    },
    "en": {
        "your_turn": "It is waiting for something from you, such as a detail of the address or for customs.",
        "going_back": "It is on its way back to us.",
        "lost": "It is reported as lost.",
        "damaged": "It is reported as damaged.",
        "refused": "It is reported that it was not accepted.",
        "failed": "Why is not reported.",
    },
}
