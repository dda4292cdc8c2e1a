from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import Headers

from service.shopify.webhook_signatures import (
    InvalidWebhookSignature,
    MalformedWebhook,
    parse_webhook_headers,
    verify_webhook,
    webhook_signature,
)

BODY = b'{"id":1}'
SIGNATURE = "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="


def refuse(body: bytes, signature: str | None, secrets=("hush",)) -> None:
    with pytest.raises(InvalidWebhookSignature) as refused:
        verify_webhook(body, signature, secrets)
    assert refused.value.status == 401


def test_the_known_vector_passes():
    verify_webhook(BODY, SIGNATURE, ["hush"])
    assert webhook_signature(BODY, "hush") == SIGNATURE


def test_both_secrets_are_taken_while_one_is_rotated():
    verify_webhook(BODY, SIGNATURE, ["new", "hush"])
    verify_webhook(BODY, SIGNATURE, ["hush", "old"])
    refuse(BODY, SIGNATURE, ["new", "old"])


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 1}',
        b'{"id":1}\n',
        b'\xef\xbb\xbf{"id":1}',
        b'{"\\u0069d":1}',
        b'{"id":1,"id":1}',
        b'{"id":2}',
        b"",
    ],
)
def test_only_the_very_bytes_that_were_signed_pass(body):
    refuse(body, SIGNATURE)


def test_a_body_that_is_no_text_can_be_signed():
    body = bytes(range(256))
    verify_webhook(body, webhook_signature(body, "hush"), ["hush"])


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "é",
        "\ud800",
        "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY",
        SIGNATURE + "=",
        SIGNATURE + "\n",
        " " + SIGNATURE,
        SIGNATURE.lower(),
        SIGNATURE.replace("/", "_"),
        "invalid-hmac",
        "A" * 10_000,
        "é" * 10_000,
    ],
)
def test_any_other_signature_is_refused(signature):
    refuse(BODY, signature)


@pytest.mark.parametrize("secrets", [[], [""], [" ", ""]])
def test_without_a_secret_nothing_passes(secrets):
    refuse(BODY, webhook_signature(BODY, ""), secrets)


def test_one_text_instead_of_a_sequence_of_secrets_is_a_mistake_of_ours():
    with pytest.raises(TypeError):
        verify_webhook(BODY, SIGNATURE, "hush")


def make_headers(**changes: str | None) -> Headers:
    values = {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": "danke-demo.myshopify.com",
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "X-Shopify-Triggered-At": "2026-11-22T01:30:27.877041743Z",
        "X-Shopify-API-Version": "2026-10",
    } | {f"X-Shopify-{name.replace('_', '-')}": value for name, value in changes.items()}
    return Headers([(name, value) for name, value in values.items() if value is not None])


def test_the_headers_of_a_delivery_are_read():
    headers = parse_webhook_headers(make_headers())
    assert headers.topic == "orders/create"
    assert headers.shop_domain == "danke-demo.myshopify.com"
    assert headers.webhook_id == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
    assert headers.event_id == "98880550-7158-44d4-b7cd-2c97c8a091b5"
    assert headers.triggered_at == datetime(2026, 11, 22, 1, 30, 27, 877041, tzinfo=UTC)
    assert headers.api_version == "2026-10"


def test_the_time_is_turned_into_utc():
    headers = parse_webhook_headers(make_headers(Triggered_At="2026-11-22T03:30:00+02:00"))
    assert headers.triggered_at == datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    assert headers.triggered_at.tzinfo is UTC


def test_event_id_and_time_may_be_absent():
    headers = parse_webhook_headers(make_headers(Event_Id=None, Triggered_At=None))
    assert headers.event_id is None
    assert headers.triggered_at is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Topic", None),
        ("Topic", "orders"),
        ("Topic", "orders/create\x00"),
        ("Topic", "Orders Create"),
        ("Topic", "orders/" + "a" * 200),
        ("Shop-Domain", None),
        ("Shop-Domain", "evil.com"),
        ("Shop-Domain", "a.myshopify.com.evil.com"),
        ("Webhook-Id", None),
        ("Webhook-Id", "é"),
        ("Webhook-Id", "a b"),
        ("Webhook-Id", "a" * 500),
        ("Event-Id", "<script>"),
        ("Triggered-At", "yesterday"),
        ("Triggered-At", "2026-11-22T01:30:00"),
        ("Triggered-At", "0001-01-01T00:00:00+14:00"),
        ("API-Version", None),
        ("API-Version", "2026"),
    ],
)
def test_a_bad_header_is_named_and_answered_with_400(name, value):
    with pytest.raises(MalformedWebhook) as refused:
        parse_webhook_headers(make_headers(**{name.replace("-", "_"): value}))
    assert refused.value.status == 400
    assert f"X-Shopify-{name}".lower() in str(refused.value).lower()
