"""Where the forms of the tracking page leave a mood or a thank-you. Answers are pages inside the theme."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, g

from service.access.private_links import PAGE, order_of_link
from service.feedback.operations import MOODS, HasCome, give_mood, say_thanks
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.errors import Refused
from service.kit.runtime import current
from service.kit.texts import catalogue
from service.kit.wording import chosen_language
from service.shops.guards import proxy_guard
from service.shops.theme_forms import typed_fields
from service.shops.theme_pages import answer_in_theme, short_page

_TEXTS = catalogue("service.feedback")


def create_blueprint(has_come: HasCome) -> Blueprint:
    """The doors; `has_come` is the wiring's, from whoever follows parcels."""
    blueprint = Blueprint("feedback", __name__)

    @blueprint.post("/proxy/track/mood")
    @proxy_guard()
    def take_mood() -> Response:
        """Keep the mood of the private link's order, with reason and comment; once all of it has come."""
        typed = typed_fields()
        if typed.get("mood") not in MOODS:
            return _answer(typed, "mood.incomplete")
        is_kept = _keep(typed, partial(_keep_mood, typed=typed, has_come=has_come))
        return _answer(typed, "mood.received" if is_kept else "voice.refused")

    @blueprint.post("/proxy/track/thanks")
    @proxy_guard()
    def take_thanks() -> Response:
        """Keep a thank-you for the team from the private link's order; once all of it has come."""
        typed = typed_fields()
        is_kept = _keep(typed, partial(_keep_thanks, typed=typed, has_come=has_come))
        return _answer(typed, "thanks.received" if is_kept else "voice.refused")

    return blueprint


def _keep(typed: dict[str, str], keep: Callable[[Unit, Cipher, int], None]) -> bool:
    """Whether there is an order behind the link and it may be answered for."""
    runtime = current()
    try:
        with runtime.database.writing(g.shop_id) as unit:
            order_id = order_of_link(unit, typed.get("t", ""))
            if order_id is not None:
                keep(unit, runtime.cipher, order_id)
    except Refused:
        return False
    return order_id is not None


def _keep_mood(
    unit: Unit, cipher: Cipher, order_id: int, *, typed: dict[str, str], has_come: HasCome
) -> None:
    reason, comment = typed.get("reason"), typed.get("comment", "")
    give_mood(unit, cipher, order_id, typed["mood"], has_come=has_come, reason=reason, comment=comment)


def _keep_thanks(
    unit: Unit, cipher: Cipher, order_id: int, *, typed: dict[str, str], has_come: HasCome
) -> None:
    say_thanks(unit, cipher, order_id, typed.get("words", ""), has_come=has_come)


def _answer(typed: dict[str, str], key: str) -> Response:
    language = chosen_language(typed.get("lang"), g.shop.locale)
    token = typed.get("t", "")
    is_token = token.isascii() and token.replace("-", "").replace("_", "").isalnum()
    page = short_page(
        _TEXTS.text(language, key),
        _TEXTS.text(language, f"{key}.next"),
        back_to=f"{g.proxy_path}/{PAGE}" + (f"?t={token}" if is_token else ""),
        back=_TEXTS.text(language, "back"),
        proxy_path=g.proxy_path,
        brand=g.shop.brand,
        language=language,
    )
    return answer_in_theme(page)
