"""What people said: told on request, deleted with them."""

from collections.abc import Collection
from typing import Any

from service.feedback.models import Mood, Thanks
from service.kit.crypto import Cipher
from service.kit.database import Unit


def forget_voices(unit: Unit, order_ids: Collection[int]) -> None:
    """Delete moods and thanks of these orders."""
    for model in (Mood, Thanks):
        unit.change(unit.delete(model).where(model.order_id.in_(order_ids)))


def voices_of_orders(unit: Unit, cipher: Cipher, order_ids: Collection[int]) -> list[dict[str, Any]]:
    """Moods and thanks of these orders, ready for JSON."""
    moods = unit.session.scalars(
        unit.select(Mood).where(Mood.order_id.in_(order_ids)).order_by(Mood.order_id)
    )
    thanks = unit.session.scalars(
        unit.select(Thanks).where(Thanks.order_id.in_(order_ids)).order_by(Thanks.order_id)
    )
    return [
        *(
            {
                "order_id": mood.order_id,
                "mood": mood.mood,
                "reason": mood.reason,
                "comment": cipher.decrypt(mood.comment_encrypted) if mood.comment_encrypted else None,
                "given_at": mood.given_at.isoformat(),
            }
            for mood in moods
        ),
        *(
            {
                "order_id": each.order_id,
                "thanks": cipher.decrypt(each.words_encrypted) if each.words_encrypted else None,
                "given_at": each.given_at.isoformat(),
            }
            for each in thanks
        ),
    ]
