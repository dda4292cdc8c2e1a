import pytest

from service.shopify.admin_graphql import AdminGraphql
from service.shopify.graphql_answers import UserErrors
from service.shopify.metafields import (
    MetafieldIdentifier,
    MetafieldInput,
    delete_metafields,
    set_metafields,
    set_metafields_dropping_refused,
)
from tests.fakes.local_server import Asked, Reply

GONE = "gid://shopify/Product/7"


@pytest.fixture
def client(transport) -> AdminGraphql:
    return AdminGraphql(transport, "a.myshopify.com", "shpat_1")


def make_inputs(count: int) -> list[MetafieldInput]:
    return [
        MetafieldInput(f"gid://shopify/Product/{number}", "$app", "together", "list.product_reference", "[]")
        for number in range(1, count + 1)
    ]


def refuse_gone_owner(asked: Asked) -> Reply:
    owners = [entry["ownerId"] for entry in asked.json["variables"]["metafields"]]
    errors = [
        {
            "code": "INVALID",
            "field": ["metafields", str(position), "ownerId"],
            "message": "Owner does not exist",
            "elementIndex": None,
        }
        for position, owner in enumerate(owners)
        if owner == GONE
    ]
    metafields = None if errors else [{"id": owner} for owner in owners]
    return Reply(body={"data": {"metafieldsSet": {"metafields": metafields, "userErrors": errors}}})


def test_values_are_written_twenty_five_at_a_time(server, client):
    server.replies = [Reply(body={"data": {"metafieldsSet": {"metafields": [], "userErrors": []}}})]
    results = set_metafields(client, make_inputs(60))
    sent = [asked.json["variables"]["metafields"] for asked in server.asked]
    assert [len(chunk) for chunk in sent] == [25, 25, 10]
    assert [len(result.inputs) for result in results] == [25, 25, 10]
    assert all(result.written for result in results)
    assert sent[0][0] == {
        "ownerId": "gid://shopify/Product/1",
        "namespace": "$app",
        "key": "together",
        "type": "list.product_reference",
        "value": "[]",
    }


def test_nothing_to_write_asks_nothing(server, client):
    assert set_metafields(client, []) == []
    delete_metafields(client, [])
    assert server.asked == []


def test_a_refused_chunk_names_its_culprit_and_does_not_stop_the_next(server, client):
    server.replies = [refuse_gone_owner]
    first, second = set_metafields(client, make_inputs(30))
    assert not first.written
    assert {position: error.code for position, error in first.refused.items()} == {6: "INVALID"}
    assert len(first.retryable) == 24
    assert GONE not in {entry.owner_id for entry in first.retryable}
    assert second.written
    assert second.retryable == ()


def test_what_stood_beside_a_refused_value_is_written_without_it(server, client):
    server.replies = [refuse_gone_owner]
    results = set_metafields_dropping_refused(client, make_inputs(30))
    written = {entry.owner_id for result in results if result.written for entry in result.inputs}
    assert len(written) == 29
    assert GONE not in written
    assert len(server.asked) == 3


def test_an_error_of_the_whole_call_refuses_all_of_it_and_leaves_nothing_worth_repeating(server, client):
    error = {"code": "APP_NOT_AUTHORIZED", "field": None, "message": "no", "elementIndex": None}
    server.replies = [Reply(body={"data": {"metafieldsSet": {"metafields": None, "userErrors": [error]}}})]
    (result,) = set_metafields_dropping_refused(client, make_inputs(2))
    assert not result.written
    assert [error.code for error in result.refused.values()] == ["APP_NOT_AUTHORIZED"] * 2
    assert result.retryable == ()


def test_the_element_index_is_used_where_shopify_gives_one(server, client):
    error = {"code": "INVALID_VALUE", "field": ["metafields"], "message": "no", "elementIndex": 1}
    server.replies = [Reply(body={"data": {"metafieldsSet": {"metafields": None, "userErrors": [error]}}})]
    (result,) = set_metafields(client, make_inputs(3))
    assert list(result.refused) == [1]


def test_values_are_removed_by_owner_and_key(server, client):
    server.replies = [Reply(body={"data": {"metafieldsDelete": {"userErrors": []}}})]
    delete_metafields(
        client, [MetafieldIdentifier(f"gid://shopify/Product/{n}", "$app", "together") for n in range(30)]
    )
    sent = [asked.json["variables"]["metafields"] for asked in server.asked]
    assert [len(chunk) for chunk in sent] == [25, 5]
    assert sent[0][0] == {"ownerId": "gid://shopify/Product/0", "namespace": "$app", "key": "together"}


def test_a_refused_removal_is_raised(server, client):
    error = {"field": ["metafields", "0"], "message": "no"}
    server.replies = [Reply(body={"data": {"metafieldsDelete": {"userErrors": [error]}}})]
    with pytest.raises(UserErrors):
        delete_metafields(client, [MetafieldIdentifier(GONE, "$app", "together")])
