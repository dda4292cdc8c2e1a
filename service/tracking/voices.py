"""What the story of an order keeps of its buyer's answers, and when they may answer."""

from service.kit import clock
from service.kit.database import Unit
from service.tracking.models import OrderStory
from service.tracking.order_story import retell_order
from service.tracking.status import may_ask_for_thanks, sum_up
from service.tracking.story import read_story


def has_come(unit: Unit, order_id: int) -> bool:
    """Whether all of the order is with its buyer, who may answer from now on. Holds the order's story until the unit
    ends."""
    # the story of an order from an import is stored no sooner than something happens to it
    retell_order(unit, order_id)
    stored = _story(unit, order_id)
    return stored is not None and may_ask_for_thanks(sum_up(read_story(stored.story), clock.now()))


def note_mood(unit: Unit, order_id: int, mood: str) -> None:
    """The mood question was answered."""
    stored = _story(unit, order_id)
    if stored is not None:
        stored.mood = mood
        retell_order(unit, order_id)


def note_thanks(unit: Unit, order_id: int) -> None:
    """The team was thanked."""
    stored = _story(unit, order_id)
    if stored is not None:
        stored.thanked = True
        retell_order(unit, order_id)


def _story(unit: Unit, order_id: int) -> OrderStory | None:
    return unit.session.get(OrderStory, (unit.shop_id, order_id))
