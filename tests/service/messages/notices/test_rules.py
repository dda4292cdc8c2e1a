"""Which changes are told, in which order, and at what hour."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.messages.notices.rules import (
    OLDEST_NEWS,
    PROBLEM_GRAVITY,
    PROGRESS,
    SHOPIFY_SENDS_TOO,
    NoticeKind,
    QuietHours,
    first_good_moment,
    gravity_of,
    is_graver,
    is_wanted,
    may_follow,
    takes_over,
)
from service.messages.recipient_clock import business_days, country_of, zone_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(8))

kinds = st.sampled_from(list(NoticeKind))
moments = st.timedeltas(timedelta(0), timedelta(days=700)).map(datetime(2026, 1, 1, tzinfo=UTC).__add__)
zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC")]
)
hours = st.sampled_from([time(0), time(7, 30), time(8), time(20), time(22), time(23, 59)])


def tell(happenings: list[NoticeKind]) -> list[NoticeKind]:
    told: list[NoticeKind] = []
    for kind in happenings:
        if may_follow(kind, told):
            told.append(kind)
    return told


@settings(deadline=None)
@given(st.lists(kinds, max_size=30))
def test_whatever_happens_in_whatever_order_each_kind_is_told_once_and_none_after_a_graver_one(
    happenings: list[NoticeKind],
) -> None:
    told = tell(happenings)

    assert len(told) == len(set(told))
    for place, kind in enumerate(told):
        assert not any(is_graver(earlier, kind) for earlier in told[:place])
    for family in (PROBLEM_GRAVITY, PROGRESS):
        gravities = [gravity_of(kind) for kind in told if kind in family]
        assert gravities == sorted(gravities)


@settings(deadline=None)
@given(kinds, kinds)
def test_of_two_kinds_at_most_one_is_graver_and_none_takes_over_from_itself(
    one: NoticeKind, other: NoticeKind
) -> None:
    assert not (is_graver(one, other) and is_graver(other, one))
    assert not takes_over(one, one)


@settings(deadline=None)
@given(kinds)
def test_nothing_is_told_of_a_parcel_that_was_told_to_be_delivered(kind: NoticeKind) -> None:
    assert not may_follow(kind, [NoticeKind.DELIVERED])


@settings(deadline=None)
@given(kinds, moments, st.timedeltas(timedelta(days=-5), timedelta(days=5)))
def test_what_happened_before_the_switch_or_two_days_ago_is_never_told(
    kind: NoticeKind, since: datetime, later: timedelta
) -> None:
    happened_at = since + later
    now = max(since, happened_at) + timedelta(hours=1)

    wanted = is_wanted(kind, happened_at, now, on_since=since, shopify_is_off=True)

    assert wanted == (happened_at >= since and now - happened_at <= OLDEST_NEWS)


@pytest.mark.parametrize("kind", sorted(SHOPIFY_SENDS_TOO))
def test_what_shopify_tells_too_waits_for_the_merchants_word(kind: NoticeKind) -> None:
    assert not is_wanted(kind, NOW, NOW, on_since=NOW, shopify_is_off=False)
    assert is_wanted(kind, NOW, NOW, on_since=NOW, shopify_is_off=True)


def test_a_kind_that_is_off_is_not_told() -> None:
    assert not is_wanted(NoticeKind.EXCEPTION, NOW, NOW, on_since=None, shopify_is_off=True)


@settings(deadline=None)
@given(moments, zones, hours, hours, st.booleans())
def test_the_moment_is_the_earliest_that_is_not_quiet_and_lies_on_a_business_day(
    moment: datetime, zone: ZoneInfo, begin: time, end: time, on_business_days: bool
) -> None:
    quiet = QuietHours(begin, end)
    calendar = business_days("DE") if on_business_days else None

    def is_good(candidate: datetime) -> bool:
        local = candidate.astimezone(zone)
        return not quiet.cover(local.time()) and (calendar is None or calendar(local.date()))

    found = first_good_moment(moment, zone, quiet, calendar)

    assert found >= moment
    assert is_good(found)
    earlier = moment
    while earlier < found:
        assert not is_good(earlier)
        earlier += timedelta(minutes=61)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # the clocks go forward in the night of 29 March and back in that of 25 October 2026
        (datetime(2026, 3, 28, 22, 30, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)),
        (datetime(2026, 3, 27, 22, 30, tzinfo=UTC), datetime(2026, 3, 28, 7, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
        (datetime(2026, 10, 25, 6, 59, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
    ],
)
def test_eight_in_the_morning_is_eight_on_the_recipients_clock_when_the_clocks_change(
    moment: datetime, expected: datetime
) -> None:
    assert first_good_moment(moment, BERLIN, NIGHT) == expected


def test_a_delay_found_on_christmas_eve_at_night_is_told_on_the_first_business_day() -> None:
    evening = datetime(2026, 12, 24, 21, 30, tzinfo=UTC)

    told_at = first_good_moment(evening, BERLIN, NIGHT, business_days("DE"))

    assert told_at == datetime(2026, 12, 28, 7, tzinfo=UTC)


def test_equal_times_mean_no_quiet_hours() -> None:
    assert not any(QuietHours(time(8), time(8)).cover(time(hour)) for hour in range(24))


@pytest.mark.parametrize(
    ("country", "shop_zone", "expected"),
    [
        ("DE", "America/New_York", "Europe/Berlin"),
        ("de", None, "Europe/Berlin"),
        ("US", "Europe/Berlin", "America/New_York"),
        ("US", "America/Los_Angeles", "America/Los_Angeles"),
        (None, "Europe/Vienna", "Europe/Vienna"),
        ("??", "Europe/Vienna", "Europe/Vienna"),
        (None, None, "UTC"),
    ],
)
def test_the_recipients_zone_is_that_of_their_country(
    country: str | None, shop_zone: str | None, expected: str
) -> None:
    assert zone_of(country, shop_zone).key == expected


def test_holidays_are_those_of_the_country() -> None:
    reunification_day = date(2025, 10, 3)

    assert not business_days("DE")(reunification_day)
    assert business_days("GB")(reunification_day)
    assert business_days(None)(reunification_day)
    assert not business_days(None)(date(2025, 10, 4))
    assert country_of("Europe/Berlin") == "DE"
    assert country_of("Etc/UTC") is None
