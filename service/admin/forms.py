"""Settings as they are sent: JSON only, of a known shape."""

from http import HTTPStatus
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from service.admin.catalogue import TEXTS
from service.kit.errors import DankeError
from service.kit.wording import LANGUAGES

_LARGEST_BYTES = 64 * 1024
_SHAPE = "form.shape"


class NotJson(DankeError):
    """State changes by JSON only, which no form of another page can send."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class FormTooLarge(DankeError):
    """More bytes than any of our forms has."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def read_form(schema: type[Schema]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was sent: (values, text key of what is wrong by field); "" stands for the whole form.

    Raises NotJson, FormTooLarge, or werkzeug's BadRequest for what is no JSON.
    """
    if request.mimetype != "application/json":
        raise NotJson("Send JSON.")
    if (request.content_length or _LARGEST_BYTES + 1) > _LARGEST_BYTES:
        raise FormTooLarge("The form is larger than 64 kB.")
    try:
        values: dict[str, Any] = schema().load(request.get_json())
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {}
        return {}, text_keys(schema, messages)
    return values, {}


def shape_messages() -> dict[str, str | list[Any] | dict[Any, Any]]:
    """A field's `error_messages` for what is missing or of another type, as keys of the catalogue."""
    return {"required": "form.missing", "null": "form.missing", "invalid": _SHAPE}


def text_keys(schema: type[Schema], messages: dict[str, Any]) -> dict[str, str]:
    """The first message of each of the schema's fields as a key of the catalogue."""
    known = TEXTS.of(LANGUAGES[0])
    first = {
        name: found[0]
        for name, found in messages.items()
        if name in schema().fields and isinstance(found, list)
    }
    return {name: key if key in known else _SHAPE for name, key in first.items()} or {"": _SHAPE}
