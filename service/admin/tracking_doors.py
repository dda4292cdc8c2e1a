"""Doors of the page about tracking that are more than saving a form: silence, guides."""

from flask import g, jsonify
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from service.admin.answers import viewer_of
from service.admin.forms import read_form
from service.admin.page_blueprint import page_blueprint
from service.admin.typed_fields import one_of
from service.kit.database import Unit
from service.kit.errors import BadInput
from service.kit.runtime import current
from service.shops.guards import merchant_guard
from service.shops.queries import this_shop
from service.tracking.guides import delete_guide
from service.tracking.merchant_settings import end_silence, stay_silent

blueprint = page_blueprint("admin_tracking")
_LARGEST_ID = 2**63 - 1


class SilenceSchema(Schema):
    """Whether the silent phase ends now, or lasts two weeks from now."""

    silence = one_of("end", "stay")


@blueprint.post("/tracking/silence")
@merchant_guard()
def set_silence() -> ResponseReturnValue:
    """Show windows and late parcels to shoppers from now on, or go on measuring in silence."""
    values, errors = read_form(SilenceSchema)
    if errors:
        raise BadInput("silence is `end` or `stay`.")
    ends = values["silence"] == "end"
    with current().database.writing(g.shop_id) as unit:
        if ends:
            end_silence(unit)
        else:
            stay_silent(unit)
        return _tell(unit, "tracking.silence_ended" if ends else "tracking.silence_stays")


@blueprint.post(f"/guides/<int(max={_LARGEST_ID}):guide_id>/delete")
@merchant_guard()
def forget_guide(guide_id: int) -> ResponseReturnValue:
    """Delete a guide for good."""
    with current().database.writing(g.shop_id) as unit:
        delete_guide(unit, guide_id)
        return _tell(unit, "guides.deleted")


def _tell(unit: Unit, key: str) -> ResponseReturnValue:
    return jsonify({"message": viewer_of(this_shop(unit)).words.text(key)})
