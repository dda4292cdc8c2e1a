"""Bulk operations: what is allowed, what the file holds, how it is fetched."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from devstore.commerce import add_fulfillment_event, change_scopes, fulfill
from devstore.payloads import order_payload
from devstore.store import Store
from tests.devstore.conftest import Goods, queued, wait_until

Ask = Callable[..., Any]
RUN = """mutation ($q: String!, $grouped: Boolean! = false) { bulkOperationRunQuery(query: $q, groupObjects: $grouped) {
  bulkOperation { id status } userErrors { code message } } }"""
READ = """query ($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount rootObjectCount fileSize url
  partialDataUrl completedAt } }"""
ORDERS = """{ orders { edges { node { id cancelledAt test customAttributes { key value } discountCodes customer { id }
  lineItems { edges { node { id quantity currentQuantity product { id title } variant { id } } } } } } } }"""


def run(ask: Ask, query: str, **more: Any) -> Any:
    started = ask(RUN, q=query, **more)["data"]["bulkOperationRunQuery"]
    assert started["userErrors"] == []
    number = started["bulkOperation"]["id"]
    wait_until(lambda: ask(READ, id=number)["data"]["bulkOperation"]["status"] not in ("CREATED", "RUNNING"))
    return ask(READ, id=number)["data"]["bulkOperation"]


def fetch(client: FlaskClient, operation: Any) -> list[dict[str, Any]]:
    body = client.get(operation["url"].removeprefix("http://store.example")).data
    return [json.loads(line) for line in body.splitlines()]


def test_children_are_lines_of_their_own_that_name_their_parent(
    ask: Ask, client: FlaskClient, goods: Goods
) -> None:
    operation = run(ask, ORDERS)
    lines = fetch(client, operation)

    assert (operation["status"], operation["objectCount"], operation["rootObjectCount"]) == (
        "COMPLETED",
        "5",
        "2",
    )
    orders = [line for line in lines if "__parentId" not in line]
    assert [order["id"] for order in orders] == [f"gid://shopify/Order/{one}" for one in goods.orders]
    assert orders[0]["customAttributes"] == [{"key": "ref", "value": "x"}]
    assert set(orders[0]) == {"id", "cancelledAt", "test", "customAttributes", "discountCodes", "customer"}
    children = [line for line in lines if line.get("__parentId") == orders[0]["id"]]
    assert [(child["quantity"], child["product"]["title"]) for child in children] == [
        (1, "Zelt Lichtung"),
        (2, "Heringe"),
    ]


def test_a_bulk_line_says_the_same_as_a_single_request(ask: Ask, client: FlaskClient, goods: Goods) -> None:
    fields = """id name number createdAt processedAt email displayFinancialStatus test customerLocale
      totalPriceSet { shopMoney { amount currencyCode } } shippingAddress { city } fulfillments { id }
      customer { id displayName numberOfOrders } alias: name __typename"""
    (line, _) = fetch(client, run(ask, f"{{ orders {{ edges {{ node {{ {fields} }} }} }} }}"))
    single = ask(f"query ($id: ID!) {{ order(id: $id) {{ {fields} }} }}", id=line["id"])["data"]["order"]

    assert line == single
    assert list(line) == list(single)


def test_everything_but_a_gift_card_is_shipped_whichever_way_the_app_asks(
    ask: Ask, client: FlaskClient, goods: Goods, store: Store
) -> None:
    with store.writing() as db:
        db.execute("UPDATE products SET gift_card = 1 WHERE id = ?", (goods.products[1],))
    fields = "id requiresShipping isGiftCard"
    bulk = f"{{ orders {{ edges {{ node {{ id lineItems {{ edges {{ node {{ {fields} }} }} }} }} }} }} }}"
    single = f"query ($id: ID!) {{ order(id: $id) {{ lineItems(first: 5) {{ nodes {{ {fields} }} }} }} }}"
    gid = f"gid://shopify/Order/{goods.orders[0]}"
    lines = [line for line in fetch(client, run(ask, bulk)) if line.get("__parentId") == gid]
    with store.reading() as db:
        told = order_payload(db, goods.orders[0])["line_items"]

    assert [(line["requiresShipping"], line["isGiftCard"]) for line in lines] == [
        (True, False),
        (False, True),
    ]
    nodes = ask(single, id=gid)["data"]["order"]["lineItems"]["nodes"]
    assert nodes == [{key: line[key] for key in fields.split()} for line in lines]
    assert [(line["requires_shipping"], line["gift_card"]) for line in told] == [(True, False), (False, True)]


def test_parcels_stay_inside_their_order_s_line(
    ask: Ask, client: FlaskClient, goods: Goods, store: Store
) -> None:
    with store.writing() as db:
        parcel = fulfill(db, goods.orders[1], tracking_company="DHL", tracking_number="0034")
        add_fulfillment_event(db, parcel, "delivered")
    fields = "id createdAt updatedAt deliveredAt displayStatus trackingInfo { company number url }"
    lines = fetch(
        client, run(ask, f"{{ orders {{ edges {{ node {{ id fulfillments {{ {fields} }} }} }} }} }}")
    )

    assert [len(line["fulfillments"]) for line in lines] == [0, 1]
    (told,) = lines[1]["fulfillments"]
    assert (told["displayStatus"], told["trackingInfo"][0]["number"]) == ("DELIVERED", "0034")
    assert told["deliveredAt"] >= told["createdAt"]


def test_filters_and_groups_are_obeyed(ask: Ask, client: FlaskClient, goods: Goods) -> None:
    lines = fetch(
        client,
        run(ask, ORDERS.replace("orders {", f'orders(query: "id:>{goods.orders[0]}") {{'), grouped=True),
    )

    assert [line["id"].split("/")[3] for line in lines] == ["Order", "LineItem"]


def test_without_read_all_orders_a_bulk_query_sees_60_days(ask: Ask, goods: Goods, store: Store) -> None:
    with store.writing() as db:
        db.execute("UPDATE orders SET created_at = '2020-01-01T00:00:00Z'")
        change_scopes(db, withdraw=["read_all_orders"])
    operation = run(ask, ORDERS)

    assert (operation["status"], operation["objectCount"], operation["url"]) == ("COMPLETED", "0", None)


def test_a_missing_scope_fails_the_operation(ask: Ask, goods: Goods, store: Store) -> None:
    with store.writing() as db:
        change_scopes(db, withdraw=["read_customers"])
    operation = run(ask, ORDERS)

    assert (operation["status"], operation["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_the_app_is_told_when_an_operation_ends_but_not_where_the_file_is(
    ask: Ask, goods: Goods, store: Store
) -> None:
    run(ask, ORDERS)
    (payload,) = queued(store, "bulk_operations/finish")

    assert set(payload) == {
        "admin_graphql_api_id",
        "completed_at",
        "created_at",
        "error_code",
        "status",
        "type",
    }
    assert (payload["status"], payload["type"]) == ("completed", "query")


def test_an_interrupted_download_goes_on_by_range(ask: Ask, client: FlaskClient, goods: Goods) -> None:
    path = run(ask, ORDERS)["url"].removeprefix("http://store.example")
    whole = client.get(path).data
    rest = client.get(path, headers={"Range": "bytes=100-"})

    assert (rest.status_code, rest.data) == (206, whole[100:])
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("{ shop { name } }", "top-level connection"),
        ("{ orders { edges { node { name } } } }", "id"),
        ("{ orders { edges { node { id colour } } } }", "colour"),
        ("{ orders { edges { node { id ", "Syntax Error"),
        ("{ a: orders { edges { node { id } } } products { edges { node { id } } } }", "exactly one"),
        ("{ orders { edges { node { id refunds { id refundLineItems { edges { node { id } } } } } } } }", "list field"),
        ("{ customers { edges { node { id orders { edges { node { id "
         "lineItems { edges { node { id } } } } } } } } } }", "deeper"),
        ("mutation { metafieldsDelete(metafields: []) { userErrors { message } } }", "query"),
    ],
)  # fmt: skip
def test_queries_that_shopify_refuses_are_refused(ask: Ask, query: str, problem: str) -> None:
    answer = ask(RUN, q=query)["data"]["bulkOperationRunQuery"]

    assert answer["bulkOperation"] is None
    assert problem in answer["userErrors"][0]["message"]


def test_five_operations_may_run_at_once(ask: Ask, store: Store) -> None:
    with store.writing() as db:
        for number in range(5):
            db.execute(
                "INSERT INTO bulk_operations (id, gid, type, status, query, created_at)"
                " VALUES (?, ?, 'QUERY', 'RUNNING', '', '')",
                (number, str(number)),
            )
    answer = ask(RUN, q=ORDERS)["data"]["bulkOperationRunQuery"]

    assert answer["userErrors"][0]["code"] == "LIMIT_REACHED"


def test_a_finished_operation_cannot_be_cancelled_and_a_running_one_ends(
    ask: Ask, goods: Goods, store: Store
) -> None:
    cancel = "mutation ($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    run(ask, ORDERS)
    with store.reading() as db:
        number, gid = db.execute("SELECT id, gid FROM bulk_operations").fetchone()
    assert ask(cancel, id=gid)["data"]["bulkOperationCancel"]["userErrors"]

    with store.writing() as db:
        db.execute("UPDATE bulk_operations SET status = 'RUNNING' WHERE id = ?", (number,))
    assert ask(cancel, id=gid)["data"]["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELING"
