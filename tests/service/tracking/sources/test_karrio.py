"""Karrio's words need no Karrio; what its connectors make of carriers' answers does."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from service.kit.errors import BadInput
from service.tracking.sources import karrio
from service.tracking.sources.carriers import CARRIERS
from service.tracking.sources.karrio_words import (
    OWN_WORDS,
    REASONS,
    STAGES,
    stage_of_karrio,
    stage_of_own_word,
)
from service.tracking.sources.meter import Meter
from service.tracking.sources.refusals import AskedTooOften, KeyRefused, NotFoundThere, SourceDown
from service.tracking.sources.source import Access
from service.tracking.stages import Stage
from tests.fakes.local_server import Reply

STATUSES = [
    ("unknown", Stage.NOTHING_KNOWN),
    ("pending", Stage.ANNOUNCED),
    ("picked_up", Stage.HANDED_OVER),
    ("in_transit", Stage.ON_THE_WAY),
    ("on_hold", Stage.DELAYED),
    ("delivery_delayed", Stage.DELAYED),
    ("out_for_delivery", Stage.OUT_FOR_DELIVERY),
    ("delivery_failed", Stage.ATTEMPT_FAILED),
    ("ready_for_pickup", Stage.AT_PICKUP_POINT),
    ("delivered", Stage.DELIVERED),
    ("return_to_sender", Stage.GOING_BACK),
    ("cancelled", Stage.CANCELLED),
    ("retired", Stage.NOTHING_KNOWN),
]
INCIDENTS = [
    ("carrier_damaged_parcel", Stage.DAMAGED, Stage.DAMAGED),
    ("carrier_sorting_error", Stage.DELAYED, Stage.DELAYED),
    ("carrier_address_not_found", Stage.YOUR_TURN, Stage.YOUR_TURN),
    ("carrier_parcel_lost", Stage.LOST, Stage.LOST),
    ("carrier_not_enough_time", Stage.DELAYED, Stage.DELAYED),
    ("carrier_vehicle_issue", Stage.DELAYED, Stage.DELAYED),
    ("carrier_capacity_exceeded", Stage.DELAYED, Stage.DELAYED),
    ("carrier_mechanical_delay", Stage.DELAYED, Stage.DELAYED),
    ("retailer_cancelled", Stage.CANCELLED, Stage.CANCELLED),
    ("retailer_incorrect_data", Stage.DELAYED, Stage.DELAYED),
    ("retailer_not_ready", Stage.DELAYED, Stage.DELAYED),
    ("retailer_incorrect_parcel", Stage.DELAYED, Stage.DELAYED),
    ("retailer_incorrect_dimensions", Stage.DELAYED, Stage.DELAYED),
    ("retailer_packaging_issue", Stage.DELAYED, Stage.DELAYED),
    ("consignee_refused", Stage.REFUSED, Stage.REFUSED),
    ("consignee_business_closed", Stage.YOUR_TURN, Stage.ATTEMPT_FAILED),
    ("consignee_not_available", Stage.YOUR_TURN, Stage.ATTEMPT_FAILED),
    ("consignee_not_home", Stage.YOUR_TURN, Stage.ATTEMPT_FAILED),
    ("consignee_cancelled", Stage.REFUSED, Stage.REFUSED),
    ("consignee_verification_failed", Stage.YOUR_TURN, Stage.YOUR_TURN),
    ("consignee_incorrect_address", Stage.YOUR_TURN, Stage.YOUR_TURN),
    ("consignee_access_restricted", Stage.YOUR_TURN, Stage.ATTEMPT_FAILED),
    ("consignee_safe_place_unavailable", Stage.YOUR_TURN, Stage.ATTEMPT_FAILED),
    ("customs_delay", Stage.CUSTOMS, Stage.CUSTOMS),
    ("customs_documentation", Stage.YOUR_TURN, Stage.YOUR_TURN),
    ("customs_duties_unpaid", Stage.YOUR_TURN, Stage.YOUR_TURN),
    ("customs_prohibited", Stage.CUSTOMS, Stage.CUSTOMS),
    ("customs_inspection", Stage.CUSTOMS, Stage.CUSTOMS),
    ("weather_delay", Stage.DELAYED, Stage.DELAYED),
    ("natural_disaster", Stage.DELAYED, Stage.DELAYED),
    ("force_majeure", Stage.DELAYED, Stage.DELAYED),
    ("parcel_being_researched", Stage.DELAYED, Stage.DELAYED),
    ("security_issue", Stage.DELAYED, Stage.DELAYED),
    ("regulatory_hold", Stage.DELAYED, Stage.DELAYED),
    ("unknown", Stage.DELAYED, Stage.ATTEMPT_FAILED),
]
OWN = [
    ("gls", "NORECORD", Stage.NOTHING_KNOWN),
    ("gls", "PREADVICE", Stage.ANNOUNCED),
    ("gls", "PLANNEDPICKUP", Stage.ANNOUNCED),
    ("gls", "INPICKUP", Stage.HANDED_OVER),
    ("gls", "INTRANSIT", Stage.ON_THE_WAY),
    ("gls", "INWAREHOUSE", Stage.ON_THE_WAY),
    ("gls", "INDELIVERY", Stage.OUT_FOR_DELIVERY),
    ("gls", "DELIVERED", Stage.DELIVERED),
    ("gls", "DELIVEREDPS", Stage.AT_PICKUP_POINT),
    ("gls", "NOTDELIVERED", Stage.ATTEMPT_FAILED),
    ("gls", "FINAL", Stage.NOTHING_KNOWN),
    ("gls", "NOTPICKEDUP", Stage.NOTHING_KNOWN),
    ("gls", "CANCELED", Stage.CANCELLED),
    ("dpd", "SHIPMENT", Stage.ANNOUNCED),
    ("dpd", "ACCEPTED", Stage.HANDED_OVER),
    ("dpd", "AT_SENDING_DEPOT", Stage.ON_THE_WAY),
    ("dpd", "ON_THE_ROAD", Stage.ON_THE_WAY),
    ("dpd", "AT_DELIVERY_DEPOT", Stage.ON_THE_WAY),
    ("dpd", "in_transit", Stage.ON_THE_WAY),
    ("dpd", "Courier", Stage.OUT_FOR_DELIVERY),
    ("dpd", "ReturningFromDelivery", Stage.ATTEMPT_FAILED),
    ("dpd", "DeliveryFailure", Stage.ATTEMPT_FAILED),
    ("dpd", "ParcelShop", Stage.AT_PICKUP_POINT),
    ("dpd", "Delivered", Stage.DELIVERED),
]


@pytest.mark.parametrize(("status", "stage"), STATUSES)
def test_a_status_means_its_stage(status, stage):
    assert stage_of_karrio(status) is stage


@pytest.mark.parametrize(("reason", "on_hold", "failed"), INCIDENTS)
def test_a_reason_counts_where_the_status_is_vague(reason, on_hold, failed):
    assert stage_of_karrio("on_hold", reason) is on_hold
    assert stage_of_karrio("delivery_failed", reason) is failed


@pytest.mark.parametrize(("reason", "on_hold", "failed"), INCIDENTS)
def test_a_reason_takes_nothing_back_that_the_status_says(reason, on_hold, failed):
    assert stage_of_karrio("delivered", reason) is Stage.DELIVERED
    assert stage_of_karrio("in_transit", reason) is Stage.ON_THE_WAY


@pytest.mark.parametrize(("carrier", "word", "stage"), OWN)
def test_a_carriers_own_word_means_its_stage(carrier, word, stage):
    assert stage_of_own_word(carrier, word) is stage


@pytest.mark.parametrize("status", [None, "", "transit", "DELIVERED", "lost"])
def test_a_word_that_is_not_listed_says_nothing(status):
    assert stage_of_karrio(status) is Stage.NOTHING_KNOWN
    assert stage_of_own_word("gls", status or "") in {Stage.NOTHING_KNOWN, OWN_WORDS["gls"].get(status)}


def test_the_tables_hold_the_words_tested_here_and_no_others():
    assert {status for status, _ in STATUSES} == set(STAGES)
    assert {reason for reason, _, _ in INCIDENTS} - {"unknown"} == set(REASONS)
    assert len(INCIDENTS) == 35
    assert {(carrier, word.upper()) for carrier, word, _ in OWN} == {
        (carrier, word) for carrier, words in OWN_WORDS.items() for word in words
    }


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Delivered to UPS Access Point", Stage.AT_PICKUP_POINT),
        ("DELIVERED TO PARCEL LOCKER", Stage.AT_PICKUP_POINT),
        ("Picked up by the recipient at the access point", Stage.DELIVERED),
        ("Delivered, front door", Stage.DELIVERED),
    ],
)
def test_a_pickup_point_is_no_delivery(text, stage):
    assert stage_of_karrio("delivered", None, text) is stage


@pytest.mark.parametrize("key", ["", "secret", "[]", "{}", '{"gls": "x"}', '{"hermes": {}}'])
def test_a_key_names_accounts_of_carriers_as_json(key):
    with pytest.raises(BadInput):
        karrio.read_key(key)


def test_without_the_library_no_carrier_is_served_and_nothing_breaks(question, monkeypatch):
    monkeypatch.setattr(karrio, "find_spec", lambda name: None)
    key = '{"gls": {"client_id": "a", "client_secret": "b"}}'
    assert karrio.served_carriers(key) == frozenset()
    with pytest.raises(KeyRefused):
        karrio.ask_karrio(replace(question, carrier=CARRIERS["gls"]), Access(key), Meter())


def test_times_without_a_true_zone_are_read_at_their_place(question):
    line = SimpleNamespace(
        date="2026-11-20", time="01:45 PM", timestamp="2026-11-20T13:45:00.000Z", code="D", status="delivered",
        reason=None, description="Delivered", location="London, GB",
    )  # fmt: skip
    parcel = karrio.Parcel("ups", SimpleNamespace(events=[line]), {})
    told = karrio.read_parcel(parcel, question)
    assert told[0].happened_at == datetime(2026, 11, 20, 13, 45, tzinfo=UTC)
    line.location = "Hamburg, DE"
    assert karrio.read_parcel(parcel, question)[0].happened_at == datetime(2026, 11, 20, 12, 45, tzinfo=UTC)


def test_a_connector_that_hangs_or_breaks_is_given_up():
    released = threading.Event()
    with pytest.raises(SourceDown):
        karrio._within(0.05, lambda: released.wait(5))
    released.set()
    with pytest.raises(SourceDown):
        karrio._within(5, lambda: 1 / 0)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"code": "429", "message": "Too many requests"}, AskedTooOften),
        ({"code": "401", "message": "invalid_client"}, KeyRefused),
        ({"code": "E_404_01", "message": "No parcel"}, NotFoundThere),
        ({"code": "500", "message": "oops"}, SourceDown),
    ],
)
def test_a_refusal_is_told_apart_by_what_the_carrier_says(message, error):
    assert isinstance(karrio._refusal([message]), error)


needs_karrio = pytest.mark.skipif(
    not karrio.is_installed(), reason="karrio (extra `carriers`) is not installed"
)


@pytest.fixture
def gls(server, monkeypatch):
    """GLS' interface on this machine: a token, then what the test says."""
    pytest.importorskip("karrio.mappers.gls.settings", reason="karrio-gls is not installed")
    from karrio.mappers.gls.settings import Settings

    monkeypatch.setattr(Settings, "server_url", property(lambda settings: server.url))
    karrio._gateway.cache_clear()
    token = Reply(body={"access_token": "t", "expires_in": 3600})

    def reply_with(reply):
        server.replies = [token, reply]
        return server

    return reply_with


GLS_KEY = json.dumps({"gls": {"client_id": "a", "client_secret": "b"}})


@needs_karrio
@pytest.mark.parametrize(
    ("word", "stage"),
    [("DELIVEREDPS", Stage.AT_PICKUP_POINT), ("DELIVERED", Stage.DELIVERED), ("NEW", Stage.NOTHING_KNOWN)],
)
def test_gls_is_asked_through_karrio_and_its_own_word_counts(gls, question, word, stage):
    asked = gls(
        Reply(
            body={
                "parcels": [
                    {
                        "requested": "12345678901",
                        "unitno": "12345678901",
                        "status": word,
                        "statusDateTime": "2026-11-20T10:00:00+0100",
                        "events": [
                            {
                                "code": "X",
                                "city": "Bad Hersfeld",
                                "country": "DE",
                                "description": "Im Paketzentrum",
                                "eventDateTime": "2026-11-19T10:00:00+0100",
                            }
                        ],
                    }
                ]
            }
        )
    )
    meter = Meter()
    question = replace(question, number="12345678901", carrier=CARRIERS["gls"])
    told = karrio.ask_karrio(question, Access(GLS_KEY), meter)
    assert [line.stage for line in told] == [Stage.NOTHING_KNOWN, stage]
    assert {line.happened_at.astimezone(UTC).hour for line in told} == {9}
    assert meter.calls == 1
    assert asked.asked[1].path.endswith("/12345678901")


@needs_karrio
def test_a_number_that_gls_does_not_know_is_not_found(gls, question):
    gls(Reply(body={"parcels": [{"requested": "1", "errorCode": "E_404_01", "errorMessage": "Not found"}]}))
    with pytest.raises(NotFoundThere):
        karrio.ask_karrio(replace(question, carrier=CARRIERS["gls"]), Access(GLS_KEY), Meter())


@needs_karrio
def test_karrios_own_vocabulary_is_the_one_of_the_tables():
    from karrio.core.units import TrackingIncidentReason

    assert {reason.name for reason in TrackingIncidentReason} - {"unknown"} == set(REASONS)
