from datetime import UTC, datetime, timedelta, timezone

from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import load
from service.shopify.paging import read_pages, search_updated_since
from tests.fakes.local_server import Asked, Reply


def make_pages(path: list[str], pages: list[list]):
    def answer(asked: Asked) -> Reply:
        number = int(asked.json["variables"]["after"] or 0)
        has_next = number + 1 < len(pages)
        data = {"nodes": pages[number], "pageInfo": {"hasNextPage": has_next, "endCursor": str(number + 1)}}
        for name in reversed(path):
            data = {name: data}
        return Reply(body={"data": data})

    return answer


def test_all_pages_are_read_with_the_cursor_after_each(server, transport):
    server.replies = [make_pages(["orders"], [[{"id": 1}, {"id": 2}], [{"id": 3}]])]
    client = AdminGraphql(transport, "a.myshopify.com", "shpat_1")
    pages = list(read_pages(client, load("order_changes"), "orders", variables={"search": "x"}))
    assert pages == [([{"id": 1}, {"id": 2}], "1"), ([{"id": 3}], None)]
    assert [asked.json["variables"] for asked in server.asked] == [
        {"after": None, "search": "x"},
        {"after": "1", "search": "x"},
    ]


def test_reading_goes_on_from_a_stored_cursor(server, transport):
    server.replies = [make_pages(["orders"], [[{"id": 1}], [{"id": 2}], [{"id": 3}]])]
    client = AdminGraphql(transport, "a.myshopify.com", "shpat_1")
    pages = list(read_pages(client, load("order_changes"), "orders", variables={"search": "x", "after": "1"}))
    assert pages == [([{"id": 2}], "2"), ([{"id": 3}], None)]


def test_a_connection_inside_an_object_is_read(server, transport):
    server.replies = [make_pages(["order", "lineItems"], [[{"id": 1}], [None, {"id": 2}]])]
    client = AdminGraphql(transport, "a.myshopify.com", "shpat_1")
    pages = list(read_pages(client, load("order"), "order", "lineItems", variables={"id": "x"}))
    assert pages == [([{"id": 1}], "1"), ([{"id": 2}], None)]


def test_an_object_that_is_gone_has_one_empty_page(server, transport):
    server.replies = [Reply(body={"data": {"order": None}})]
    client = AdminGraphql(transport, "a.myshopify.com", "shpat_1")
    assert list(read_pages(client, load("order"), "order", "lineItems", variables={"id": "x"})) == [
        ([], None)
    ]


def test_the_search_names_the_moment_in_utc():
    berlin = timezone(timedelta(hours=1))
    assert (
        search_updated_since(datetime(2026, 11, 22, 2, 30, tzinfo=berlin))
        == "updated_at:>='2026-11-22T01:30:00Z'"
    )
    assert (
        search_updated_since(datetime(2026, 11, 22, 1, 30, tzinfo=UTC))
        == "updated_at:>='2026-11-22T01:30:00Z'"
    )
