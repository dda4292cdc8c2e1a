"""The merchant's guides: what to do while waiting, and with a thing that has come."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.kit.database import Unit
from service.kit.errors import NotFound
from service.tracking.models import Guide


class Moment(StrEnum):
    """When a guide is shown: on the way, or once all has come."""

    WAITING = "waiting"
    FIRST_USE = "first_use"


@dataclass(frozen=True, slots=True)
class Instruction:
    """A guide's content: own words, a link (https), or both. Without `product_id` it is for every order."""

    product_id: int | None
    moment: Moment
    language: str
    title: str
    text: str
    url: str | None


def all_guides(unit: Unit) -> list[Guide]:
    """The shop's guides: those for every order first, then by product, in the order in which they were added."""
    statement = unit.select(Guide).order_by(Guide.product_id.is_not(None), Guide.product_id, Guide.id)
    return list(unit.session.scalars(statement))


def add_guide(unit: Unit, instruction: Instruction) -> int:
    """Store a new guide; returns its id."""
    guide = Guide(shop_id=unit.shop_id, **_columns(instruction))
    unit.session.add(guide)
    unit.session.flush()
    return guide.id


def change_guide(unit: Unit, guide_id: int, instruction: Instruction) -> None:
    """Replace a guide's content; raises NotFound."""
    known = unit.session.scalar(unit.select(Guide).where(Guide.id == guide_id))
    if known is None:
        raise NotFound("There is no such guide.")
    changed = unit.update(Guide).where(Guide.id == guide_id)
    unit.change(changed.values(**_columns(instruction)))


def delete_guide(unit: Unit, guide_id: int) -> None:
    """Delete a guide; one that is gone already is fine."""
    unit.change(unit.delete(Guide).where(Guide.id == guide_id))


def _columns(instruction: Instruction) -> dict[str, Any]:
    return {
        "product_id": instruction.product_id,
        "moment": instruction.moment.value,
        "language": instruction.language,
        "title": instruction.title,
        "text": instruction.text,
        "url": instruction.url,
    }
