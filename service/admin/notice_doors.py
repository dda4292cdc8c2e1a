"""Doors of the page about notices that are more than saving a form: our own text again, a test mail."""

from http import HTTPStatus

from flask import g, jsonify
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from service.admin.answers import viewer_of
from service.admin.forms import read_form
from service.admin.page_blueprint import page_blueprint
from service.admin.typed_fields import mail_address, one_of
from service.consents.addresses import BadAddress
from service.kit.errors import BadInput, Refused
from service.kit.runtime import current
from service.kit.wording import LANGUAGES
from service.messages.notices.previews import send_test
from service.messages.notices.rules import NoticeKind
from service.messages.notices.settings import reset_text
from service.shops.guards import merchant_guard
from service.shops.queries import this_shop

blueprint = page_blueprint("admin_notices")


class WhichTextSchema(Schema):
    """A kind of notice in a language."""

    kind = one_of(*(kind.value for kind in NoticeKind))
    language = one_of(*LANGUAGES)


class TestSchema(WhichTextSchema):
    """Which text goes to which address as a test."""

    address = mail_address()


@blueprint.post("/notices/reset")
@merchant_guard()
def use_our_text() -> ResponseReturnValue:
    """Forget the merchant's own text of a kind and language."""
    values, errors = read_form(WhichTextSchema)
    if errors:
        raise BadInput("kind and language name no text.")
    with current().database.writing(g.shop_id) as unit:
        reset_text(unit, NoticeKind(values["kind"]), values["language"])
        viewer = viewer_of(this_shop(unit))
    return jsonify({"message": viewer.words.text("notice_texts.was_reset")})


@blueprint.post("/notices/test")
@merchant_guard()
def send_test_mail() -> ResponseReturnValue:
    """Send the text as it is stored to an address that the merchant typed; 422 says what is wrong with it."""
    values, errors = read_form(TestSchema)
    runtime = current()
    with runtime.database.reading(g.shop_id) as unit:
        words = viewer_of(this_shop(unit)).words
    problems = {field: words.text(key) for field, key in errors.items()}
    if not problems:
        try:
            with runtime.database.writing(g.shop_id) as unit:
                kind = NoticeKind(values["kind"])
                send_test(unit, runtime.cipher, kind, values["language"], values["address"])
        except BadAddress:
            problems["address"] = words.text("form.bad_mail")
        except Refused:
            problems["address"] = words.text("notice_texts.enough_tests")
    if problems:
        return jsonify({"errors": problems}), HTTPStatus.UNPROCESSABLE_ENTITY
    return jsonify({"message": words.text("notice_texts.test_is_sent")})
