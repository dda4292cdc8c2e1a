"""What reaches Shopify, over HTTP, and that nothing reaches it twice."""

import time

import pytest
from rq.timeouts import JobTimeoutException
from sqlalchemy import update

from service.kit.database import Database
from service.purchases.events import ProductDeleted
from service.purchases.models import Product
from service.shops.events import ShopInstalled
from service.shops.models import Shop
from service.shops.operations import set_brand
from service.storefront import publishing
from service.storefront.models import Publication
from service.storefront.queries import count_published
from service.storefront.work_kinds import PUBLISH
from service.work.models import ShopWork
from service.work.operations import want
from service.work.states import work_state
from tests.fakes.metafield_shop import MetafieldShop
from tests.service.recommendations.driving import publish_if_due, publish_now, rebuild_now
from tests.service.recommendations.shop_history import add_order, add_products


def change_product(database: Database, shop_id: int, product_id: int, **values: object) -> None:
    with database.writing(shop_id) as unit:
        statement = update(Product).where(Product.shop_id == shop_id, Product.id == product_id)
        unit.session.execute(statement.values(**values))


def test_lists_and_settings_reach_the_blocks(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    with database.writing(outdoor_shop.id) as unit:
        set_brand(unit, {"name": "Lindenholz", "accent": "#336633"})
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.together(11) == [12]
    assert shopify.together(13) == [14]
    assert shopify.together(15) is None, "nothing goes with it, so there is nothing to say"
    assert shopify.of_shop("popular")["handles"][:2] == ["product-11", "product-12"]
    assert shopify.of_shop("brand") == {"name": "Lindenholz", "accent": "#336633"}
    assert shopify.of_shop("proxy") == {"path": "/apps/danke"}


def test_an_unchanged_rebuild_writes_nothing(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    before = shopify.written
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.written == before
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, PUBLISH).figures["written"] == 0
        assert work_state(unit, PUBLISH).figures["unchanged"] >= 7


def test_a_sold_out_product_leaves_the_lists_and_comes_back(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    change_product(database, outdoor_shop.id, 12, available=False)
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.together(11) is None
    assert "product-12" not in shopify.of_shop("popular")["handles"]
    change_product(database, outdoor_shop.id, 12, available=True)
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.together(11) == [12]


def test_a_deleted_product_is_dropped(database: Database, outdoor_shop: Shop, shopify: MetafieldShop) -> None:
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    change_product(database, outdoor_shop.id, 12, deleted_at=outdoor_shop.installed_at)
    with database.writing(outdoor_shop.id) as unit:
        unit.emit(ProductDeleted(12))
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.together(11) is None
    with database.reading(outdoor_shop.id) as unit:
        owners = {row.owner_gid for row in unit.session.scalars(unit.select(Publication))}
    assert "gid://shopify/Product/12" not in owners


def test_without_the_product_scope_the_rest_is_published_and_the_state_says_why(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    shopify.scopes.clear()
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.together(11) is None
    assert shopify.of_shop("popular") is not None
    with database.reading(outdoor_shop.id) as unit:
        assert "products_scope_missing" in (work_state(unit, PUBLISH).note or "")
    shopify.scopes.add("write_products")
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.together(11) == [12]


def test_a_product_that_shopify_does_not_know_holds_nobody_up(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    shopify.unknown_owners.add("gid://shopify/Product/12")
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    assert shopify.together(11) == [12]
    assert shopify.together(14) == [13]
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, PUBLISH).figures["refused"] == 2, "its list and its counts"


def test_an_interrupted_publication_goes_on_and_writes_no_value_twice(
    database: Database,
    outdoor_shop: Shop,
    shopify: MetafieldShop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing, "PRODUCTS_PER_PAGE", 10)
    add_products(database, outdoor_shop.id, range(100, 160))
    with database.writing(outdoor_shop.id) as unit:
        for number in range(30):
            add_order(unit, 5000 + number, [100 + 2 * number, 101 + 2 * number])
    rebuild_now(database, outdoor_shop.id)
    shopify.fails_after = 3
    with database.writing(outdoor_shop.id) as unit:
        want(unit, PUBLISH, urgent=True)
    assert publish_if_due(database, outdoor_shop.id, shopify.client)
    reached = len(shopify.values)
    with database.writing(outdoor_shop.id) as unit:
        assert work_state(unit, PUBLISH).note
        unit.session.execute(
            update(ShopWork).where(ShopWork.shop_id == outdoor_shop.id).values(lease_until=0.0, wake_at=0.0)
        )
    shopify.fails_after = None
    assert publish_if_due(database, outdoor_shop.id, shopify.client)
    assert shopify.together(100) == [101]
    with database.reading(outdoor_shop.id) as unit:
        written = work_state(unit, PUBLISH).figures["written"]
        assert written == count_published(unit) - reached


def test_a_reinstalled_shop_is_published_anew(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    shopify.values.clear()
    with database.writing(outdoor_shop.id) as unit:
        unit.emit(ShopInstalled(outdoor_shop.id))
    assert publish_if_due(database, outdoor_shop.id, shopify.client)
    assert shopify.together(11) == [12]


def test_what_was_written_just_before_a_shop_is_installed_anew_is_written_again(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    def leave_and_come_back() -> None:
        shopify.values.clear()
        with database.writing(outdoor_shop.id) as unit:
            unit.emit(ShopInstalled(outdoor_shop.id))

    rebuild_now(database, outdoor_shop.id)
    shopify.before_answer = leave_and_come_back
    publish_now(database, outdoor_shop.id, shopify)
    while publish_if_due(database, outdoor_shop.id, shopify.client):
        pass
    assert shopify.of_shop("popular")
    assert shopify.together(11) == [12]


def test_at_most_twelve_products_are_published_beside_one(
    database: Database, shop: Shop, shopify: MetafieldShop
) -> None:
    add_products(database, shop.id, range(1, 31))
    with database.writing(shop.id) as unit:
        add_order(unit, 1, list(range(1, 31)))
    rebuild_now(database, shop.id)
    publish_now(database, shop.id, shopify)
    assert len(shopify.together(1) or []) == 12


def add_pairs(database: Database, shop_id: int) -> None:
    """60 products, each with one neighbour."""
    add_products(database, shop_id, range(100, 160))
    with database.writing(shop_id) as unit:
        for number in range(30):
            add_order(unit, 5000 + number, [100 + 2 * number, 101 + 2 * number])


def test_a_refused_call_is_counted_and_noted(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    shopify.refuses_all = True
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    with database.reading(outdoor_shop.id) as unit:
        state = work_state(unit, PUBLISH)
        assert count_published(unit) == 0
    assert state.figures["refused"] >= 6
    assert "publication_refused" in (state.note or "")


def test_a_publication_without_time_is_paused_after_a_page_and_goes_on_there(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PRODUCTS_PER_PAGE", 10)
    add_pairs(database, outdoor_shop.id)
    rebuild_now(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        want(unit, PUBLISH, urgent=True)
    done = []
    for _ in range(20):
        time.sleep(0.01)
        assert publish_if_due(database, outdoor_shop.id, shopify.client, until=time.monotonic())
        with database.reading(outdoor_shop.id) as unit:
            state = work_state(unit, PUBLISH)
        if not state.is_running:
            break
        done.append(state.done)
    assert done[:3] == [10, 20, 30]
    publish_now(database, outdoor_shop.id, shopify)
    with database.reading(outdoor_shop.id) as unit:
        assert work_state(unit, PUBLISH).figures["written"] == 0
        assert count_published(unit) == state.figures["written"] > 60


def test_what_cannot_wait_gets_its_turn_between_removals(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    add_pairs(database, outdoor_shop.id)
    rebuild_now(database, outdoor_shop.id)
    publish_now(database, outdoor_shop.id, shopify)
    shopify.calls.clear()
    change_product(database, outdoor_shop.id, 12, available=False)
    for product_id in range(100, 160):
        change_product(database, outdoor_shop.id, product_id, available=False)
    with database.writing(outdoor_shop.id) as unit:
        want(unit, PUBLISH, urgent=True)
    turns: list[int] = []
    assert publish_if_due(database, outdoor_shop.id, shopify.client, attend=lambda: turns.append(1))
    assert shopify.calls.count("metafieldsDelete") == 3
    assert len(turns) >= 3


def test_the_time_limit_of_a_job_is_passed_on_and_is_no_failure(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    def run_out_of_time() -> None:
        raise JobTimeoutException("600 seconds")

    rebuild_now(database, outdoor_shop.id)
    with database.writing(outdoor_shop.id) as unit:
        want(unit, PUBLISH, urgent=True)
    with pytest.raises(JobTimeoutException):
        publish_if_due(database, outdoor_shop.id, shopify.client, attend=run_out_of_time)
    with database.reading(outdoor_shop.id) as unit:
        state = work_state(unit, PUBLISH)
    assert (state.is_running, state.note) == (True, None)
