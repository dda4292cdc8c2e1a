"""What visitors typed into a form of a page in the theme."""

from flask import request

_MOST_BYTES = 16 * 1024


def typed_fields() -> dict[str, str]:
    """Name -> text as typed, without spaces around it and without control signs but line breaks; each name once.

    A body of more than 16 KiB is refused (413).
    """
    request.max_content_length = _MOST_BYTES
    return {name: _readable(text) for name, text in request.form.items()}


def _readable(text: str) -> str:
    return "".join(sign for sign in text.strip() if sign.isprintable() or sign == "\n")
