"""Text messages and WhatsApp messages, from the outbox to the provider, and what the provider says later."""

import hmac
import json
import re
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from service.consents.addresses import Channel
from service.kit.database import Database
from service.kit.failures import Failure, read_failure, write_failure
from service.kit.runtime import Runtime
from service.messages.models import DeliveryReceipt
from service.messages.notices.figures import notice_figures, notice_troubles, receipt_counts
from service.messages.notices.rules import NoticeKind
from service.messages.notices.texts import default_text, fill_subject
from service.messages.senders.receipt_rules import Fared, replaces
from service.messages.senders.sms import is_from_twilio
from service.messages.senders.whatsapp import CODE_TEMPLATE, notice_template
from service.outbox.models import EffectState
from service.shops.models import Shop
from tests.fakes.local_server import Asked, LocalServer, Reply
from tests.service.messages.notices.notice_house import (
    ORDER,
    PARCEL,
    effect_states,
    end_pauses,
    happen,
    open_house,
    send_all,
    sign_up,
)

TOKEN, SECRET = "twilio-token", "whatsapp-secret"
NUMBER = "+491512345678"
SMS_KEY = f"notice_sms {ORDER}:{PARCEL}:pickup_ready"
WHATSAPP_KEY = f"notice_whatsapp {ORDER}:{PARCEL}:pickup_ready"


def accept(asked: Asked) -> Reply:
    if "Messages.json" in asked.path:
        return Reply(201, {"sid": "SM0123456789"})
    return Reply(200, {"messages": [{"id": "wamid.HBgN=="}]})


def tell_by(runtime: Runtime, shop: Shop, *channels: Channel) -> None:
    open_house(runtime, shop, to_all=False)
    for channel in channels:
        sign_up(runtime, shop, channel, NUMBER)
    happen(runtime, shop, NoticeKind.PICKUP_READY)
    send_all(runtime)


def test_a_text_message_carries_the_fact_the_link_and_the_way_to_stop(
    phoning_runtime: Runtime, database: Database, provider: LocalServer, shop: Shop, other_shop: Shop
) -> None:
    provider.replies = [accept]

    tell_by(phoning_runtime, shop, Channel.SMS)

    [asked] = provider.asked
    assert (asked.method, asked.path) == ("POST", "/2010-04-01/Accounts/AC0123/Messages.json")
    assert b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"AC0123:twilio-token"
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    assert (form["To"], form["From"]) == (NUMBER, "+4930123456")
    assert form["StatusCallback"] == f"https://danke.example.com/receipts/twilio?shop={shop.id}"
    words = r"Lindenholz: Deine Bestellung #1001 liegt zur Abholung bereit. https://lindenholz.myshopify.com/apps/danke/track?t="
    assert form["Body"].startswith(words)
    assert "\nAbmelden: https://lindenholz.myshopify.com/apps/danke/track/stop?s=" in form["Body"]
    assert effect_states(database, shop)[SMS_KEY] == ("sent", None)


def test_a_whatsapp_message_is_a_template_with_its_parameters(
    phoning_runtime: Runtime, database: Database, provider: LocalServer, shop: Shop
) -> None:
    provider.replies = [accept]

    tell_by(phoning_runtime, shop, Channel.WHATSAPP)

    [asked] = provider.asked
    assert asked.path == "/v21.0/1055/messages"
    assert asked.headers["authorization"] == "Bearer whatsapp-token"
    assert (asked.json["to"], asked.json["biz_opaque_callback_data"]) == (NUMBER[1:], str(shop.id))
    template = asked.json["template"]
    assert (template["name"], template["language"]) == ("danke_pickup_ready", {"code": "de"})
    [body] = template["components"]
    texts = [parameter["text"] for parameter in body["parameters"]]
    assert texts[:2] == ["Lindenholz", "#1001"]
    assert "/apps/danke/track?t=" in texts[2]
    assert "/apps/danke/track/stop?s=" in texts[3]
    assert effect_states(database, shop)[WHATSAPP_KEY] == ("sent", None)


FROM_ANYBODY = [
    (Reply(429), EffectState.OPEN),
    (Reply(503), EffectState.OPEN),
    (Reply(401), EffectState.OPEN),
    (Reply(500), EffectState.UNKNOWN),
    (Reply(200, b"<html>"), EffectState.UNKNOWN),
    (Reply(201, {"sid": "SM1", "messages": [{"id": "1"}]}, cut=3), EffectState.UNKNOWN),
]
FROM_TWILIO = [
    (Reply(400, {"code": 21211, "message": f"{NUMBER} is not valid"}), EffectState.FAILED),
    (Reply(400, {"code": 21610}), EffectState.CANCELLED),
]


@pytest.mark.parametrize(
    ("channel", "reply", "state"),
    [
        *((Channel.SMS, *each) for each in FROM_ANYBODY + FROM_TWILIO),
        *((Channel.WHATSAPP, *each) for each in FROM_ANYBODY),
    ],
)
def test_what_the_provider_answers_decides_how_the_message_ends(
    phoning_runtime: Runtime,
    database: Database,
    provider: LocalServer,
    shop: Shop,
    channel: Channel,
    reply: Reply,
    state: EffectState,
) -> None:
    provider.replies = [reply]

    tell_by(phoning_runtime, shop, channel)
    end_pauses(database)

    [(found, error)] = effect_states(database, shop).values()
    assert found == state
    assert NUMBER not in (error or "")


@pytest.mark.parametrize(("code", "state"), [(131026, "failed"), (130429, "open"), (190, "open")])
def test_whatsapps_own_codes_decide_between_later_and_never(
    phoning_runtime: Runtime, database: Database, provider: LocalServer, shop: Shop, code: int, state: str
) -> None:
    provider.replies = [Reply(400, {"error": {"code": code, "message": NUMBER}})]

    tell_by(phoning_runtime, shop, Channel.WHATSAPP)

    state_now, stored = effect_states(database, shop)[WHATSAPP_KEY]
    refused = Failure("provider_refused", {"answer": f"WhatsApp 400 {code}"})
    busy = Failure("provider_busy", {"provider": "WhatsApp"})
    assert (state_now, read_failure(stored or "")) == (state, refused if state == "failed" else busy)


def test_a_provider_that_can_not_be_reached_leaves_the_message_open(
    phoning_runtime: Runtime, database: Database, provider: LocalServer, shop: Shop
) -> None:
    away = replace(
        phoning_runtime, settings=replace(phoning_runtime.settings, twilio_base_url="http://127.0.0.1:1")
    )

    tell_by(away, shop, Channel.SMS)

    assert effect_states(database, shop)[SMS_KEY][0] == "open"


def test_without_a_provider_the_log_has_it_in_a_demo_and_production_waits_and_says_why(
    runtime: Runtime, database: Database, shop: Shop, other_shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_by(runtime, shop, Channel.SMS, Channel.WHATSAPP)
    production = replace(runtime, settings=replace(runtime.settings, environment="production"))
    tell_by(production, other_shop, Channel.SMS, Channel.WHATSAPP)

    assert effect_states(database, shop) == {SMS_KEY: ("sent", None), WHATSAPP_KEY: ("sent", None)}
    assert effect_states(database, other_shop) == {
        SMS_KEY: ("open", write_failure(Failure("sms_not_set_up"))),
        WHATSAPP_KEY: ("open", write_failure(Failure("whatsapp_not_set_up"))),
    }
    written = "".join(capsys.readouterr())
    assert "+49…78" in written
    assert NUMBER not in written


def test_a_signature_of_twilio_is_taken_as_twilio_publishes_it() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    url, right = "https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    assert is_from_twilio("12345", url, form, right)
    assert not is_from_twilio("12346", url, form, right)
    assert not is_from_twilio("12345", url + "3", form, right)
    assert not is_from_twilio("12345", url, form | {"Digits": "1235"}, right)
    assert not is_from_twilio("12345", url, form, "é")
    empty = b64encode(hmac.digest(b"", (url + "").encode(), "sha1")).decode()
    assert not is_from_twilio("", url, {}, empty)


def report_sms(client: FlaskClient, shop: Shop, status: str, token: str = TOKEN, **more: str) -> int:
    url = f"/receipts/twilio?shop={shop.id}"
    form = {"MessageSid": "SM0123456789", "MessageStatus": status} | more
    signed = f"https://danke.example.com{url}" + "".join(f"{name}{form[name]}" for name in sorted(form))
    signature = b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()
    return client.post(url, data=form, headers={"X-Twilio-Signature": signature}).status_code


def report_whatsapp(client: FlaskClient, sent: Any, secret: str = SECRET) -> int:
    body = json.dumps(sent).encode()
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
    return client.post("/receipts/whatsapp", data=body, headers=headers).status_code


def status_of(shop_id: object, status: str, **more: Any) -> dict[str, Any]:
    said = {"id": "wamid.HBgN==", "status": status, "biz_opaque_callback_data": str(shop_id)} | more
    return {"entry": [{"changes": [{"value": {"statuses": [said]}}]}]}


def receipts(database: Database, shop: Shop) -> list[tuple[str, str, str | None]]:
    with database.reading(shop.id) as unit:
        rows = unit.session.scalars(unit.select(DeliveryReceipt))
        return [(row.reference, row.status, row.error) for row in rows]


def test_receipts_are_kept_in_whatever_order_they_come_and_a_late_failure_is_shown(
    app: Flask,
    phoning_runtime: Runtime,
    database: Database,
    provider: LocalServer,
    shop: Shop,
    other_shop: Shop,
) -> None:
    provider.replies = [accept]
    tell_by(phoning_runtime, shop, Channel.SMS, Channel.WHATSAPP)
    client = app.test_client()

    assert report_sms(client, shop, "undelivered", ErrorCode="30003") == 204
    assert report_sms(client, shop, "sent") == 204
    assert report_sms(client, shop, "queued") == 204
    assert report_whatsapp(client, status_of(shop.id, "read")) == 200
    assert report_whatsapp(client, status_of(shop.id, "delivered")) == 200

    assert sorted(receipts(database, shop)) == [
        ("SM0123456789", "failed", "30003"),
        ("wamid.HBgN==", "read", None),
    ]
    assert receipts(database, other_shop) == []
    with database.reading(shop.id) as unit:
        figures = notice_figures(unit)[NoticeKind.PICKUP_READY]
        counts = receipt_counts(unit)
        [trouble] = notice_troubles(unit, 5)
    assert (figures.sent, figures.failed) == (2, 0)
    assert counts == {Fared.FAILED: 1, Fared.READ: 1}
    assert trouble.state == "failed"
    assert read_failure(trouble.error) == Failure("not_delivered", {"answer": "twilio 30003"})


def test_a_receipt_that_nobody_signed_is_refused(
    app: Flask, phoning_runtime: Runtime, database: Database, shop: Shop
) -> None:
    client = app.test_client()

    assert report_sms(client, shop, "delivered", token="another") == 401
    assert client.post(f"/receipts/twilio?shop={shop.id}").status_code == 401
    assert report_whatsapp(client, status_of(shop.id, "read"), secret="another") == 401
    assert client.post("/receipts/whatsapp", json=status_of(shop.id, "read")).status_code == 401
    assert receipts(database, shop) == []


def test_where_no_provider_is_set_up_no_receipt_is_taken(app: Flask, shop: Shop) -> None:
    client = app.test_client()

    assert report_sms(client, shop, "delivered", token="") == 401
    assert report_whatsapp(client, status_of(shop.id, "read"), secret="") == 401
    assert client.get("/receipts/whatsapp?hub.mode=subscribe&hub.verify_token=").status_code == 401


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {"entry": 1},
        {"entry": [{"changes": [{"value": {"statuses": [{"id": 1}]}}]}]},
        status_of("x", "read"),
        status_of("9" * 30, "read"),
        status_of(999_999, "read"),
        status_of("", "read"),
        status_of(1, "read", id="a b\x00"),
    ],
)
def test_a_signed_receipt_that_means_nothing_changes_nothing(
    app: Flask, phoning_runtime: Runtime, database: Database, shop: Shop, sent: Any
) -> None:
    assert report_whatsapp(app.test_client(), sent) == 200
    assert receipts(database, shop) == []


def test_whatsapp_gets_its_challenge_back_for_the_right_token_only(
    app: Flask, phoning_runtime: Runtime
) -> None:
    client = app.test_client()
    right = {"hub.mode": "subscribe", "hub.verify_token": "whatsapp-verify", "hub.challenge": "<b>1158201444"}

    answer = client.get("/receipts/whatsapp", query_string=right)

    assert (answer.text, answer.content_type) == ("<b>1158201444", "text/plain; charset=utf-8")
    assert client.get("/receipts/whatsapp", query_string=right | {"hub.verify_token": "é"}).status_code == 401


@settings(deadline=None)
@given(st.permutations([Fared.SENT, Fared.DELIVERED, Fared.READ, Fared.FAILED, Fared.SENT]))
def test_the_same_reports_in_any_order_end_the_same(reports: list[Fared]) -> None:
    counts = reports[0]
    for report in reports[1:]:
        counts = report if replaces(report, counts) else counts
    assert counts is Fared.READ


def test_the_page_about_templates_names_those_that_are_sent() -> None:
    page = (Path(__file__).parents[4] / "docs" / "whatsapp-templates.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`(danke_\w+)`", page)) == {CODE_TEMPLATE, *map(notice_template, NoticeKind)}
    for kind in NoticeKind:
        for language in ("de", "en"):
            subject = fill_subject(default_text(kind, language), {"order": "{{2}}"})
            assert f"{{{{1}}}}: {subject}. " in page
