"""What Shopify tells us about the shop, and whether all of it was taken in."""

from service.admin.failures import describe_failure
from service.admin.section import Section, State, View, Viewer
from service.inbox.operations import KEEP_DEAD, KEEP_DONE
from service.inbox.queries import figures, latest_given_up
from service.kit.database import Unit

_SHOWN_REASONS = 5


def read_webhooks(unit: Unit, viewer: Viewer) -> View:
    """How many messages are done, open and given up, and why."""
    counts = figures(unit)
    given_up = latest_given_up(unit, _SHOWN_REASONS)
    facts = {
        "done": counts.done,
        "open": counts.open,
        "given_up": counts.given_up,
        "reasons": [(one, describe_failure(one.error, viewer.words)) for one in given_up],
        "done_days": KEEP_DONE.days,
        "dead_days": KEEP_DEAD.days,
    }
    return View(_state(counts.done + counts.open, counts.given_up), facts, is_live=counts.open > 0)


def _state(alive: int, given_up: int) -> State:
    if given_up:
        return State.ATTENTION
    return State.GOOD if alive else State.WAITING


SECTION = Section(
    key="webhooks", title="webhooks.title", template="sections/webhooks.html", read=read_webhooks
)
