"""One order, one truth: what its parcels together mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.tracking.lateness import Lateness
from service.tracking.stages import Stage
from service.tracking.status import State, may_ask_for_thanks, shows_products, sum_up
from service.tracking.story import Item, ParcelStory, Promised, Story, read_story, write_story

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LATE_STATES = {State.LATE, State.STALLED, State.NOT_SHIPPED}


def window(begin: int, end: int) -> Promised:
    return Promised(NOW - 5 * DAY, NOW + begin * DAY, NOW + (begin + end) / 2 * DAY, NOW + end * DAY)


def parcel(number: int, stage: Stage, *, late: Lateness | None = None, pieces: int = 1) -> ParcelStory:
    return ParcelStory(
        id=number,
        stage=stage,
        stage_at=NOW - DAY,
        stage_source="shopify",
        shipped_at=NOW - 3 * DAY,
        delivered_at=NOW - DAY if stage is Stage.DELIVERED else None,
        lateness=late.value if late else None,
        late_since=NOW - DAY if late else None,
        promised=window(-3, -1) if late else window(0, 2),
        items=(Item("Zelt", pieces),),
    )


def order(*parcels: ParcelStory, waiting: int = 0, **changes: object) -> Story:
    items = (Item("Lampe", waiting),) if waiting else ()
    return replace(Story(1, "#1001", NOW - 5 * DAY, waiting=items, parcels=parcels), **changes)  # type: ignore[arg-type]


LATENESS = st.sampled_from([None, Lateness.PAST_WINDOW, Lateness.SILENT, Lateness.NEVER_SCANNED])
PARCELS = st.lists(
    st.builds(lambda stage, late: parcel(1, stage, late=late), st.sampled_from(list(Stage)), LATENESS),
    max_size=4,
).map(lambda found: [replace(each, id=number) for number, each in enumerate(found, 1)])


@given(PARCELS, st.integers(0, 2))
def test_an_order_is_delivered_only_when_all_of_it_is(parcels: list[ParcelStory], waiting: int) -> None:
    status = sum_up(order(*parcels, waiting=waiting), NOW)
    arrived = [each for each in parcels if each.stage is not Stage.CANCELLED]
    complete = bool(arrived) and not waiting and all(each.stage is Stage.DELIVERED for each in arrived)
    assert (status.state is State.DELIVERED) == complete
    assert may_ask_for_thanks(status) == complete
    assert 0 <= status.pieces_here <= status.pieces


@given(PARCELS, st.integers(0, 2))
def test_in_silence_nothing_is_late(parcels: list[ParcelStory], waiting: int) -> None:
    status = sum_up(order(*parcels, waiting=waiting), NOW, is_silent=True)
    assert status.state not in LATE_STATES


@given(PARCELS)
def test_nothing_is_suggested_while_anything_is_late_or_lost(parcels: list[ParcelStory]) -> None:
    status = sum_up(order(*parcels), NOW)
    bad = {Stage.LOST, Stage.DAMAGED, Stage.REFUSED, Stage.GOING_BACK, Stage.ATTEMPT_FAILED, Stage.YOUR_TURN}
    if any(each.stage in bad for each in parcels) or status.state in LATE_STATES:
        assert not shows_products(status)
        assert not may_ask_for_thanks(status)


@given(PARCELS)
def test_a_story_survives_being_stored(parcels: list[ParcelStory]) -> None:
    story = order(*parcels, waiting=1, promised=window(0, 3), mood="good", thanked=True)
    assert read_story(write_story(story)) == story


def test_the_gravest_parcel_gives_the_order_its_state() -> None:
    lost, moving = parcel(1, Stage.LOST), parcel(2, Stage.ON_THE_WAY)
    status = sum_up(order(moving, lost), NOW)
    assert (status.state, status.parcel) == (State.LOST, lost)


def test_three_of_five_are_here() -> None:
    here = parcel(1, Stage.DELIVERED, pieces=3)
    status = sum_up(order(here, parcel(2, Stage.ON_THE_WAY, pieces=2)), NOW)
    assert (status.state, status.pieces_here, status.pieces) == (State.PARTLY_DELIVERED, 3, 5)


def test_a_missed_date_stays_also_after_the_delivery() -> None:
    came = replace(parcel(1, Stage.DELIVERED), promised=window(-6, -3))
    status = sum_up(order(came), NOW)
    assert status.missed == came.promised
    assert status.promised is None


def test_a_parcel_that_came_in_time_missed_nothing() -> None:
    came = replace(parcel(1, Stage.DELIVERED), promised=window(-3, -1), delivered_at=NOW - 2 * DAY)
    assert sum_up(order(came), NOW).missed is None


def test_an_order_is_cancelled_when_nothing_of_it_is_left_to_come() -> None:
    gone = parcel(1, Stage.CANCELLED)
    assert sum_up(order(gone, cancelled_at=NOW), NOW).state is State.CANCELLED
    assert sum_up(order(cancelled_at=NOW, waiting=1), NOW).state is State.CANCELLED
    assert sum_up(order(is_empty=True), NOW).state is State.CANCELLED
    assert sum_up(order(), NOW).state is State.RECEIVED
    assert sum_up(order(gone, waiting=1), NOW).state is State.RECEIVED


def test_where_nobody_told_what_is_in_the_parcels_no_pieces_are_counted() -> None:
    here = replace(parcel(1, Stage.DELIVERED), items=())
    unknown = order(here, parcel(2, Stage.ON_THE_WAY, pieces=2), knows_contents=False)
    status = sum_up(unknown, NOW)
    assert (status.state, status.pieces_here, status.pieces) == (State.PARTLY_DELIVERED, 0, 0)
