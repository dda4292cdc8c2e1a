"""The admin's buttons that let days pass, for the store and for the app at once."""

from datetime import timedelta

from flask import Blueprint, abort, redirect, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from devstore import business_time
from devstore.store import timestamp
from devstore.visitor import inner_path

blueprint = Blueprint("clock_buttons", __name__)
DAYS = (1, 3)


@blueprint.post("/admin/clock")
def let_days_pass() -> Response:
    """Move the clock by as many days as one of the buttons says, and show the page again."""
    days = request.form.get("days", type=int)
    if days not in DAYS or not business_time.can_move():
        abort(404)
    business_time.advance(timedelta(days=days))
    return redirect(inner_path(request.form.get("back"), "/admin/orders"), 303)


def _offer_buttons(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        clock_days=lambda: DAYS if business_time.can_move() else (), store_now=timestamp
    )


blueprint.record_once(_offer_buttons)
