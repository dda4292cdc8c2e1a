"""Find orders by what people call them."""

import unicodedata
from typing import Any

from service.kit.database import Unit
from service.purchases.models import Order

_orders = Order.__table__
_LONGEST = 64
_MOST_NAMESAKES = 4


def normal_number(typed: str) -> str:
    """An order number without `#` and spaces, e.g. `1001`: all spellings of one number become the same text."""
    text = unicodedata.normalize("NFKC", typed)[: 2 * _LONGEST]
    plain = "".join(sign for sign in text if sign.isprintable() and not sign.isspace())
    return plain.lstrip("#")[:_LONGEST].upper()


def orders_called(unit: Unit, typed: str) -> list[Any]:
    """The orders of that number, newest first; rows of `orders`. Names may repeat where a history came from a file."""
    number = normal_number(typed)
    names = [number, f"#{number}", number.lower(), f"#{number.lower()}"]
    statement = unit.select(_orders).where(_orders.c.name.in_(names), _orders.c.deleted_at.is_(None))
    return list(unit.session.execute(statement.order_by(_orders.c.created_at.desc()).limit(_MOST_NAMESAKES)))
