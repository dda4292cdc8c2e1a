"""Which product a person means: by id, handle or title."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from service.kit.database import Unit
from service.purchases.models import Product
from service.purchases.queries import is_on_sale

_products = Product.__table__
_NAMES_PER_READ = 200


@dataclass(frozen=True, slots=True)
class NamedProduct:
    """A product that still exists, as a person knows it."""

    id: int
    handle: str
    title: str
    is_on_sale: bool
    """Whether customers could buy it if it were in stock."""
    available: bool


def products_named(unit: Unit, handles: Collection[str], titles: Collection[str]) -> list[NamedProduct]:
    """Products that have one of these handles or exactly one of these titles, youngest last."""
    found: dict[int, NamedProduct] = {}
    for column, names in ((_products.c.handle, handles), (_products.c.title, titles)):
        for some in _pieces(names):
            found |= {one.id: one for one in _read(unit, column.in_(some))}
    return [found[product_id] for product_id in sorted(found)]


def products_like(unit: Unit, part: str, most: int) -> list[NamedProduct]:
    """At most so many products with `part` in their title, oldest first; capitals don't matter (SQLite: ASCII ones)."""
    condition = _products.c.title.icontains(part, autoescape=True)
    return list(_read(unit, condition, most))


def products_of_ids(unit: Unit, product_ids: Iterable[int]) -> dict[int, NamedProduct]:
    """Those of the products that still exist, by id."""
    found: dict[int, NamedProduct] = {}
    for some in _pieces(product_ids):
        found |= {one.id: one for one in _read(unit, _products.c.id.in_(some))}
    return found


def _read(unit: Unit, condition: Any, most: int | None = None) -> Iterator[NamedProduct]:
    statement = unit.select(
        *(_products.c.id, _products.c.handle, _products.c.title, is_on_sale(), _products.c.available)
    ).where(_products.c.deleted_at.is_(None), condition)
    if most is not None:
        statement = statement.order_by(_products.c.id).limit(most)
    for row in unit.session.execute(statement):
        yield NamedProduct(row[0], row[1], row[2], bool(row[3]), row[4])


def _pieces(names: Iterable[Any]) -> Iterator[list[Any]]:
    distinct = sorted(set(names))
    for start in range(0, len(distinct), _NAMES_PER_READ):
        yield distinct[start : start + _NAMES_PER_READ]
