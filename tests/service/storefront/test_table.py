"""A domain that publishing has never heard of adds its line to the table, and its values reach the theme."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import pytest

from service.kit.database import Database, Unit
from service.published import PUBLISHED
from service.shops.models import Shop
from service.storefront import publishing
from service.storefront.operations import want_publication
from service.storefront.queries import Standing, standing
from service.storefront.values import ProductValues, PublishedValue, ShopValue, Value, as_json, as_products
from service.storefront.work_kinds import PUBLISH
from service.work.states import work_state
from service.work.working import Worker
from tests.fakes.metafield_shop import MetafieldShop
from tests.service.recommendations.driving import rebuild_now

STAR = "star"


@dataclass
class Stars:
    """A made-up domain: an offer for the whole shop, and stars on products."""

    offer: object = None
    of_products: dict[int, int] = field(default_factory=dict)
    prepared: int = 0

    @property
    def product_ids(self) -> AbstractSet[int]:
        return self.of_products.keys()

    def values(self, unit: Unit, product_ids: Sequence[int]) -> Mapping[int, Mapping[str, Value | None]]:
        return {id_: {STAR: as_json(self.of_products[id_])} for id_ in product_ids}

    def prepare(self, unit: Unit) -> None:
        self.prepared += 1

    def lines(self) -> tuple[PublishedValue, ...]:
        return (
            ShopValue("offer", lambda unit: self.offer, prepare=self.prepare),
            ProductValues((STAR,), lambda unit: self),
        )

    def publish(self, database: Database, shop: Shop, shopify: MetafieldShop) -> dict[str, int]:
        """Publish with the product's own table and these lines; returns what came of it."""
        with database.writing(shop.id) as unit:
            want_publication(unit, urgent=True)
        table = (*PUBLISHED, *self.lines())
        worker = Worker(database)
        assert worker.run_if_due(shop.id, PUBLISH, lambda run: publishing.publish(run, table, shopify.client))
        with database.reading(shop.id) as unit:
            return work_state(unit, PUBLISH).figures


def star(shopify: MetafieldShop, product_id: int) -> object:
    return shopify.values.get((f"gid://shopify/Product/{product_id}", "$app", STAR))


def test_a_new_domains_values_stand_beside_those_of_the_others(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    stars = Stars({"discount": "10 %"}, {11: 5, 15: 4})
    stars.publish(database, outdoor_shop, shopify)
    assert shopify.of_shop("offer") == {"discount": "10 %"}
    assert (star(shopify, 11), star(shopify, 15)) == (5, 4)
    assert shopify.together(11) == [12]
    assert shopify.of_shop("popular")["handles"][:2] == ["product-11", "product-12"]
    assert stars.prepared == 1


def test_only_what_a_domain_changed_is_written(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    stars = Stars({"discount": "10 %"}, {11: 5, 15: 4})
    assert stars.publish(database, outdoor_shop, shopify)["written"] > 3
    calls = len(shopify.calls)
    assert stars.publish(database, outdoor_shop, shopify)["written"] == 0
    assert len(shopify.calls) == calls, "nothing changed, so nothing was sent"
    stars.of_products[15] = 3
    assert stars.publish(database, outdoor_shop, shopify)["written"] == 1
    assert (star(shopify, 11), star(shopify, 15)) == (5, 3)


def test_what_has_nothing_to_say_any_more_is_taken_back(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop
) -> None:
    rebuild_now(database, outdoor_shop.id)
    stars = Stars({"discount": "10 %"}, {11: 5, 15: 4})
    stars.publish(database, outdoor_shop, shopify)
    stars.offer = None
    del stars.of_products[15]
    figures = stars.publish(database, outdoor_shop, shopify)
    assert (figures["written"], figures["removed"]) == (0, 2)
    assert shopify.of_shop("offer") is None
    assert (star(shopify, 11), star(shopify, 15)) == (5, None)
    assert shopify.together(11) == [12], "what others say of the same products stays"


def test_products_of_several_domains_are_walked_once_page_by_page(
    database: Database, outdoor_shop: Shop, shopify: MetafieldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PRODUCTS_PER_PAGE", 2)
    rebuild_now(database, outdoor_shop.id)
    stars = Stars(None, {number: number for number in (1, 11, 12, 15, 900, 901)})
    stars.publish(database, outdoor_shop, shopify)
    assert [star(shopify, number) for number in (1, 11, 12, 15, 900, 901)] == [1, 11, 12, 15, 900, 901]
    assert (shopify.together(11), shopify.together(13)) == ([12], [14])
    assert stars.publish(database, outdoor_shop, shopify)["written"] == 0


def test_is_it_out(database: Database, outdoor_shop: Shop, other_shop: Shop, shopify: MetafieldShop) -> None:
    stars = Stars({"discount": "10 %"}, {11: 5, 15: 4})
    stars.publish(database, other_shop, shopify)
    with database.reading(outdoor_shop.id) as unit:
        assert standing(unit, "offer") == Standing(0, None, is_pending=False)
    with database.writing(outdoor_shop.id) as unit:
        want_publication(unit)
        assert standing(unit, "offer") == Standing(0, None, is_pending=True)
    stars.publish(database, outdoor_shop, shopify)
    with database.reading(outdoor_shop.id) as unit:
        offer, stars_out, of_11 = standing(unit, "offer"), standing(unit, STAR), standing(unit, STAR, 11)
        assert (offer.owners, stars_out.owners, of_11.owners) == (1, 2, 1)
        assert offer.published_at is not None
        assert offer.published_at.tzinfo is not None
        assert not offer.is_pending
        assert standing(unit, STAR, 12) == Standing(0, None, is_pending=False)


def test_references_to_no_products_are_nothing_to_say() -> None:
    assert as_products([]) is None
    assert as_products([3, 1]) == Value(
        "list.product_reference", '["gid://shopify/Product/3","gid://shopify/Product/1"]'
    )
