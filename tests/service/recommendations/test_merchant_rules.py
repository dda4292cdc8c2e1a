"""A shop's rules in the database, and what they do to what may be shown."""

from typing import Any

import pytest
from sqlalchemy import update

from service.kit.database import Database
from service.kit.errors import BadInput
from service.purchases.models import Product
from service.recommendations.history import showable_among, showable_products, suggestable_products
from service.recommendations.merchant_rules import (
    CuratedLook,
    Pins,
    Rules,
    excluded,
    look_companions,
    merchant_rules,
    most_repeats,
    pins,
    save_rules,
    shows_sold_out,
)
from service.recommendations.models import ShopList
from service.recommendations.popular_list import update_popular_list
from service.recommendations.queries import POPULAR
from service.recommendations.work_kinds import REBUILD
from service.shops.models import Shop
from service.storefront.work_kinds import PUBLISH
from service.work.states import work_state
from tests.service.recommendations.shop_history import add_products

RULES = Rules(
    excluded=[15],
    pins=Pins(popular=[14, 11], for_you=[12], beside_all=[16], beside={11: [13, 14]}),
    looks=[CuratedLook("Bergtour", [13, 11, 12]), CuratedLook("Camping", [12, 16])],
    shows_sold_out=True,
    most_repeats=2,
)


def save(database: Database, shop: Shop, rules: Rules) -> None:
    with database.writing(shop.id) as unit:
        save_rules(unit, rules)


def change_product(database: Database, shop: Shop, product_id: int, **values: Any) -> None:
    with database.writing(shop.id) as unit:
        statement = update(Product).where(Product.shop_id == shop.id, Product.id == product_id)
        unit.session.execute(statement.values(**values))


def popular_ids(database: Database, shop: Shop) -> list[int]:
    with database.writing(shop.id) as unit:
        update_popular_list(unit)
        return unit.session.get_one(ShopList, (shop.id, POPULAR)).product_ids


def test_rules_come_back_as_they_were_saved(database: Database, outdoor_shop: Shop, other_shop: Shop) -> None:
    save(database, other_shop, Rules(excluded=[11], most_repeats=0))
    save(database, outdoor_shop, RULES)

    with database.reading(outdoor_shop.id) as unit:
        assert merchant_rules(unit) == RULES
        assert (excluded(unit), shows_sold_out(unit), most_repeats(unit)) == ({15}, True, 2)
        assert pins(unit) == RULES.pins
        assert look_companions(unit) == {13: [11, 12], 11: [13, 12], 12: [13, 11, 16], 16: [12]}
    with database.reading(other_shop.id) as unit:
        assert excluded(unit) == {11}
        assert look_companions(unit) == {}
        assert most_repeats(unit) == 0


def test_saving_replaces_what_was_there_and_asks_for_lists(
    database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    save(database, outdoor_shop, RULES)
    save(database, outdoor_shop, Rules())

    with database.reading(outdoor_shop.id) as unit:
        assert merchant_rules(unit) == Rules(excluded=[], pins=pins(unit), looks=[])
        assert pins(unit) == Pins(popular=[], for_you=[], beside_all=[])
        assert work_state(unit, REBUILD).is_wanted
        assert work_state(unit, PUBLISH).is_wanted
    with database.reading(other_shop.id) as unit:
        assert not work_state(unit, REBUILD).is_wanted


def test_a_shop_without_rules_has_the_usual_ones(database: Database, shop: Shop) -> None:
    with database.reading(shop.id) as unit:
        assert (excluded(unit), shows_sold_out(unit), most_repeats(unit)) == (set(), False, None)
        assert look_companions(unit) == {}


@pytest.mark.parametrize(
    "rules",
    [
        Rules(pins=Pins(popular=range(1, 14))),
        Rules(pins=Pins(beside={1: range(2, 15)})),
        Rules(looks=[CuratedLook("Allein", [11])]),
        Rules(looks=[CuratedLook("Zweimal dasselbe", [11, 11])]),
        Rules(looks=[CuratedLook("Zu viele", range(1, 14))]),
        Rules(looks=[CuratedLook("", [11, 12])]),
        Rules(most_repeats=21),
        Rules(most_repeats=-1),
    ],
)
def test_what_no_rule_may_be_is_refused(database: Database, shop: Shop, rules: Rules) -> None:
    with database.writing(shop.id) as unit, pytest.raises(BadInput):
        save_rules(unit, rules)


def test_pins_of_one_product_come_before_those_of_all_and_leave_itself_out() -> None:
    assert RULES.pins.beside_product(11) == [13, 14, 16]
    assert RULES.pins.beside_product(12) == [16]
    assert RULES.pins.beside_product(16) == []


def test_what_is_excluded_is_shown_nowhere(database: Database, outdoor_shop: Shop, other_shop: Shop) -> None:
    save(database, outdoor_shop, Rules(excluded=[11, 14]))
    with database.reading(outdoor_shop.id) as unit:
        assert sorted(showable_products(unit)) == [12, 13, 15, 16]
        assert sorted(showable_among(unit, [11, 12, 14])) == [12]
        assert sorted(suggestable_products(unit)) == [12, 13, 15, 16]
    with database.reading(other_shop.id) as unit:
        assert sorted(showable_products(unit)) == [11, 12, 13, 14, 15, 16]


def test_sold_out_products_are_shown_where_the_merchant_wants_it_and_nothing_else_is(
    database: Database, outdoor_shop: Shop, other_shop: Shop
) -> None:
    changes: dict[int, dict[str, Any]] = {
        11: {"available": False},
        12: {"available": False, "status": "DRAFT"},
        13: {"available": False, "is_gift_card": True},
        14: {"available": False, "published_at": None},
        15: {"available": False, "deleted_at": outdoor_shop.installed_at},
    }
    for shop in (outdoor_shop, other_shop):
        for product_id, values in changes.items():
            change_product(database, shop, product_id, **values)
    save(database, outdoor_shop, Rules(shows_sold_out=True))

    for shop, shown in ((outdoor_shop, [11, 16]), (other_shop, [16])):
        with database.reading(shop.id) as unit:
            assert sorted(showable_products(unit)) == shown
            assert sorted(showable_among(unit, range(11, 17))) == shown


def test_what_liquid_could_misread_may_be_published_but_not_named(database: Database, shop: Shop) -> None:
    add_products(database, shop.id, [1], handle="mütze")
    with database.reading(shop.id) as unit:
        assert suggestable_products(unit) == {1: "mütze"}
        assert showable_products(unit) == {}


def test_pins_stand_first_in_the_popular_list_unless_they_may_not_be_shown(
    database: Database, outdoor_shop: Shop
) -> None:
    save(database, outdoor_shop, Rules(excluded=[12], pins=Pins(popular=[12, 16, 15])))
    assert popular_ids(database, outdoor_shop)[:2] == [16, 15]

    change_product(database, outdoor_shop, 16, available=False)

    assert popular_ids(database, outdoor_shop)[:1] == [15]
