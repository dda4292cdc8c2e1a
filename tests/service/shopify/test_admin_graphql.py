import threading

import pytest
import shopify

from service.shopify.admin_graphql import AdminGraphql, GraphqlRejected
from service.shopify.documents import Document
from service.shopify.errors import AccessTokenRejected, ShopifyRefused, ShopifyUnavailable
from service.shopify.graphql_answers import UserErrors
from service.shopify.transport import Transport
from tests.fakes.local_server import Reply

SHOP = "danke-demo.myshopify.com"
DOCUMENT = Document("shop", "query Shop { shop { name } }")
DATA = {"data": {"shop": {"name": "Danke Demo"}}}


def make_cost(requested=112, available=1000.0, maximum=2000.0, restore=100.0) -> dict:
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": None,
            "throttleStatus": {
                "maximumAvailable": maximum,
                "currentlyAvailable": available,
                "restoreRate": restore,
            },
        }
    }


def make_throttled(**cost) -> Reply:
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return Reply(body={"errors": [error], "extensions": make_cost(**cost)})


class Sleeps(list):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def client(transport, sleeps) -> AdminGraphql:
    return AdminGraphql(transport, SHOP, "shpat_1", sleep=sleeps)


def test_a_document_is_sent_to_the_version_we_speak_with_the_shops_token(server, client):
    server.replies = [Reply(body=DATA | {"extensions": make_cost()})]
    answer = client.execute(DOCUMENT, {"a": 1})
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/admin/api/2026-10/graphql.json")
    assert asked.headers["x-shopify-access-token"] == "shpat_1"
    assert asked.headers["x-forwarded-host"] == SHOP
    assert asked.json == {"query": DOCUMENT.text, "variables": {"a": 1}}
    assert answer.data == DATA["data"]
    assert answer.errors == ()
    assert (answer.cost.requested, answer.cost.restore_rate) == (112, 100)


def test_a_throttled_document_waits_until_the_bucket_holds_enough(server, client, sleeps):
    server.replies = [
        make_throttled(requested=500, available=100.0),
        make_throttled(requested=500, available=480),
        Reply(body=DATA),
    ]
    assert client.execute(DOCUMENT).data == DATA["data"]
    assert sleeps == [4.0, 0.2]
    assert len(server.asked) == 3


def test_a_throttled_document_is_tried_again_even_if_shopify_says_that_there_is_enough(
    server, client, sleeps
):
    server.replies = [make_throttled(requested=10, available=1000), Reply(body=DATA)]
    client.execute(DOCUMENT)
    assert sleeps == [0.1]


def test_waiting_for_the_bucket_ends_with_patience(server, transport, sleeps):
    client = AdminGraphql(transport, SHOP, "shpat_1", patience=10, sleep=sleeps)
    server.replies = [make_throttled(requested=500, available=100)]
    with pytest.raises(ShopifyUnavailable) as unavailable:
        client.execute(DOCUMENT)
    assert sleeps == [4.0, 4.0]
    assert unavailable.value.retry_after == 4.0
    assert not unavailable.value.outcome_unknown


def test_a_throttled_answer_without_a_cost_is_tried_again_within_bounds(server, transport, sleeps):
    client = AdminGraphql(transport, SHOP, "shpat_1", patience=3, sleep=sleeps)
    server.replies = [Reply(body={"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]})]
    with pytest.raises(ShopifyUnavailable):
        client.execute(DOCUMENT)
    assert sleeps == [1.0, 1.0, 1.0]


def test_a_document_that_no_bucket_of_the_shop_can_pay_is_rejected_at_once(server, client, sleeps):
    server.replies = [make_throttled(requested=3000, available=2000, maximum=2000)]
    with pytest.raises(GraphqlRejected) as rejected:
        client.execute(DOCUMENT)
    assert rejected.value.codes == {"MAX_COST_EXCEEDED"}
    assert sleeps == []


def test_partial_data_is_kept_beside_the_errors_that_explain_the_gaps(server, client):
    error = {
        "message": "This app is not approved to use the email field.",
        "path": ["orders", "nodes", 0, "email"],
        "extensions": {"code": "ACCESS_DENIED"},
    }
    data = {"orders": {"nodes": [{"id": "gid://shopify/Order/1", "email": None}]}}
    server.replies = [Reply(body={"data": data, "errors": [error]})]
    answer = client.execute(DOCUMENT)
    assert answer.data == data
    assert answer.errors[0].code == "ACCESS_DENIED"
    assert answer.errors[0].path == ("orders", "nodes", 0, "email")


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": {"orders": None, "shop": None}}])
def test_errors_without_data_are_a_rejection(server, client, data):
    error = {"message": "Access denied for orders field.", "extensions": {"code": "ACCESS_DENIED"}}
    server.replies = [Reply(body=data | {"errors": [error]})]
    with pytest.raises(GraphqlRejected, match=r"shop: Access denied for orders field\.") as rejected:
        client.execute(DOCUMENT)
    assert rejected.value.codes == {"ACCESS_DENIED"}
    assert rejected.value.status == 502


def test_something_that_is_gone_is_no_error(server, client):
    server.replies = [Reply(body={"data": {"order": None}})]
    assert client.execute(DOCUMENT).data == {"order": None}


def test_errors_that_are_one_sentence_are_a_rejection(server, client):
    server.replies = [Reply(body={"errors": "Not Found"})]
    with pytest.raises(GraphqlRejected, match="Not Found"):
        client.execute(DOCUMENT)


def test_a_failure_inside_shopify_may_be_tried_again(server, client):
    error = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    server.replies = [Reply(body={"errors": [error]})]
    with pytest.raises(ShopifyUnavailable) as unavailable:
        client.execute(DOCUMENT)
    assert unavailable.value.outcome_unknown


def test_a_token_that_shopify_no_longer_takes_is_told_apart(server, client):
    message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    server.replies = [Reply(status=401, body={"errors": message})]
    with pytest.raises(AccessTokenRejected):
        client.execute(DOCUMENT)


@pytest.mark.parametrize("status", [301, 400, 402, 403, 404, 423])
def test_other_refusals_are_not_worth_trying_again(server, client, status):
    server.replies = [Reply(status=status, body=b"<html>")]
    with pytest.raises(ShopifyRefused) as refused:
        client.execute(DOCUMENT)
    assert refused.value.http_status == status


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429, headers={"Retry-After": "2.0"}),
        Reply(status=502, body=b"<html>Bad gateway"),
        Reply(body=b"<html>"),
        Reply(body=b"[1]"),
        Reply(body=b'{"data": {"shop"', cut=5),
    ],
)
def test_what_is_no_answer_may_be_tried_again(server, client, reply):
    server.replies = [reply]
    with pytest.raises(ShopifyUnavailable):
        client.execute(DOCUMENT)


def test_a_shop_that_does_not_answer_in_time_is_unavailable(server):
    released = threading.Event()

    def hang(asked):
        released.wait(10)
        return Reply(body=DATA)

    server.replies = [hang]
    with Transport(server.url, timeout=0.2) as impatient:
        with pytest.raises(ShopifyUnavailable):
            AdminGraphql(impatient, SHOP, "shpat_1").execute(DOCUMENT)
        released.set()


def test_nothing_is_printed_whatever_shopify_answers(server, client, capfd):
    server.replies = [Reply(status=status, body=b"shpat_1 in a body") for status in (500, 429, 401, 404, 200)]
    for _ in range(5):
        with pytest.raises(Exception, match="Shopify"):
            client.execute(DOCUMENT)
    assert capfd.readouterr() == ("", "")


def test_shops_at_the_same_time_never_send_each_others_token(server, transport):
    server.replies = [lambda asked: Reply(body={"data": {"token": asked.headers["x-shopify-access-token"]}})]
    shops = [(f"shop-{number}.myshopify.com", f"shpat_{number}") for number in range(8)]
    mixed_up = []

    def ask(domain: str, token: str) -> None:
        client = AdminGraphql(transport, domain, token)
        for _ in range(10):
            if client.execute(DOCUMENT).data["token"] != token:
                mixed_up.append(domain)

    threads = [threading.Thread(target=ask, args=shop) for shop in shops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed_up == []
    pairs = {
        (asked.headers["x-forwarded-host"], asked.headers["x-shopify-access-token"]) for asked in server.asked
    }
    assert pairs == set(shops)


def test_no_session_of_shopifyapi_is_left_active(server, client):
    server.replies = [Reply(body=DATA)]
    client.execute(DOCUMENT)
    assert shopify.ShopifyResource.get_site() is None
    assert "X-Shopify-Access-Token" not in shopify.ShopifyResource.get_headers()


def test_a_printed_client_does_not_show_its_token(client):
    assert "shpat_1" not in repr(client)
    assert SHOP in repr(client)


def test_user_errors_of_a_mutation_are_raised_with_their_fields(server, client):
    errors = [
        {
            "field": ["metafields", "3", "value"],
            "message": "is invalid",
            "code": "INVALID_VALUE",
            "elementIndex": 3,
        },
        {"field": None, "message": "is not allowed"},
    ]
    server.replies = [Reply(body={"data": {"metafieldsSet": {"metafields": None, "userErrors": errors}}})]
    answer = client.execute(DOCUMENT)
    with pytest.raises(
        UserErrors, match=r"metafields\.3\.value: is invalid; metafieldsSet: is not allowed"
    ) as raised:
        answer.payload("metafieldsSet")
    first, second = raised.value.errors
    assert (first.field, first.code, first.element_index) == (
        ("metafields", "3", "value"),
        "INVALID_VALUE",
        3,
    )
    assert (second.field, second.code, second.element_index) == ((), None, None)


def test_a_mutation_without_user_errors_gives_its_payload(server, client):
    server.replies = [
        Reply(body={"data": {"metafieldsSet": {"metafields": [{"id": "x"}], "userErrors": []}}})
    ]
    assert client.execute(DOCUMENT).payload("metafieldsSet")["metafields"] == [{"id": "x"}]
