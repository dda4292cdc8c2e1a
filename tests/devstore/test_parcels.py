"""Parcels of a history: plausible, of the last weeks only, and told to nobody."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devstore.fill import fill_from_seed
from devstore.parcels import RECENT, make_number, ship_recent
from devstore.store import Store, parse_timestamp, timestamp

FORMS = {"DHL": r"00340434\d{12}", "DPD": r"0998\d{10}", "Hermes": r"H10\d{17}"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("filled") / "devstore.db")
    fill_from_seed(store, quiet=True)
    return store


def rows(store: Store, query: str) -> list[tuple[str, ...]]:
    with store.reading() as db:
        return list(map(tuple, db.execute(query)))


@pytest.mark.parametrize("carrier", FORMS)
def test_a_number_has_the_form_of_its_carrier(carrier: str) -> None:
    for seed in range(50):
        assert re.fullmatch(FORMS[carrier], make_number(random.Random(seed), carrier))


def test_the_check_digit_of_a_dhl_number_is_right() -> None:
    number = make_number(random.Random(1), "DHL")
    weighted = sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(number[::-1]))
    assert weighted % 10 == 0


def test_every_shipped_order_of_the_last_sixty_days_has_its_items_in_parcels_and_no_older_one(
    filled: Store,
) -> None:
    since = timestamp(datetime.now(UTC) - RECENT + timedelta(minutes=1))
    recent = "fulfillment_status = 'fulfilled' AND cancelled_at IS NULL AND created_at >= '" + since + "'"
    ordered = f"SELECT sum(quantity) FROM order_lines JOIN orders o ON o.id = order_id WHERE {recent}"
    packed = (
        "SELECT sum(f.quantity) FROM fulfillment_lines f JOIN order_lines l ON l.id = f.order_line_id"
        f" JOIN orders o ON o.id = l.order_id WHERE {recent}"
    )
    assert rows(filled, ordered) == rows(filled, packed)
    older = (
        f"SELECT count(*) FROM fulfillments JOIN orders o ON o.id = order_id WHERE o.created_at < '{since}'"
    )
    assert rows(filled, older) == [(0,)]


def test_nothing_happens_before_its_time_and_some_parcels_are_still_on_their_way(filled: Store) -> None:
    now = datetime.now(UTC)
    told: dict[str, list[tuple[datetime, str]]] = {}
    for parcel, status, at in rows(
        filled, "SELECT fulfillment_id, status, happened_at FROM fulfillment_events ORDER BY id"
    ):
        told.setdefault(parcel, []).append((parse_timestamp(at), status))
    for events in told.values():
        assert events == sorted(events)
        assert events[-1][0] <= now
        assert "delivered" not in [status for _, status in events[:-1]]
    days = [(events[-1][0] - events[0][0]).days for events in told.values() if events[-1][1] == "delivered"]
    assert max(days) >= 7
    assert sum(day <= 5 for day in days) > 0.8 * len(days)
    fates = {events[-1][1] for events in told.values()}
    assert {"delivered", "in_transit"} <= fates
    assert sum(events[-1][1] != "delivered" for events in told.values()) >= 3


def test_no_webhook_tells_of_the_history(filled: Store) -> None:
    assert rows(filled, "SELECT count(*) FROM deliveries") == [(0,)]


def test_the_parcels_are_the_same_at_every_start(filled: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other.db")
    fill_from_seed(other, quiet=True)
    same = "SELECT tracking_company, tracking_number, created_at FROM fulfillments ORDER BY id"
    assert rows(other, same) == rows(filled, same)


def test_a_large_history_ships_its_newest_orders_only(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devstore.parcels.MOST_ORDERS", 10)
    with filled.reading() as db:
        now = datetime.now(UTC)
        db.execute("DELETE FROM fulfillment_lines")
        assert 10 <= ship_recent(db, now) <= 20
