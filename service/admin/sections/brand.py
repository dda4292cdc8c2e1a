"""The shop's name and colours as the blocks on its storefront use them."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from service.admin.forms import shape_messages
from service.admin.section import Form, Section, State, View, Viewer
from service.kit.contrast import READABLE, contrast_ratio, text_colour_on
from service.kit.database import Unit
from service.purchases.overview import newest_products
from service.shops import queries
from service.shops.operations import BRAND_COLOURS, LONGEST_BRAND_NAME, set_brand

_PREVIEWED_PRODUCTS = 3
_PRINTABLE = r"[^\x00-\x1f\x7f\ud800-\udfff]*\Z"
_THEME_TEXT, _THEME_BACKGROUND = "#000000", "#ffffff"


def _colour() -> fields.String:
    pattern = validate.Regexp(r"(?:#[0-9a-fA-F]{6})?\Z", error="brand.bad_colour")
    return fields.String(required=True, validate=pattern, error_messages=shape_messages())


class BrandSchema(Schema):
    """What the form sends; an empty colour is the theme's own."""

    name = fields.String(
        required=True,
        validate=[
            validate.Length(max=LONGEST_BRAND_NAME, error="brand.long_name"),
            validate.Regexp(_PRINTABLE, error="form.shape"),
        ],
        error_messages=shape_messages(),
    )
    accent = _colour()
    text = _colour()
    background = _colour()


def read_brand(unit: Unit, viewer: Viewer) -> View:
    """The stored brand and how it looks."""
    brand = queries.brand(unit)
    values = {field: str(brand.get(field, "")) for field in ("name", *BRAND_COLOURS)}
    facts = {"values": values, "preview": preview_brand(unit, viewer, values)}
    return View(State.GOOD if any(values.values()) else State.DEFAULT, facts)


def preview_brand(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, Any]:
    """How blocks would look with `values`, with products of this shop, and which colours are hard to read."""
    accent = values["accent"].lower()
    return {
        "name": values["name"].strip() or queries.this_shop(unit).name or "",
        "accent": accent,
        "on_accent": text_colour_on(accent) if accent else "",
        "text": values["text"].lower(),
        "background": values["background"].lower(),
        "products": [product.title for product in newest_products(unit, _PREVIEWED_PRODUCTS)],
        "warnings": [viewer.words.text(key, ratio=ratio) for key, ratio in hard_to_read(values).items()],
    }


def hard_to_read(values: Mapping[str, str]) -> dict[str, float]:
    """Text keys of the colour pairs below WCAG's 4.5:1, with their ratio.

    A colour left to the theme is not known here; black text on white stands in for it where the other is set.
    """
    background = values["background"] or _THEME_BACKGROUND
    pairs = {}
    if values["text"] or values["background"]:
        pairs["brand.text_hard_to_read"] = (values["text"] or _THEME_TEXT, background)
    if values["accent"]:
        pairs["brand.accent_hard_to_read"] = (values["accent"], background)
    ratios = {key: contrast_ratio(*pair) for key, pair in pairs.items()}
    return {key: ratio for key, ratio in ratios.items() if ratio < READABLE}


def save_brand(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Store name and colours."""
    set_brand(unit, values)


SECTION = Section(
    key="brand",
    title="brand.title",
    template="sections/brand.html",
    read=read_brand,
    form=Form(
        schema=BrandSchema,
        save=save_brand,
        saved_text="brand.saved",
        preview=preview_brand,
        preview_template="sections/brand_preview.html",
    ),
)
