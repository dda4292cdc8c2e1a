"""What merchants type, as fields of a form: text without control characters, addresses that can be reached."""

import re

from marshmallow import ValidationError, fields, validate

from service.admin.forms import shape_messages
from service.consents.addresses import BadAddress, Channel, read_address

_LONGEST_ADDRESS = 2_048
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]*\Z")
_LINES = re.compile(r"[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*\Z")
_PHONE = re.compile(r"(?:\+?[0-9(][0-9 ()/.\-]{4,})?\Z")
_HTTPS = r"https://[a-zA-Z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][^\s\"<>\\^`{|}]*)?"
_OWN_PATH = r"/(?![/\\])[^\s\"<>\\^`{|}]*"


def one_line(most: int, *, missing: str | None = None) -> fields.String:
    """Text of at most so many signs; with `missing` (a key of the catalogue) it may not be empty."""
    return _typed(most, _ONE_LINE, missing)


def some_lines(most: int, *, missing: str | None = None) -> fields.String:
    """Text with line breaks, otherwise as `one_line`."""
    return _typed(most, _LINES, missing)


def mail_address() -> fields.String:
    """An e-mail address or nothing."""
    return _Stripped(required=True, validate=_check_mail, error_messages=shape_messages())


def phone_number() -> fields.String:
    """A telephone number as people write it, or nothing."""
    return _pattern(_PHONE, "form.bad_phone", 64)


def https_address() -> fields.String:
    """An address with https, or nothing."""
    return _pattern(re.compile(rf"(?:{_HTTPS})?\Z"), "form.bad_https", _LONGEST_ADDRESS)


def https_address_or_path() -> fields.String:
    """An address with https, a path of the shop (`/pages/...`), or nothing."""
    return _pattern(re.compile(rf"(?:{_HTTPS}|{_OWN_PATH})?\Z"), "form.bad_https_or_path", _LONGEST_ADDRESS)


def one_of(*choices: str) -> fields.String:
    """One of the choices of a select."""
    return fields.String(
        required=True, validate=validate.OneOf(choices, error="form.shape"), error_messages=shape_messages()
    )


def switch() -> fields.Boolean:
    """On or off."""
    return fields.Boolean(required=True, error_messages=shape_messages())


class _Stripped(fields.String):
    def _deserialize(self, *given: object, **more: object) -> str:
        return str(super()._deserialize(*given, **more)).strip()


def _typed(most: int, signs: re.Pattern[str], missing: str | None) -> fields.String:
    checks: list[validate.Validator] = [
        validate.Length(max=most, error="form.too_long"),
        validate.Regexp(signs, error="form.shape"),
    ]
    if missing:
        checks.append(validate.Length(min=1, error=missing))
    return _Stripped(required=True, validate=checks, error_messages=shape_messages())


def _check_mail(text: str) -> None:
    try:
        if text:
            read_address(Channel.EMAIL, text, None)
    except BadAddress:
        raise ValidationError("form.bad_mail") from None


def _pattern(pattern: re.Pattern[str], error: str, most: int) -> fields.String:
    checks: list[validate.Validator] = [
        validate.Length(max=most, error="form.too_long"),
        validate.Regexp(pattern, error=error),
    ]
    return _Stripped(required=True, validate=checks, error_messages=shape_messages())
