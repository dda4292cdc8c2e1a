"""What the story of an order keeps of its buyer's answers, and when they may answer."""

from service.kit import clock
from service.kit.database import Unit
from service.kit.errors import Refused
from service.tracking.models import OrderStory
from service.tracking.order_story import retell_order
from service.tracking.status import may_ask_for_thanks, sum_up
from service.tracking.story import read_story


def note_mood(unit: Unit, order_id: int, mood: str) -> None:
    """The mood question was answered. Raises Refused while not all of the order has come."""
    _delivered_story(unit, order_id).mood = mood
    retell_order(unit, order_id)


def note_thanks(unit: Unit, order_id: int) -> None:
    """The team was thanked. Raises Refused while not all of the order has come."""
    _delivered_story(unit, order_id).thanked = True
    retell_order(unit, order_id)


def _delivered_story(unit: Unit, order_id: int) -> OrderStory:
    # the story of an order from an import is stored no sooner than something happens to it
    retell_order(unit, order_id)
    stored = unit.session.get(OrderStory, (unit.shop_id, order_id))
    if stored is None or not may_ask_for_thanks(sum_up(read_story(stored.story), clock.now())):
        raise Refused("This can be answered once the order has come.")
    return stored
