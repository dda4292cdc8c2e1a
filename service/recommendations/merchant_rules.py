"""A merchant's rules: read by whoever makes a list, written by the admin page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.experiments.events import HoldoutChanged
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.recommendations.engine.merchandising import companions_in
from service.recommendations.models import PersonalList
from service.recommendations.rule_models import (
    OF_ALL_PRODUCTS,
    DisplayRules,
    ExcludedProduct,
    Look,
    LookProduct,
    PinnedProduct,
    PinPlace,
)
from service.recommendations.work_kinds import REBUILD
from service.shops.queries import locked_shop
from service.storefront.operations import want_publication
from service.work.operations import want

MOST_PINS = 12
FEWEST_IN_LOOK, MOST_IN_LOOK = 2, 12
LONGEST_LOOK_TITLE = 80
MOST_REPEATS = 20
"""No list holds more products, so a larger limit on repeats would limit nothing."""

_excluded = ExcludedProduct.__table__
_pinned = PinnedProduct.__table__
_look_products = LookProduct.__table__


@dataclass(frozen=True, slots=True)
class Pins:
    """Product ids that stand first, in their order. `beside` is by the product whose page it is, and comes before
    `beside_all`."""

    popular: Sequence[int] = ()
    for_you: Sequence[int] = ()
    beside_all: Sequence[int] = ()
    beside: Mapping[int, Sequence[int]] = field(default_factory=dict)

    def beside_product(self, product_id: int) -> list[int]:
        """What stands first beside this product, without the product itself."""
        wanted = dict.fromkeys([*self.beside.get(product_id, ()), *self.beside_all])
        return [one for one in wanted if one != product_id]


@dataclass(frozen=True, slots=True)
class CuratedLook:
    """An outfit: a title and 2..12 products, in the merchant's order."""

    title: str
    product_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a shop; the defaults are those of a shop that has none. `most_repeats` None = no limit."""

    excluded: Sequence[int] = ()
    pins: Pins = field(default_factory=Pins)
    looks: Sequence[CuratedLook] = ()
    shows_sold_out: bool = False
    most_repeats: int | None = None


def excluded(unit: Unit) -> set[int]:
    """Products that are never suggested."""
    statement = unit.select(_excluded.c.product_id)
    return set(unit.session.scalars(statement))


def pins(unit: Unit) -> Pins:
    """What stands first where. Whether it may be shown at all is not asked here."""
    lists: dict[tuple[str, int], list[int]] = {}
    statement = unit.select(_pinned.c.place, _pinned.c.beside_product_id, _pinned.c.product_id).order_by(
        _pinned.c.place, _pinned.c.beside_product_id, _pinned.c.position
    )
    for place, beside, product_id in unit.session.execute(statement):
        lists.setdefault((place, beside), []).append(product_id)
    return Pins(
        popular=lists.get((PinPlace.POPULAR, OF_ALL_PRODUCTS), []),
        for_you=lists.get((PinPlace.FOR_YOU, OF_ALL_PRODUCTS), []),
        beside_all=lists.get((PinPlace.TOGETHER, OF_ALL_PRODUCTS), []),
        beside={
            beside: product_ids
            for (place, beside), product_ids in lists.items()
            if place == PinPlace.TOGETHER and beside != OF_ALL_PRODUCTS
        },
    )


def looks(unit: Unit) -> list[CuratedLook]:
    """The shop's looks, in the merchant's order."""
    products: dict[int, list[int]] = {}
    statement = unit.select(_look_products.c.look, _look_products.c.product_id).order_by(
        _look_products.c.look, _look_products.c.position
    )
    for number, product_id in unit.session.execute(statement):
        products.setdefault(number, []).append(product_id)
    rows = unit.session.scalars(unit.select(Look).order_by(Look.number))
    return [CuratedLook(row.title, products.get(row.number, [])) for row in rows]


def look_companions(unit: Unit) -> dict[int, list[int]]:
    """Product id -> what the shop's looks add to it, in their order."""
    return companions_in(look.product_ids for look in looks(unit))


def shows_sold_out(unit: Unit) -> bool:
    """Whether the merchant lets sold out products be shown."""
    stored = unit.session.get(DisplayRules, unit.shop_id)
    return stored is not None and stored.shows_sold_out


def most_repeats(unit: Unit) -> int | None:
    """How many products that somebody bought before their `for you` may hold; None = as many as it will."""
    stored = unit.session.get(DisplayRules, unit.shop_id)
    return None if stored is None else stored.most_repeats


def merchant_rules(unit: Unit) -> Rules:
    """All rules of the shop."""
    return Rules(sorted(excluded(unit)), pins(unit), looks(unit), shows_sold_out(unit), most_repeats(unit))


def save_rules(unit: Unit, rules: Rules) -> None:
    """Replace the shop's rules; lists are made and published anew. Raises BadInput for what no rule may be."""
    _check(rules)
    locked_shop(unit)
    if not set(rules.excluded) <= excluded(unit) or (shows_sold_out(unit) and not rules.shows_sold_out):
        # what must not be shown any more is in no list from now on; lists are made anew at once
        unit.change(unit.delete(PersonalList))
    own = {"shop_id": unit.shop_id}
    for model in (ExcludedProduct, PinnedProduct, LookProduct, Look):
        unit.change(unit.delete(model))
    display = {"shows_sold_out": rules.shows_sold_out, "most_repeats": rules.most_repeats}
    unit.upsert(DisplayRules, [own | display])
    unit.upsert(ExcludedProduct, [own | {"product_id": one} for one in sorted(set(rules.excluded))])
    unit.upsert(PinnedProduct, [own | row for row in _pin_rows(rules.pins)])
    unit.upsert(Look, [own | {"number": place, "title": one.title} for place, one in enumerate(rules.looks)])
    unit.upsert(LookProduct, [own | row for row in _look_rows(rules.looks)])
    want(unit, REBUILD, urgent=True)
    want_publication(unit, urgent=True)


def note_holdout(unit: Unit, event: HoldoutChanged) -> None:
    """Some customers get another list from now on; until it is made everybody sees what is popular."""
    unit.change(unit.delete(PersonalList))
    want(unit, REBUILD, urgent=True)


def _check(rules: Rules) -> None:
    own_lists = (rules.pins.popular, rules.pins.for_you, rules.pins.beside_all, *rules.pins.beside.values())
    if any(len(set(one)) > MOST_PINS for one in own_lists):
        raise BadInput(f"pins: at most {MOST_PINS} products in a list")
    for look in rules.looks:
        if not FEWEST_IN_LOOK <= len(set(look.product_ids)) <= MOST_IN_LOOK:
            raise BadInput(f"looks: {FEWEST_IN_LOOK} to {MOST_IN_LOOK} products each")
        if not 1 <= len(look.title) <= LONGEST_LOOK_TITLE:
            raise BadInput(f"looks: a title of at most {LONGEST_LOOK_TITLE} characters each")
    if rules.most_repeats is not None and not 0 <= rules.most_repeats <= MOST_REPEATS:
        raise BadInput(f"most_repeats: 0 to {MOST_REPEATS}, or none")


def _pin_rows(chosen: Pins) -> Iterator[dict[str, Any]]:
    yield from _rows_of_place(PinPlace.POPULAR, OF_ALL_PRODUCTS, chosen.popular)
    yield from _rows_of_place(PinPlace.FOR_YOU, OF_ALL_PRODUCTS, chosen.for_you)
    yield from _rows_of_place(PinPlace.TOGETHER, OF_ALL_PRODUCTS, chosen.beside_all)
    for beside, product_ids in sorted(chosen.beside.items()):
        yield from _rows_of_place(PinPlace.TOGETHER, beside, product_ids)


def _rows_of_place(place: PinPlace, beside: int, product_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    for position, product_id in enumerate(dict.fromkeys(product_ids)):
        yield {
            "place": place.value,
            "beside_product_id": beside,
            "product_id": product_id,
            "position": position,
        }


def _look_rows(chosen: Sequence[CuratedLook]) -> Iterator[dict[str, Any]]:
    for number, look in enumerate(chosen):
        for position, product_id in enumerate(dict.fromkeys(look.product_ids)):
            yield {"look": number, "product_id": product_id, "position": position}
