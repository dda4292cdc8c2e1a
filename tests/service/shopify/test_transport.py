import logging
import threading

import httpx
import pytest

from service.shopify.errors import ShopifyUnavailable
from service.shopify.shop_domains import InvalidShopDomain
from service.shopify.transport import Transport
from tests.fakes.local_server import Reply

SHOP = "danke-demo.myshopify.com"
OTHER_SHOP = "other.myshopify.com"


def test_a_shop_is_reached_at_its_own_domain_unless_told_otherwise():
    with Transport() as default, Transport("http://127.0.0.1:9292/") as local:
        assert default.base_url(SHOP) == f"https://{SHOP}"
        assert local.base_url(SHOP) == "http://127.0.0.1:9292"


def test_no_other_host_can_be_addressed():
    with Transport() as transport, pytest.raises(InvalidShopDomain):
        transport.base_url("evil.com/danke-demo.myshopify.com")


def test_a_stand_in_learns_the_shops_domain(server, transport):
    server.replies = [Reply(body={})]
    transport.post_json(SHOP, f"{server.url}/x", {"a": "ü"}, {"X-Shopify-Access-Token": "shpat_1"})
    asked = server.asked[0]
    assert asked.headers["x-forwarded-host"] == SHOP
    assert asked.headers["host"] == server.url.removeprefix("http://")
    assert asked.headers["user-agent"].startswith("Danke/")
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {"a": "ü"}


def test_cookies_are_not_kept(server, transport):
    server.replies = [Reply(body={}, headers={"Set-Cookie": "session=1; Path=/"})]
    transport.post_json(SHOP, f"{server.url}/x", {})
    transport.post_json(SHOP, f"{server.url}/x", {})
    assert "cookie" not in server.asked[1].headers


def test_a_token_never_reaches_a_request_that_did_not_bring_it(server, transport):
    server.replies = [Reply(body={})]
    transport.post_json(SHOP, f"{server.url}/x", {}, {"X-Shopify-Access-Token": "shpat_1"})
    transport.post_json(OTHER_SHOP, f"{server.url}/x", {})
    with transport.stream(f"{server.url}/result", {}) as response:
        response.read()
    assert ["x-shopify-access-token" in asked.headers for asked in server.asked] == [True, False, False]


def test_redirects_are_not_followed(server, transport):
    server.replies = [Reply(status=307, headers={"Location": f"{server.url}/elsewhere"})]
    answer = transport.post_json(SHOP, f"{server.url}/x", {}, {"X-Shopify-Access-Token": "shpat_1"})
    assert answer.status_code == 307
    assert len(server.asked) == 1


def test_connections_are_used_again(server, transport):
    server.replies = [Reply(body={})]
    transport.post_json(SHOP, f"{server.url}/x", {})
    before = threading.active_count()
    for _ in range(5):
        transport.post_json(SHOP, f"{server.url}/x", {})
    assert threading.active_count() == before  # the server starts one thread per connection


@pytest.mark.parametrize(
    ("reply", "retry_after", "outcome_unknown"),
    [
        (Reply(status=429, headers={"Retry-After": "2.0"}), 2.0, False),
        (Reply(status=429), None, False),
        (Reply(status=429, headers={"Retry-After": "soon"}), None, False),
        (Reply(status=503, headers={"Retry-After": "-1"}), None, True),
        (Reply(status=500), None, True),
        (Reply(body=b"x" * 100, cut=10), None, True),
    ],
)
def test_what_may_work_later_is_unavailable(server, transport, reply, retry_after, outcome_unknown):
    server.replies = [reply]
    with pytest.raises(ShopifyUnavailable) as unavailable:
        transport.post_json(SHOP, f"{server.url}/x", {})
    assert unavailable.value.retry_after == retry_after
    assert unavailable.value.outcome_unknown is outcome_unknown
    assert unavailable.value.status == 503


def test_a_server_that_hangs_is_given_up_after_the_time_limit(server):
    released = threading.Event()

    def hang(asked):
        released.wait(10)
        return Reply()

    server.replies = [hang]
    with Transport(server.url, timeout=0.2) as impatient:
        with pytest.raises(ShopifyUnavailable) as unavailable:
            impatient.post_json(SHOP, f"{server.url}/x", {})
        released.set()
    assert unavailable.value.outcome_unknown


@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "http://", "http://127.0.0.1:99999999"])
def test_an_address_that_makes_no_sense_means_that_nothing_was_done(transport, address):
    with pytest.raises(ShopifyUnavailable) as unavailable:
        transport.post_json(SHOP, f"{address}/x", {})
    assert not unavailable.value.outcome_unknown


def test_a_refused_connection_means_that_nothing_was_done(server, transport):
    url = server.url
    server.stop()
    try:
        with pytest.raises(ShopifyUnavailable) as unavailable:
            transport.post_json(SHOP, f"{url}/x", {})
        assert not unavailable.value.outcome_unknown
    finally:
        server.__init__()


def test_neither_tokens_nor_addresses_reach_the_log_or_the_screen(server, transport, caplog, capfd):
    server.replies = [Reply(body={}), Reply(status=500, body=b"shpat_secret")]
    with caplog.at_level(logging.DEBUG):
        transport.post_json(SHOP, f"{server.url}/x", {}, {"X-Shopify-Access-Token": "shpat_secret"})
        with pytest.raises(ShopifyUnavailable) as unavailable:
            transport.post_json(SHOP, f"{server.url}/x", {}, {"X-Shopify-Access-Token": "shpat_secret"})
    out, err = capfd.readouterr()
    assert "shpat_secret" not in caplog.text + out + err + str(unavailable.value)
    assert server.url not in caplog.text


def test_a_failure_does_not_drag_the_request_and_its_token_along(server, transport):
    server.replies = [Reply(body=b"x" * 100, cut=10)]
    with pytest.raises(ShopifyUnavailable) as unavailable:
        transport.post_json(SHOP, f"{server.url}/x", {}, {"X-Shopify-Access-Token": "shpat_secret"})
    assert not isinstance(unavailable.value.__cause__, httpx.HTTPError)
    assert unavailable.value.__suppress_context__
