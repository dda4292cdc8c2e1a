"""The Admin API: Shopify's schema, scopes, limits and errors."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from graphql import GraphQLObjectType, validate_schema

from devstore.admin_api.fields import FIELDS
from devstore.admin_api.graphql import load_schema
from devstore.commerce import add_fulfillment_event, change_scopes, fulfill, open_quantities, refund
from devstore.store import Store, timestamp, write_setting
from tests.devstore.conftest import Goods, exchange, queued

Ask = Callable[..., Any]
SET = """mutation ($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { id namespace key type value compareDigest } userErrors { field message code elementIndex } } }"""


def product_gid(number: int) -> str:
    return f"gid://shopify/Product/{number}"


def together(owner: int, *others: int, **changes: Any) -> dict[str, Any]:
    return {
        "ownerId": product_gid(owner),
        "key": "together",
        "value": json.dumps(list(map(product_gid, others))),
    } | changes


def set_one(ask: Ask, **metafield: Any) -> Any:
    return ask(SET, metafields=[metafield])["data"]["metafieldsSet"]


def test_an_order_reads_like_shopifys(ask: Ask, goods: Goods) -> None:
    order = ask(
        """query ($id: ID!) { order(id: $id) { id name test cancelledAt customAttributes { key value } discountCodes
           displayFinancialStatus displayFulfillmentStatus totalPriceSet { shopMoney { amount currencyCode } }
           customer { id displayName defaultEmailAddress { emailAddress } }
           lineItems(first: 5) { nodes { quantity currentQuantity title
             product { id handle } variant { id sku } } } } }""",
        id=f"gid://shopify/Order/{goods.orders[0]}",
    )["data"]["order"]

    assert (order["name"], order["displayFinancialStatus"], order["displayFulfillmentStatus"]) == (
        "#1001",
        "PAID",
        "UNFULFILLED",
    )
    assert order["totalPriceSet"]["shopMoney"] == {"amount": "223.70", "currencyCode": "EUR"}
    assert order["customer"]["displayName"] == "Anna Ahrens"
    assert order["customer"]["defaultEmailAddress"]["emailAddress"] == "anna@example.com"
    assert order["customAttributes"] == [{"key": "ref", "value": "x"}]
    assert [line["quantity"] for line in order["lineItems"]["nodes"]] == [1, 2]
    assert order["lineItems"]["nodes"][0]["product"] == {
        "id": product_gid(goods.products[0]),
        "handle": "zelt-lichtung",
    }


def test_fulfillments_events_and_refunds_hang_on_their_order(ask: Ask, goods: Goods, store: Store) -> None:
    with store.writing() as db:
        line = next(iter(open_quantities(db, goods.orders[0])))
        parcel = fulfill(
            db, goods.orders[0], tracking_company="DHL", tracking_number="1", quantities={line: 1}
        )
        add_fulfillment_event(db, parcel, "in_transit")
        add_fulfillment_event(db, parcel, "delivered")
        refund(db, goods.orders[0], quantities={line: 1})
    order = ask(
        """query ($id: ID!) { order(id: $id) { displayFulfillmentStatus displayFinancialStatus
           fulfillments(first: 5) { status displayStatus deliveredAt trackingInfo { company number }
             fulfillmentLineItems(first: 5) { nodes { quantity lineItem { title } } }
             events(first: 5, sortKey: HAPPENED_AT) { nodes { status happenedAt } } }
           refunds { totalRefundedSet { shopMoney { amount } }
             refundLineItems(first: 5) { nodes { quantity } } } } }""",
        id=f"gid://shopify/Order/{goods.orders[0]}",
    )["data"]["order"]

    assert (order["displayFulfillmentStatus"], order["displayFinancialStatus"]) == (
        "PARTIALLY_FULFILLED",
        "PARTIALLY_REFUNDED",
    )
    (parcel,) = order["fulfillments"]
    assert (parcel["displayStatus"], parcel["trackingInfo"]) == (
        "DELIVERED",
        [{"company": "DHL", "number": "1"}],
    )
    assert [event["status"] for event in parcel["events"]["nodes"]] == ["IN_TRANSIT", "DELIVERED"]
    assert parcel["fulfillmentLineItems"]["nodes"] == [
        {"quantity": 1, "lineItem": {"title": "Zelt Lichtung"}}
    ]
    assert order["refunds"][0]["totalRefundedSet"]["shopMoney"]["amount"] == "199.00"
    assert order["refunds"][0]["refundLineItems"]["nodes"] == [{"quantity": 1}]


def test_pages_follow_their_cursors_in_both_directions(ask: Ask, goods: Goods) -> None:
    query = """query ($after: String, $reverse: Boolean) { products(first: 1, after: $after, reverse: $reverse,
      sortKey: UPDATED_AT) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
    for reverse in (False, True):
        seen, after = [], None
        while True:
            page = ask(query, after=after, reverse=reverse)["data"]["products"]
            seen += [node["id"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == [product_gid(one) for one in sorted(goods.products, reverse=reverse)]


def test_search_knows_comparisons_joined_by_and(ask: Ask, goods: Goods, store: Store) -> None:
    with store.writing() as db:
        db.execute("UPDATE orders SET created_at = '2026-01-01T00:00:00Z' WHERE id = ?", (goods.orders[0],))
    query = "query ($q: String) { orders(first: 5, query: $q) { nodes { name } } }"

    def names(search: str) -> list[str]:
        return [node["name"] for node in ask(query, q=search)["data"]["orders"]["nodes"]]

    assert names("created_at:<2026-02-01") == ["#1001"]
    assert names(f"created_at:>='2026-02-01T00:00:00+01:00' AND id:>{goods.orders[0]}") == ["#1002"]
    assert names("financial_status:paid updated_at:>=2020-01-01") == ["#1001", "#1002"]
    answer = ask(query, q="shoe_size:43")
    assert "cannot search orders" in answer["errors"][0]["message"]


def test_a_document_that_shopifys_schema_does_not_allow_is_refused(ask: Ask) -> None:
    answer = ask("{ orders(first: 1) { nodes { favouriteColour } } }")

    assert "Cannot query field 'favouriteColour'" in answer["errors"][0]["message"]
    assert "data" not in answer


def test_every_field_of_the_resolver_table_exists_in_shopifys_schema() -> None:
    schema = load_schema()
    assert validate_schema(schema) == []

    for name, fields in FIELDS.items():
        owner = schema.type_map[name]
        assert isinstance(owner, GraphQLObjectType)
        assert set(fields) - set(owner.fields) == set(), name


def test_a_mutation_that_is_not_carried_out_says_so(ask: Ask, store: Store) -> None:
    answer = ask("mutation { stagedUploadsCreate(input: []) { stagedTargets { url } } }")

    assert answer["errors"][0]["extensions"]["code"] == "NOT_IMPLEMENTED"


def test_a_missing_scope_is_access_denied(ask: Ask, goods: Goods, store: Store) -> None:
    with store.writing() as db:
        change_scopes(db, withdraw=["read_orders", "write_products", "read_products"])
    answer = ask("{ orders(first: 1) { nodes { id } } }")

    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "`read_orders`" in answer["errors"][0]["message"]
    answer = ask(SET, metafields=[together(goods.products[0], goods.products[1])])
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_without_read_all_orders_there_are_only_60_days(ask: Ask, goods: Goods, store: Store) -> None:
    with store.writing() as db:
        old = timestamp(datetime.now(UTC) - timedelta(days=61))
        db.execute("UPDATE orders SET created_at = ? WHERE id = ?", (old, goods.orders[0]))
        change_scopes(db, withdraw=["read_all_orders"])
    query = "query ($id: ID!) { orders(first: 9) { nodes { name } } order(id: $id) { name } }"
    data = ask(query, id=f"gid://shopify/Order/{goods.orders[0]}")["data"]

    assert data == {"orders": {"nodes": [{"name": "#1002"}]}, "order": None}


def test_personal_fields_without_approval_are_null_beside_an_error(
    ask: Ask, goods: Goods, store: Store
) -> None:
    with store.writing() as db:
        write_setting(db, "protected_data", False)
    answer = ask("{ customers(first: 1) { nodes { id firstName lastName } } }")

    (customer,) = answer["data"]["customers"]["nodes"]
    assert customer["id"]
    assert (customer["firstName"], customer["lastName"]) == (None, None)
    assert {error["path"][-1] for error in answer["errors"]} == {"firstName", "lastName"}


def test_cost_is_counted_and_a_request_above_1000_points_is_refused(ask: Ask, goods: Goods) -> None:
    answer = ask("{ orders(first: 10) { nodes { id lineItems(first: 5) { nodes { id } } } } }")
    cost = answer["extensions"]["cost"]

    assert cost["requestedQueryCost"] == 10 * (1 + 5)
    assert cost["actualQueryCost"] == 2 + 3
    assert cost["throttleStatus"]["maximumAvailable"] == 2_000
    answer = ask("{ orders(first: 100) { nodes { id lineItems(first: 50) { nodes { id } } } } }")
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_an_empty_bucket_throttles_with_http_200_and_fills_up_again(
    ask: Ask, goods: Goods, store: Store
) -> None:
    with store.writing() as db:
        write_setting(db, "points", {"maximum": 30, "restore_rate": 0.01})
    mutate = "mutation { metafieldsDelete(metafields: []) { userErrors { message } } }"
    answers = [ask(mutate) for _ in range(5)]

    throttled = [one for one in answers if one.get("errors")]
    assert throttled[0]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert throttled[0]["extensions"]["cost"]["throttleStatus"]["restoreRate"] == 0.01
    with store.writing() as db:
        write_setting(db, "points", {"maximum": 30, "restore_rate": 1_000_000})
    assert "errors" not in ask(mutate)


def test_another_api_version_and_a_broken_body_are_refused(client: FlaskClient, shop: Flask) -> None:
    token = exchange(client, shop.extensions["config"]).get_json()["access_token"]
    headers = {"X-Shopify-Access-Token": token}

    assert (
        client.post(
            "/admin/api/2024-01/graphql.json", json={"query": "{ shop { id } }"}, headers=headers
        ).status_code
        == 404
    )
    assert client.post("/admin/api/2026-10/graphql.json", data="{", headers=headers).status_code == 400


def test_metafields_land_in_the_apps_own_namespace_and_echo_as_product_updates(
    ask: Ask, goods: Goods, store: Store
) -> None:
    tent, pegs = goods.products
    before = len(queued(store, "products/update"))
    answer = ask(SET, metafields=[together(tent, pegs), together(pegs, tent)])["data"]["metafieldsSet"]

    assert answer["userErrors"] == []
    assert [one["namespace"] for one in answer["metafields"]] == ["app--client-1"] * 2
    assert [one["type"] for one in answer["metafields"]] == ["list.product_reference"] * 2
    assert len(queued(store, "products/update")) == before + 2
    read = """query ($id: ID!) { product(id: $id) { metafield(namespace: "$app", key: "together") { value jsonValue }
              metafields(first: 5, namespace: "$app") { nodes { key } } } }"""
    product = ask(read, id=product_gid(tent))["data"]["product"]
    assert product["metafield"]["jsonValue"] == [product_gid(pegs)]
    assert product["metafields"]["nodes"] == [{"key": "together"}]


def test_one_bad_metafield_keeps_all_25_from_being_written(ask: Ask, goods: Goods, store: Store) -> None:
    tent, pegs = goods.products
    answer = ask(SET, metafields=[together(tent, pegs), together(pegs, 4_711)])["data"]["metafieldsSet"]

    assert answer["metafields"] is None
    assert answer["userErrors"][0] | {"message": ""} == {
        "field": ["metafields", "1", "value"], "message": "", "code": "INVALID_VALUE", "elementIndex": 1,
    }  # fmt: skip
    with store.reading() as db:
        assert db.execute("SELECT count(*) FROM metafields").fetchone()[0] == 0
    answer = ask(SET, metafields=[together(tent, pegs)] * 26)["data"]["metafieldsSet"]
    assert answer["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value": "["}, "INVALID_VALUE"),
        ({"value": '"x"'}, "INVALID_VALUE"),
        ({"type": "json"}, "INVALID_TYPE"),
        ({"key": "other"}, "BLANK"),
        ({"key": "other", "type": "colour"}, "INCLUSION"),
        ({"key": "x", "type": "json"}, "INVALID"),
        ({"namespace": "app--someone-else"}, "APP_NOT_AUTHORIZED"),
        ({"ownerId": "gid://shopify/Product/4711"}, "INVALID"),
        ({"key": "big", "type": "json", "value": json.dumps("x" * 131_072)}, "TOO_LONG"),
        ({"compareDigest": "old"}, "STALE_OBJECT"),
    ],
)  # fmt: skip
def test_metafields_are_checked(ask: Ask, goods: Goods, change: dict[str, Any], code: str) -> None:
    assert (
        set_one(ask, **together(goods.products[0], goods.products[1]) | change)["userErrors"][0]["code"]
        == code
    )


def test_a_list_of_more_than_128_products_is_refused(ask: Ask, goods: Goods) -> None:
    answer = set_one(ask, **together(goods.products[0], *[goods.products[1]] * 129))

    assert answer["userErrors"][0]["code"] == "INVALID_VALUE"


def test_compare_digest_lets_only_the_knowing_overwrite(ask: Ask, goods: Goods) -> None:
    tent, pegs = goods.products
    written = set_one(ask, **together(tent, pegs), compareDigest=None)["metafields"][0]
    again = set_one(ask, **together(tent), compareDigest=None)
    assert again["userErrors"][0]["code"] == "STALE_OBJECT"

    assert set_one(ask, **together(tent), compareDigest=written["compareDigest"])["userErrors"] == []


def test_app_data_sits_on_the_installation_and_needs_no_scope(ask: Ask, store: Store) -> None:
    with store.writing() as db:
        change_scopes(db, withdraw=["write_products"])
    installation = ask("{ currentAppInstallation { id accessScopes { handle } } }")["data"][
        "currentAppInstallation"
    ]
    brand = {
        "ownerId": installation["id"],
        "namespace": "danke",
        "key": "brand",
        "type": "json",
        "value": '{"name":"x"}',
    }
    assert set_one(ask, **brand)["userErrors"] == []

    read = '{ currentAppInstallation { metafield(namespace: "danke", key: "brand") { value namespace } } }'
    stored = ask(read)["data"]["currentAppInstallation"]["metafield"]
    assert stored == {"value": '{"name":"x"}', "namespace": "danke"}
    gone = """mutation ($m: [MetafieldIdentifierInput!]!) {
      metafieldsDelete(metafields: $m) { userErrors { message } } }"""
    ask(gone, m=[{"ownerId": installation["id"], "namespace": "danke", "key": "brand"}])
    assert ask(read)["data"]["currentAppInstallation"]["metafield"] is None


def test_25_metafields_are_written_at_once_and_again_without_doubling(
    ask: Ask, store: Store, goods: Goods
) -> None:
    tent, pegs = goods.products
    wishes = [
        together(tent, *[pegs] * 12, key=f"k{number:02}", type="list.product_reference")
        for number in range(25)
    ]
    for _ in range(2):
        assert ask(SET, metafields=wishes)["data"]["metafieldsSet"]["userErrors"] == []

    with store.reading() as db:
        assert db.execute("SELECT count(*) FROM metafields").fetchone()[0] == 25


def test_a_fulfillment_event_can_be_reported_once_the_scope_is_granted(
    ask: Ask, goods: Goods, store: Store
) -> None:
    with store.writing() as db:
        parcel = fulfill(db, goods.orders[1], tracking_company="DHL", tracking_number="1")
    mutation = """mutation ($e: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $e) {
      fulfillmentEvent { status message } userErrors { field message } } }"""
    event = {
        "fulfillmentId": f"gid://shopify/Fulfillment/{parcel}",
        "status": "OUT_FOR_DELIVERY",
        "message": "heute",
    }
    assert ask(mutation, e=event)["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"

    with store.writing() as db:
        change_scopes(db, grant=["write_fulfillments"])
    written = ask(mutation, e=event)["data"]["fulfillmentEventCreate"]["fulfillmentEvent"]
    assert written == {"status": "OUT_FOR_DELIVERY", "message": "heute"}
    assert queued(store, "fulfillment_events/create")[-1]["status"] == "out_for_delivery"
