"""Texts, amounts and times of the pages that are Shopify's own (checkout, order status, admin, mails)."""

from pathlib import Path
from typing import Any

from flask import Blueprint, g, request
from flask.sansio.blueprints import BlueprintSetupState
from markupsafe import escape

from devstore.liquid.filters import format_money
from devstore.payloads import local_time
from devstore.theme_files import find_translation
from devstore.visitor import LOCALES, MONEY_FORMATS

blueprint = Blueprint("page_texts", __name__)
FOLDER = Path(__file__).with_name("locales")


def current_locale() -> str:
    """The visitor's language, or that of the admin's cookie."""
    visitor = g.get("visitor")
    asked = request.args.get("locale") or request.cookies.get("localization", "de")
    return visitor.locale if visitor else asked if asked in LOCALES else "de"


def translate(key: str, **values: Any) -> str:
    """A text in the current language, with ``{name}`` replaced by escaped values."""
    text = find_translation(FOLDER, current_locale(), key)
    if text is None:
        raise LookupError(f"There is no text {key}.")
    return str(text).format(**{name: escape(value) for name, value in values.items()})


def translate_word(kind: str, name: str | None) -> str:
    """A status in the current language; as it is where nobody has translated it."""
    return str(find_translation(FOLDER, current_locale(), f"{kind}.{name}") or name or "")


def write_money(minor: int, currency: str) -> str:
    """An amount in minor units as the shop writes it."""
    return format_money(minor, MONEY_FORMATS.get(currency, "{{amount}} " + currency))


def write_moment(stored: str | None) -> str:
    """A stored UTC time in the shop's time zone, as ``22.11.2026, 14:05``."""
    if not stored:
        return ""
    local = str(local_time(stored))
    return f"{local[8:10]}.{local[5:7]}.{local[:4]}, {local[11:16]}"


def register_texts(state: BlueprintSetupState) -> None:
    """Make the texts known to the templates of the app that a blueprint is registered with."""
    environment = state.app.jinja_env
    environment.globals.update(t=translate, word=translate_word)
    environment.filters.update(money=write_money, moment=write_moment)


blueprint.record_once(register_texts)
