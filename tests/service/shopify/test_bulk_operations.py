from datetime import UTC, datetime

import pytest

from service.kit.errors import NotFound
from service.shopify.admin_graphql import AdminGraphql
from service.shopify.bulk_operations import BulkOperationBusy, read_bulk_operation, start_bulk_query
from service.shopify.documents import load
from service.shopify.graphql_answers import UserErrors
from tests.fakes.local_server import Reply

NODE = {
    "id": "gid://shopify/BulkOperation/720918",
    "status": "CREATED",
    "errorCode": None,
    "objectCount": "0",
    "fileSize": None,
    "createdAt": "2026-11-22T01:30:00Z",
    "completedAt": None,
    "url": None,
    "partialDataUrl": None,
}


@pytest.fixture
def client(transport) -> AdminGraphql:
    return AdminGraphql(transport, "a.myshopify.com", "shpat_1")


def make_start(operation: dict | None, *errors: dict) -> Reply:
    payload = {"bulkOperation": operation, "userErrors": list(errors)}
    return Reply(body={"data": {"bulkOperationRunQuery": payload}})


def test_a_bulk_query_is_started_with_the_documents_text(server, client):
    server.replies = [make_start(NODE)]
    operation = start_bulk_query(client, load("bulk_orders"))
    assert server.asked[0].json["variables"] == {"query": load("bulk_orders").text}
    assert operation.gid == NODE["id"]
    assert operation.created_at == datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    assert not operation.is_finished


@pytest.mark.parametrize("code", ["LIMIT_REACHED", "OPERATION_IN_PROGRESS"])
def test_too_many_running_operations_mean_later(server, client, code):
    server.replies = [make_start(None, {"code": code, "field": None, "message": "busy"})]
    with pytest.raises(BulkOperationBusy):
        start_bulk_query(client, load("bulk_orders"))


def test_a_query_that_shopify_does_not_take_is_an_error_of_ours(server, client):
    server.replies = [
        make_start(None, {"code": "INVALID", "field": ["query"], "message": "Invalid bulk query"})
    ]
    with pytest.raises(UserErrors, match="Invalid bulk query"):
        start_bulk_query(client, load("bulk_orders"))


def test_a_finished_operation_has_its_result(server, client):
    node = NODE | {
        "status": "COMPLETED",
        "objectCount": "549877",
        "completedAt": "2026-11-22T01:31:00Z",
        "url": "https://storage.example/result.jsonl",
    }
    server.replies = [Reply(body={"data": {"bulkOperation": node}})]
    operation = read_bulk_operation(client, NODE["id"])
    assert operation.is_finished
    assert operation.is_complete
    assert operation.object_count == 549_877
    assert operation.url == "https://storage.example/result.jsonl"


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        ("CREATED", False),
        ("RUNNING", False),
        ("CANCELING", False),
        ("FAILED", True),
        ("CANCELED", True),
        ("EXPIRED", True),
    ],
)
def test_only_a_completed_operation_is_complete(server, client, status, finished):
    server.replies = [
        Reply(body={"data": {"bulkOperation": NODE | {"status": status, "errorCode": "TIMEOUT"}}})
    ]
    operation = read_bulk_operation(client, NODE["id"])
    assert operation.is_finished is finished
    assert not operation.is_complete


def test_an_unknown_operation_is_not_found(server, client):
    server.replies = [Reply(body={"data": {"bulkOperation": None}})]
    with pytest.raises(NotFound):
        read_bulk_operation(client, NODE["id"])
