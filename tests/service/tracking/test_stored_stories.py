"""Stories that are stored already stay readable, whatever version wrote them, and their times come back as times."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from service.tracking.stages import Stage
from service.tracking.story import Item, ParcelStory, Promised, Scan, Story, read_story, write_story

WHOLE = """{"order_id":5001,"name":"#1042","ordered_at":"2026-11-28T13:05:00+00:00","cancelled_at":null,
"customer_id":77,"locale":"de-DE","destination_country":"DE",
"waiting":[{"title":"Schneidebrett Esche","quantity":1,"product_id":8004,"handle":"schneidebrett-esche"}],
"parcels":[{"id":31,"stage":"on_the_way","stage_at":"2026-11-30T08:05:00.250000+00:00","stage_source":"dhl",
"shipped_at":"2026-11-29T06:05:00+00:00","carrier":"dhl","carrier_name":"DHL","tracking_number":"00340434161",
"tracking_url":"https://www.dhl.de/","more_tracking_numbers":["00340434162"],
"last_scan_at":"2026-11-30T08:05:00+00:00","asked_at":"2026-12-01T12:45:00+00:00","delivered_at":null,
"estimated_delivery_at":"2026-12-02T12:00:00+00:00","lateness":"overdue","late_since":"2026-12-01T00:00:00+00:00",
"promised":{"given_at":"2026-11-28T13:05:00+00:00","lower_at":"2026-11-30T00:00:00+00:00",
"median_at":"2026-11-30T12:00:00+00:00","upper_at":"2026-11-30T23:59:59+00:00"},
"items":[{"title":"Tischlampe Linde","quantity":2,"product_id":null,"handle":null}],
"scans":[{"stage":"on_the_way","happened_at":"2026-11-30T08:05:00+00:00","source":"dhl",
"seen_at":"2026-11-30T08:20:00+00:00","status":"ON_THE_WAY","message":"Im Paketzentrum: „Süd“"}]}],
"promised":null,"lateness":null,"late_since":null,"mood":"good","thanked":true,"product_ids":[8001,8004],
"knows_contents":false,"is_empty":false}"""
"""As it was written while times carried +00:00 and every field stood there."""

EARLY = """{"order_id":5001,"name":"#1042","ordered_at":"2026-11-28T13:05:00+00:00","waiting":[],
"parcels":[{"id":31,"stage":"delivered","stage_at":"2026-11-30T08:05:00+00:00","stage_source":"shopify",
"shipped_at":"2026-11-29T06:05:00+00:00"}],"promised":null,"product_ids":[]}"""
"""Without the fields that came later."""


def moment(day: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, microsecond, tzinfo=UTC)


def test_a_story_with_all_its_fields_is_read_as_it_was_written() -> None:
    scan = Scan(
        stage=Stage.ON_THE_WAY,
        happened_at=moment(30, 8, 5),
        source="dhl",
        seen_at=moment(30, 8, 20),
        status="ON_THE_WAY",
        message="Im Paketzentrum: „Süd“",
    )
    parcel = ParcelStory(
        id=31,
        stage=Stage.ON_THE_WAY,
        stage_at=moment(30, 8, 5, microsecond=250_000),
        stage_source="dhl",
        shipped_at=moment(29, 6, 5),
        carrier="dhl",
        carrier_name="DHL",
        tracking_number="00340434161",
        tracking_url="https://www.dhl.de/",
        more_tracking_numbers=("00340434162",),
        last_scan_at=moment(30, 8, 5),
        asked_at=datetime(2026, 12, 1, 12, 45, tzinfo=UTC),
        estimated_delivery_at=datetime(2026, 12, 2, 12, tzinfo=UTC),
        lateness="overdue",
        late_since=datetime(2026, 12, 1, tzinfo=UTC),
        promised=Promised(moment(28, 13, 5), moment(30), moment(30, 12), moment(30, 23, 59, 59)),
        items=(Item("Tischlampe Linde", 2),),
        scans=(scan,),
    )
    story = Story(
        order_id=5001,
        name="#1042",
        ordered_at=moment(28, 13, 5),
        customer_id=77,
        locale="de-DE",
        destination_country="DE",
        waiting=(Item("Schneidebrett Esche", 1, 8004, "schneidebrett-esche"),),
        parcels=(parcel,),
        mood="good",
        thanked=True,
        product_ids=(8001, 8004),
        knows_contents=False,
    )

    assert read_story(WHOLE) == story
    assert read_story(write_story(story)) == story


def test_a_story_without_the_fields_that_came_later_has_their_defaults() -> None:
    story = read_story(EARLY)

    parcel = ParcelStory(31, Stage.DELIVERED, moment(30, 8, 5), "shopify", moment(29, 6, 5))
    assert story == Story(5001, "#1042", moment(28, 13, 5), parcels=(parcel,))


def test_a_field_of_a_later_version_is_left_out() -> None:
    later = EARLY.replace('"waiting"', '"gift_wrapped_at":"2026-11-28T14:00:00+00:00","waiting"')
    assert read_story(later) == read_story(EARLY)


@pytest.mark.parametrize("time", ["2026-11-28T13:05:00", "yesterday", ""])
def test_a_time_without_its_zone_or_none_at_all_is_refused(time: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_story(EARLY.replace("2026-11-28T13:05:00+00:00", time))


def test_every_time_of_a_story_is_read_with_its_zone_and_nothing_is_read_untyped() -> None:
    kinds = list(kinds_in(msgspec.inspect.type_info(Story), set()))

    times = [kind for kind in kinds if isinstance(kind, msgspec.inspect.DateTimeType)]
    assert len(times) == len([name for name in fields_in(kinds) if name.endswith(("_at", "_since"))])
    assert all(time.tz for time in times)
    assert not [kind for kind in kinds if isinstance(kind, msgspec.inspect.AnyType)]


def kinds_in(kind: Any, seen: set[Any]) -> Iterator[Any]:
    """The types that a type is made of, each class once."""
    yield kind
    if isinstance(kind, msgspec.inspect.UnionType):
        inner = kind.types
    elif isinstance(kind, msgspec.inspect.VarTupleType):
        inner = (kind.item_type,)
    elif isinstance(kind, msgspec.inspect.DataclassType) and kind.cls not in seen:
        seen.add(kind.cls)
        inner = tuple(field.type for field in kind.fields)
    else:
        return
    for each in inner:
        yield from kinds_in(each, seen)


def fields_in(kinds: list[Any]) -> list[str]:
    classes = {kind.cls: kind for kind in kinds if isinstance(kind, msgspec.inspect.DataclassType)}
    return [field.name for kind in classes.values() for field in kind.fields]
