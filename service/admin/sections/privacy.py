"""What people asked about their data, what the merchant hands on to them, and what Danke keeps of people."""

from service.admin.section import Section, State, View, Viewer
from service.inbox.operations import KEEP_DEAD
from service.kit.database import Unit
from service.privacy.queries import (
    ANSWER_WITHIN,
    count_data_requests,
    count_tombstones,
    due_requests,
    latest_data_requests,
)

_SHOWN_REQUESTS = 50


def read_privacy(unit: Unit, viewer: Viewer) -> View:
    """The shop's data requests, and what is left of people who were erased.

    Danke does not learn whether a report was handed on, so it names a date until that has passed.
    """
    requests = latest_data_requests(unit, _SHOWN_REQUESTS)
    due = due_requests(unit)
    facts = {
        "requests": requests,
        "older": count_data_requests(unit) - len(requests),
        "answer_days": ANSWER_WITHIN.days,
        "tombstones": count_tombstones(unit),
        "payload_days": KEEP_DEAD.days,
    }
    if due.first_due_at is None:
        return View(State.GOOD, facts)
    need = viewer.words.text("privacy.due", count=due.count, when=viewer.words.date(due.first_due_at))
    return View(State.ATTENTION, facts, needs=(need,))


SECTION = Section(key="privacy", title="privacy.title", template="sections/privacy.html", read=read_privacy)
