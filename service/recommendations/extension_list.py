"""A few suggestions for a UI extension: it draws them itself, so titles and addresses come along."""

from dataclasses import dataclass

from service.kit.database import Unit
from service.purchases.models import Product
from service.recommendations.engine.reasons import Reason, read_reasons
from service.recommendations.history import showable_among
from service.recommendations.queries import Answer

_products = Product.__table__


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product with why it is suggested; `path` is its page in the shop."""

    product_id: int
    title: str
    path: str
    reason: Reason | None


def list_suggestions(unit: Unit, answer: Answer, most: int) -> list[Suggestion]:
    """The first `most` products of an answer that may be shown now. Two indexed reads."""
    handles = answer.handles.split(",") if answer.handles else []
    statement = unit.select(_products.c.id, _products.c.handle, _products.c.title).where(
        _products.c.handle.in_(handles)
    )
    rows = {row.handle: row for row in unit.session.execute(statement)}
    showable = showable_among(unit, [row.id for row in rows.values()])
    reasons = dict(zip(handles, read_reasons(answer.reasons), strict=False))
    shown = [rows[handle] for handle in handles if handle in rows and rows[handle].id in showable]
    return [
        Suggestion(row.id, row.title, f"/products/{row.handle}", reasons.get(row.handle))
        for row in shown[:most]
    ]
