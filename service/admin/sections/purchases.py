"""The purchase history: what is stored, how far the import is, and how older orders come in."""

from dataclasses import dataclass

from service.admin.catalogue import Words
from service.admin.failures import describe_failure
from service.admin.section import Section, State, View, Viewer
from service.kit.database import Unit
from service.purchases.importing.history_import import DAYS_WITHOUT_ALL_ORDERS
from service.purchases.models import ImportKind, ImportState
from service.purchases.overview import HistoryOverview, history_overview
from service.purchases.queries import ImportStatus, import_status, is_importing
from service.shops.queries import scopes, this_shop
from service.shops.scopes import ALL_ORDERS, missing_scopes

_NAMES = {
    ImportKind.PRODUCTS: "purchases.import_products",
    ImportKind.CUSTOMERS: "purchases.import_customers",
    ImportKind.ORDERS: "purchases.import_orders",
    ImportKind.FILE: "purchases.import_file",
}
_ORDER = [kind.value for kind in _NAMES]
_ENDED = {ImportState.DONE, ImportState.FAILED}


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import in words. `done` of `total` rows while it is being read; total 0 = not known."""

    name: str
    sentence: str
    is_running: bool
    done: int
    total: int
    error: str


def read_purchases(unit: Unit, viewer: Viewer) -> View:
    """What is known of the shop's orders, products and customers."""
    overview = history_overview(unit)
    imports = sorted(import_status(unit), key=lambda one: _ORDER.index(one.kind))
    is_running = is_importing(unit) or any(one.state not in _ENDED for one in imports)
    facts = {
        "overview": overview,
        "imports": [describe_import(one, viewer.words) for one in imports],
        "days_limit": _days_limit(unit, imports),
        "is_running": is_running,
        "domain": this_shop(unit).domain,
    }
    missing = sorted(missing_scopes(scopes(unit)))
    if missing:
        need = viewer.words.text("purchases.missing_scopes", scopes=", ".join(missing))
        return View(State.ATTENTION, facts, is_live=is_running, needs=(need,))
    return View(_state(is_running, imports, overview), facts, is_live=is_running)


def _days_limit(unit: Unit, imports: list[ImportStatus]) -> int | None:
    """How many days back Shopify lets Danke see, None = all: as it is now, or was at the import."""
    if ALL_ORDERS not in scopes(unit):
        return DAYS_WITHOUT_ALL_ORDERS
    return next((one.days_limit for one in imports if one.days_limit is not None), None)


def describe_import(status: ImportStatus, words: Words) -> ImportLine:
    """How one import stands, as a sentence."""
    return ImportLine(
        name=words.text(_NAMES[ImportKind(status.kind)]),
        sentence=_sentence(status, words),
        is_running=status.state not in _ENDED,
        done=min(status.rows_done, status.rows_total),
        total=status.rows_total,
        error=describe_failure(status.error, words) if status.error else "",
    )


def _sentence(status: ImportStatus, words: Words) -> str:
    if status.state == ImportState.REQUESTED:
        return words.text("purchases.requested")
    if status.state == ImportState.RUNNING:
        return words.text("purchases.shopify_gathers")
    if status.state == ImportState.READING:
        if status.rows_total:
            return words.text("purchases.reading", done=status.rows_done, total=status.rows_total)
        return words.text("purchases.reading_unknown_total", done=status.rows_done)
    key = "purchases.read" if status.state == ImportState.DONE else "purchases.failed"
    when = words.moment(status.finished_at) if status.finished_at else "–"
    sentence = words.text(key, count=status.rows_done, when=when)
    if status.rows_skipped:
        sentence += " " + words.text("purchases.skipped", count=status.rows_skipped)
    return sentence


def _state(is_running: bool, imports: list[ImportStatus], overview: HistoryOverview) -> State:
    if is_running:
        return State.RUNNING
    if any(one.state == ImportState.FAILED for one in imports):
        return State.ATTENTION
    return State.GOOD if overview.orders else State.WAITING


SECTION = Section(
    key="purchases", title="purchases.title", template="sections/purchases.html", read=read_purchases
)
