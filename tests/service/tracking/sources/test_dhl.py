"""DHL's codes and lines, and its answers over HTTP."""

from datetime import UTC, datetime

import pytest

from service.tracking.sources.dhl import SERVICES, ask_dhl, read_shipment
from service.tracking.sources.dhl_words import STAGES, stage_of_dhl
from service.tracking.sources.meter import Meter
from service.tracking.sources.refusals import AskedTooOften, KeyRefused, NotFoundThere, SourceDown
from service.tracking.sources.source import Access
from service.tracking.stages import Stage
from tests.fakes.local_server import Reply

CODES = [
    ("pre-transit", Stage.ANNOUNCED),
    ("transit", Stage.ON_THE_WAY),
    ("delivered", Stage.DELIVERED),
    ("failure", Stage.FAILED),
    ("unknown", Stage.NOTHING_KNOWN),
]
LINES = [
    ("transit", "Die Sendung wurde im Start-Paketzentrum bearbeitet.", Stage.ON_THE_WAY),
    ("transit", "The shipment has been processed in the parcel center of origin", Stage.ON_THE_WAY),
    ("transit", "Die Sendung wurde vom Absender in der Filiale eingeliefert.", Stage.HANDED_OVER),
    ("transit", "Die Sendung wurde abgeholt.", Stage.HANDED_OVER),
    ("transit", "Shipment picked up", Stage.HANDED_OVER),
    (
        "transit",
        "Die Sendung wurde in das Zustellfahrzeug geladen. Die Zustellung erfolgt voraussichtlich heute.",
        Stage.OUT_FOR_DELIVERY,
    ),
    ("transit", "The shipment has been loaded onto the delivery vehicle", Stage.OUT_FOR_DELIVERY),
    ("transit", "Shipment is out with courier for delivery", Stage.OUT_FOR_DELIVERY),
    (
        "transit",
        "Die Sendung wurde zurückgestellt. Die Zustellung erfolgt am nächsten Werktag.",
        Stage.DELAYED,
    ),
    ("transit", "Shipment is on hold", Stage.DELAYED),
    ("transit", "Die Sendung wurde beschädigt und wird neu verpackt.", Stage.DELAYED),
    ("transit", "Processed for clearance at LEIPZIG - GERMANY", Stage.CUSTOMS),
    ("transit", "Die Sendung wird dem Zoll vorgestellt.", Stage.CUSTOMS),
    ("transit", "Clearance processing completed at LEIPZIG", Stage.ON_THE_WAY),
    ("transit", "Die Sendung liegt in der Filiale Hauptstr. 1 zur Abholung bereit.", Stage.AT_PICKUP_POINT),
    (
        "transit",
        "Die Sendung liegt in der PACKSTATION 119 bereit und wird 7 Tage verwahrt.",
        Stage.AT_PICKUP_POINT,
    ),
    ("transit", "The shipment is ready for pick-up at the PACKSTATION", Stage.AT_PICKUP_POINT),
    ("transit", "Die Sendung wird morgen zur Abholung bereit sein", Stage.ON_THE_WAY),
    ("transit", "Die Sendung befindet sich auf dem Weg zur PACKSTATION.", Stage.ON_THE_WAY),
    ("transit", "Der Empfänger wurde nicht angetroffen.", Stage.ATTEMPT_FAILED),
    (
        "transit",
        "The shipment could not be delivered, and the recipient has been notified.",
        Stage.ATTEMPT_FAILED,
    ),
    (
        "transit",
        "Die Sendung konnte nicht zugestellt werden und wird in die Filiale gebracht.",
        Stage.ATTEMPT_FAILED,
    ),
    ("transit", "Die Annahme der Sendung wurde verweigert.", Stage.REFUSED),
    ("transit", "Die Sendung wird an den Absender zurückgesandt.", Stage.GOING_BACK),
    ("transit", "Bad address: we are trying to obtain a new delivery address", Stage.YOUR_TURN),
    ("transit", "Awaiting payment of duties and taxes", Stage.YOUR_TURN),
    ("delivered", "Die Sendung wurde erfolgreich zugestellt.", Stage.DELIVERED),
    ("delivered", "Die Sendung wurde einem Nachbarn zugestellt.", Stage.DELIVERED),
    ("delivered", "Die Sendung wurde am Wunschort hinterlegt.", Stage.DELIVERED),
    ("delivered", "Der Empfänger hat die Sendung in der Filiale abgeholt.", Stage.DELIVERED),
    ("delivered", "The recipient has picked up the shipment from the PACKSTATION", Stage.DELIVERED),
    ("delivered", "The shipment has been delivered for pick-up at the PACKSTATION", Stage.AT_PICKUP_POINT),
    ("delivered", "Delivered to DHL ServicePoint", Stage.AT_PICKUP_POINT),
    ("delivered", "Die Sendung wurde an die Packstation 119 zugestellt.", Stage.AT_PICKUP_POINT),
    ("delivered", "Die Sendung wurde dem Absender zugestellt.", Stage.GOING_BACK),
    ("failure", "Die Sendung wurde stark beschädigt.", Stage.DAMAGED),
    ("failure", "The shipment has been lost", Stage.LOST),
    ("failure", "Refused by recipient", Stage.REFUSED),
    ("failure", "Returned to shipper", Stage.GOING_BACK),
    ("failure", "Die Adresse ist unvollständig.", Stage.YOUR_TURN),
    ("failure", "Delivery attempted; recipient not home", Stage.ATTEMPT_FAILED),
    ("pre-transit", "Die Sendung wurde elektronisch angekündigt und wird bald zugestellt.", Stage.ANNOUNCED),
    ("unknown", "Die Sendung wurde erfolgreich zugestellt.", Stage.NOTHING_KNOWN),
]


@pytest.mark.parametrize(("code", "stage"), CODES)
def test_a_code_means_its_stage(code, stage):
    assert stage_of_dhl(code) is stage
    assert stage_of_dhl(code.upper()) is stage


@pytest.mark.parametrize(("code", "text", "stage"), LINES)
def test_a_line_tells_more_within_its_code(code, text, stage):
    assert stage_of_dhl(code, text) is stage


@pytest.mark.parametrize("code", ["", "in-transit", "customs", "delayed", "out-for-delivery"])
def test_a_code_that_is_not_listed_says_nothing_whatever_its_text(code):
    assert stage_of_dhl(code, "The shipment has been successfully delivered") is Stage.NOTHING_KNOWN


def test_the_table_holds_the_codes_tested_here_and_no_other():
    assert {code for code, _ in CODES} == set(STAGES)


def event(timestamp, code, text, city="Hamburg", country=None):
    address = {"addressLocality": city, **({"countryCode": country} if country else {})}
    return {"timestamp": timestamp, "statusCode": code, "status": text, "location": {"address": address}}


def shipment(*events, **more):
    return {"service": "parcel-de", "status": events[0], "events": list(events), **more}


def test_lines_keep_their_words_and_get_their_place_and_stage(question):
    told = read_shipment(
        shipment(
            event("2026-11-20T09:50:00", "delivered", "Die Sendung wurde zugestellt."),
            event("2026-11-20T08:36:00+01:00", "transit", "In das Zustellfahrzeug geladen."),
            event("2026-11-19T03:00:00Z", "pre-transit", "Elektronisch angekündigt."),
        ),
        question,
    )
    assert [(line.stage, line.status, line.message) for line in told] == [
        (Stage.ANNOUNCED, "pre-transit", "Elektronisch angekündigt."),
        (Stage.OUT_FOR_DELIVERY, "transit", "In das Zustellfahrzeug geladen."),
        (Stage.DELIVERED, "delivered", "Die Sendung wurde zugestellt."),
    ]
    assert told[2].happened_at == datetime(2026, 11, 20, 8, 50, tzinfo=UTC)


def test_a_time_without_zone_is_that_of_its_place(question):
    told = read_shipment(
        shipment(
            event("2026-11-20T09:00:00", "transit", "x", "Leeds", "GB"),
            event("2026-11-20T09:00:00", "transit", "x", "Anywhere", "US"),
        ),
        question,
    )
    assert {line.happened_at.astimezone(UTC).hour for line in told} == {9, 8}


def test_the_key_of_a_line_is_the_same_in_every_language_and_when_newer_ones_come(question):
    twice = [
        event("2026-11-19T03:00:00Z", "transit", "Bearbeitet."),
        event("2026-11-19T03:00:00Z", "transit", "Sortiert."),
    ]
    first = read_shipment(shipment(*twice), question)
    english = [{**one, "status": "processed"} for one in twice]
    later = read_shipment(shipment(event("2026-11-20T03:00:00Z", "transit", "Out."), *english), question)
    assert len({line.key for line in first}) == 2
    assert [line.key for line in later][:2] == [line.key for line in first]


def test_lines_without_a_time_are_left_out(question):
    assert read_shipment({"events": [{"statusCode": "delivered"}, {"timestamp": "soon"}]}, question) == []


def test_a_status_that_is_no_event_is_a_line_of_its_own(question):
    told = read_shipment(
        {"status": event("2026-11-20T09:50:00Z", "delivered", "Zugestellt."), "events": []}, question
    )
    assert [line.stage for line in told] == [Stage.DELIVERED]


def test_an_estimate_comes_with_a_line_that_says_nothing_else(question):
    told = read_shipment(
        shipment(
            event("2026-11-20T09:50:00Z", "transit", "x"), estimatedTimeOfDelivery="2026-11-21T18:00:00"
        ),
        question,
    )
    assert told[-1].stage is Stage.NOTHING_KNOWN
    assert told[-1].estimated_delivery_at == datetime(2026, 11, 21, 17, tzinfo=UTC)


def test_dhl_is_asked_for_the_number_with_the_key_in_its_header(server, question):
    server.replies = [Reply(body={"shipments": [shipment(event("2026-11-20T09:50:00Z", "transit", "x"))]})]
    meter = Meter()
    told = ask_dhl(question, Access("the-key", server.url), meter)
    assert [line.stage for line in told] == [Stage.ON_THE_WAY]
    assert server.asked[0].path == "/track/shipments?trackingNumber=00340434161094042557&language=de"
    assert server.asked[0].headers["dhl-api-key"] == "the-key"
    assert meter.calls == 1


def test_of_two_shipments_with_the_number_the_right_houses_is_read(server, question):
    express = {**shipment(event("2026-11-20T09:50:00Z", "delivered", "x")), "service": "express"}
    paket = shipment(event("2026-11-20T09:50:00Z", "transit", "x"))
    server.replies = [Reply(body={"shipments": [express, paket]})]
    assert ask_dhl(question, Access("k", server.url), Meter())[0].stage is Stage.ON_THE_WAY


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=404, body={"title": "No result found"}), NotFoundThere),
        (Reply(body={"shipments": []}), NotFoundThere),
        (Reply(status=401, body={"title": "Unauthorized"}), KeyRefused),
        (Reply(status=403), KeyRefused),
        (Reply(status=500), SourceDown),
        (Reply(status=302, headers={"Location": "http://127.0.0.1/"}), SourceDown),
        (Reply(body=b"<html>"), SourceDown),
        (Reply(body={"shipments": "none"}), SourceDown),
        (Reply(body=b"x" * 50, cut=5), SourceDown),
    ],
)
def test_what_is_no_answer_says_why(server, question, reply, error):
    server.replies = [reply]
    with pytest.raises(error):
        ask_dhl(question, Access("k", server.url), Meter())


def test_being_asked_too_often_names_the_wished_pause(server, question):
    server.replies = [Reply(status=429, headers={"Retry-After": "90"})]
    with pytest.raises(AskedTooOften) as refused:
        ask_dhl(question, Access("k", server.url), Meter())
    assert refused.value.retry_after == 90


def test_a_call_that_fails_counts_as_well(server, question):
    url, meter = server.url, Meter()
    server.stop()
    with pytest.raises(SourceDown):
        ask_dhl(question, Access("k", url), meter)
    server.__init__()
    assert meter.calls == 1


def test_dhl_serves_its_group_only():
    assert set(SERVICES) == {"dhl", "dhl_express", "dhl_ecommerce", "deutsche_post"}
