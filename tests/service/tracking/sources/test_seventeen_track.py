"""17TRACK's words, and its answers over HTTP."""

from datetime import UTC, datetime

import pytest

from service.tracking.sources.carriers import CARRIERS
from service.tracking.sources.meter import Meter
from service.tracking.sources.refusals import AskedTooOften, KeyRefused, NotFoundThere, SourceDown
from service.tracking.sources.seventeen_track import (
    CARRIERS as CARRIER_CODES,
)
from service.tracking.sources.seventeen_track import (
    MILESTONES,
    STAGES,
    ask_17track,
    stage_of_17track,
)
from service.tracking.sources.source import Access
from service.tracking.stages import Stage
from tests.fakes.local_server import Reply

STATUSES = [
    ("NotFound", Stage.NOTHING_KNOWN),
    ("InfoReceived", Stage.ANNOUNCED),
    ("InTransit", Stage.ON_THE_WAY),
    ("Expired", Stage.NOT_WATCHED),
    ("AvailableForPickup", Stage.AT_PICKUP_POINT),
    ("OutForDelivery", Stage.OUT_FOR_DELIVERY),
    ("DeliveryFailure", Stage.ATTEMPT_FAILED),
    ("Delivered", Stage.DELIVERED),
    ("Exception", Stage.DELAYED),
]
SUB_STATUSES = [
    ("NotFound_Other", Stage.NOTHING_KNOWN),
    ("NotFound_InvalidCode", Stage.NOTHING_KNOWN),
    ("InfoReceived", Stage.ANNOUNCED),
    ("InTransit_PickedUp", Stage.HANDED_OVER),
    ("InTransit_Other", Stage.ON_THE_WAY),
    ("InTransit_Departure", Stage.ON_THE_WAY),
    ("InTransit_Arrival", Stage.ON_THE_WAY),
    ("InTransit_CustomsProcessing", Stage.CUSTOMS),
    ("InTransit_CustomsReleased", Stage.ON_THE_WAY),
    ("InTransit_CustomsRequiringInformation", Stage.YOUR_TURN),
    ("Expired_Other", Stage.NOT_WATCHED),
    ("AvailableForPickup_Other", Stage.AT_PICKUP_POINT),
    ("OutForDelivery_Other", Stage.OUT_FOR_DELIVERY),
    ("DeliveryFailure_Other", Stage.ATTEMPT_FAILED),
    ("DeliveryFailure_NoBody", Stage.ATTEMPT_FAILED),
    ("DeliveryFailure_Security", Stage.ATTEMPT_FAILED),
    ("DeliveryFailure_Rejected", Stage.REFUSED),
    ("DeliveryFailure_InvalidAddress", Stage.YOUR_TURN),
    ("Delivered_Other", Stage.DELIVERED),
    ("Exception_Other", Stage.DELAYED),
    ("Exception_Returning", Stage.GOING_BACK),
    ("Exception_Returned", Stage.GOING_BACK),
    ("Exception_NoBody", Stage.YOUR_TURN),
    ("Exception_Security", Stage.DELAYED),
    ("Exception_Damage", Stage.DAMAGED),
    ("Exception_Rejected", Stage.REFUSED),
    ("Exception_Delayed", Stage.DELAYED),
    ("Exception_Lost", Stage.LOST),
    ("Exception_Destroyed", Stage.DAMAGED),
    ("Exception_Cancel", Stage.CANCELLED),
]


@pytest.mark.parametrize(("word", "stage"), STATUSES + SUB_STATUSES)
def test_a_word_means_its_stage(word, stage):
    assert stage_of_17track(word) is stage


@pytest.mark.parametrize("word", [None, "", "Delivered_Neighbour", "intransit", "Undelivered"])
def test_a_word_that_is_not_listed_says_nothing(word):
    assert stage_of_17track(word) is Stage.NOTHING_KNOWN


def test_the_table_holds_the_words_tested_here_and_no_other():
    assert {word for word, _ in STATUSES + SUB_STATUSES} == set(STAGES)
    assert (len(STATUSES), len(SUB_STATUSES)) == (9, 30)


@pytest.mark.parametrize(
    ("milestone", "stage"),
    [
        ("InfoReceived", Stage.ANNOUNCED),
        ("PickedUp", Stage.HANDED_OVER),
        ("Departure", Stage.ON_THE_WAY),
        ("Arrival", Stage.ON_THE_WAY),
        ("AvailableForPickup", Stage.AT_PICKUP_POINT),
        ("OutForDelivery", Stage.OUT_FOR_DELIVERY),
        ("Delivered", Stage.DELIVERED),
        ("Returning", Stage.GOING_BACK),
        ("Returned", Stage.GOING_BACK),
    ],
)
def test_a_milestone_means_its_stage(milestone, stage):
    assert MILESTONES[milestone] is stage


def test_its_codes_are_those_of_carriers_that_danke_knows():
    assert set(CARRIER_CODES) <= set(CARRIERS)


def answer(*accepted, rejected=(), code=0):
    return Reply(body={"code": code, "data": {"accepted": list(accepted), "rejected": list(rejected)}})


def rejection(code):
    return {"number": "1", "error": {"code": code, "message": "no"}}


def track(*events, status="InTransit", sub_status="InTransit_Other", estimate=None):
    return {
        "number": "1",
        "track_info": {
            "latest_status": {"status": status, "sub_status": sub_status},
            "latest_event": events[0] if events else None,
            "time_metrics": {"estimated_delivery_date": {"from": None, "to": estimate}},
            "tracking": {"providers": [{"provider": {"key": 7041}, "events": list(events)}]},
        },
    }


def event(time_iso, sub_status=None, stage=None, text="x"):
    return {"time_iso": time_iso, "sub_status": sub_status, "stage": stage, "description": text}


def test_it_gets_number_and_carrier_and_nothing_else(server, question):
    server.replies = [answer(track(event("2026-11-20T09:00:00+01:00", "InTransit_Departure")))]
    told = ask_17track(question, Access("the-key", server.url), Meter())
    asked = server.asked[0]
    assert asked.path == "/track/v2.2/gettrackinfo"
    assert asked.headers["17token"] == "the-key"
    assert asked.json == [{"number": "00340434161094042557", "carrier": 7041}]
    assert [line.stage for line in told] == [Stage.ON_THE_WAY]
    assert told[0].happened_at == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_lines_of_all_providers_are_read_with_milestones_where_words_are_missing(server, question):
    server.replies = [
        answer(
            track(
                event("2026-11-20T18:00:00+01:00", None, "OutForDelivery", "Auf dem Weg zu dir"),
                event("2026-11-20T09:00:00+01:00", None, None),
                event("2026-11-19T09:00:00", "InTransit_CustomsProcessing", "Arrival"),
                status="OutForDelivery",
                sub_status="OutForDelivery_Other",
                estimate="2026-11-21T20:00:00+01:00",
            )
        )
    ]
    told = ask_17track(question, Access("k", server.url), Meter())
    assert [line.stage for line in told] == [
        Stage.CUSTOMS,
        Stage.NOTHING_KNOWN,
        Stage.OUT_FOR_DELIVERY,
        Stage.NOTHING_KNOWN,
    ]
    assert told[2].message == "Auf dem Weg zu dir"
    assert told[3].estimated_delivery_at == datetime(2026, 11, 21, 19, tzinfo=UTC)


def test_the_newest_status_counts_where_its_line_says_nothing(server, question):
    newest = event("2026-11-20T18:00:00+01:00")
    server.replies = [answer(track(newest, status="Exception", sub_status="Exception_Lost"))]
    told = ask_17track(question, Access("k", server.url), Meter())
    assert [line.stage for line in told] == [Stage.NOTHING_KNOWN, Stage.LOST]
    assert told[1].happened_at == told[0].happened_at


def test_a_number_that_is_new_there_is_registered_once_and_tells_nothing_yet(server, question):
    server.replies = [
        answer(rejected=[rejection(-18019902)]),
        answer({"number": "1", "carrier": 7041}),
        answer(rejected=[rejection(-18019909)]),
    ]
    meter = Meter()
    assert ask_17track(question, Access("k", server.url), meter) == []
    assert [asked.path for asked in server.asked] == ["/track/v2.2/gettrackinfo", "/track/v2.2/register"]
    assert meter.calls == 2
    assert ask_17track(question, Access("k", server.url), meter) == []
    assert meter.calls == 3


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(rejected=[rejection(-18019903)]), NotFoundThere),
        (answer(rejected=[rejection(-18010012)]), NotFoundThere),
        (answer(code=-18010002), KeyRefused),
        (answer(code=-18010001), KeyRefused),
        (answer(code=-18010004), KeyRefused),
        (Reply(status=401), KeyRefused),
        (answer(rejected=[rejection(-18019908)]), AskedTooOften),
        (answer(rejected=[rejection(-18019907)]), AskedTooOften),
        (Reply(status=429), AskedTooOften),
        (answer(code=-18010003), SourceDown),
        (Reply(status=503), SourceDown),
        (Reply(status=404), SourceDown),
        (Reply(body=b"<html>"), SourceDown),
        (Reply(body={"data": {}}), SourceDown),
    ],
)
def test_what_is_no_answer_says_why(server, question, reply, error):
    server.replies = [reply]
    with pytest.raises(error):
        ask_17track(question, Access("k", server.url), Meter())
