"""Late is past the window, or silent for too long; what nobody knows is never late."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from service.tracking.lateness import Lateness, Verdict, judge_order, judge_parcel
from service.tracking.promise.calendar import BusinessCalendar
from service.tracking.shop_deliveries import days_of, moment_of
from service.tracking.stages import ENDED, MOVING, Stage

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOURS = st.integers(0, 24 * 40).map(lambda hours: timedelta(hours=hours))
CALENDAR = BusinessCalendar("DE", True, ZoneInfo("Europe/Berlin"))


def after(moment: datetime, days: float) -> datetime:
    return moment_of(CALENDAR.add_business_days(days_of(moment), days))


def judge(
    stage: Stage,
    now: datetime,
    *,
    scanned: datetime | None = MONDAY,
    until: datetime | None = None,
    reports: bool = True,
) -> Verdict:
    return judge_parcel(
        stage,
        shipped_at=MONDAY,
        last_scan_at=scanned,
        promised_until=until,
        silence_days=3.0,
        carrier_reports=reports,
        after=after,
        now=now,
    )


@given(st.sampled_from(list(Stage)), HOURS, st.booleans())
def test_without_a_scan_nothing_is_late_but_a_parcel_that_its_carrier_should_have_scanned(
    stage: Stage, later: timedelta, reports: bool
) -> None:
    verdict = judge(stage, MONDAY + later, scanned=None, until=MONDAY, reports=reports)
    if stage is Stage.ANNOUNCED and reports:
        assert verdict.lateness in {None, Lateness.NEVER_SCANNED}
    else:
        assert verdict.lateness is None


@given(st.sampled_from(sorted(ENDED | {Stage.AT_PICKUP_POINT, Stage.YOUR_TURN})), HOURS)
def test_what_has_ended_or_waits_for_its_recipient_is_not_late(stage: Stage, later: timedelta) -> None:
    assert judge(stage, MONDAY + later, until=MONDAY) == Verdict(None, None, None)


@given(st.sampled_from(sorted(MOVING)), HOURS, HOURS)
def test_a_parcel_turns_late_exactly_when_it_was_foretold(
    stage: Stage, later: timedelta, window: timedelta
) -> None:
    now = MONDAY + later
    verdict = judge(stage, now, until=MONDAY + window)
    if verdict.next_at is None:
        assert verdict.lateness is not None
        return
    assert verdict.next_at >= now
    turned = judge(stage, verdict.next_at + timedelta(seconds=1), until=MONDAY + window)
    assert turned.lateness is not None
    assert turned.since is not None
    assert turned.since <= verdict.next_at


def test_a_missed_date_weighs_more_than_a_silence() -> None:
    late = judge(Stage.ON_THE_WAY, MONDAY + timedelta(days=9), until=MONDAY + timedelta(days=7))
    assert (late.lateness, late.since) == (Lateness.PAST_WINDOW, MONDAY + timedelta(days=7))


def test_silence_counts_business_days_only() -> None:
    friday = MONDAY + timedelta(days=4)
    # Saturday counts in this shop, Sunday doesn't
    assert judge(Stage.ON_THE_WAY, friday + timedelta(days=3.9), scanned=friday).lateness is None
    assert judge(Stage.ON_THE_WAY, friday + timedelta(days=4.1), scanned=friday).lateness is Lateness.SILENT


def test_an_order_is_not_late_before_it_could_have_come() -> None:
    for promised_from, days in ((None, 4.1), (MONDAY + timedelta(days=14), 14.1)):
        early = MONDAY + timedelta(days=days - 0.2)
        late = MONDAY + timedelta(days=days)
        verdicts = [
            judge_order(ordered_at=MONDAY, promised_from=promised_from, after=after, now=now)
            for now in (early, late)
        ]
        assert [verdict.lateness for verdict in verdicts] == [None, Lateness.NOT_SHIPPED]
