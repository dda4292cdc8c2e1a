"""The merchant's guides: what shoppers read while they wait, and with the thing that has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from service.admin.catalogue import LANGUAGE_NAMES, Words, words_for
from service.admin.forms import shape_messages
from service.admin.product_search import search_product
from service.admin.section import Form, Section, State, View, Viewer
from service.admin.typed_fields import https_address, one_line, one_of, some_lines
from service.kit.database import Unit
from service.kit.errors import NotFound
from service.kit.wording import LANGUAGES
from service.purchases.product_names import products_of_ids
from service.tracking.guides import Instruction, Moment, add_guide, all_guides, change_guide
from service.tracking.models import Guide

_MOMENTS = {Moment.WAITING: "guides.waiting", Moment.FIRST_USE: "guides.first_use"}
_LONGEST_TITLE, _LONGEST_TEXT, _LONGEST_NAME = 200, 5_000, 255


class GuideSchema(Schema):
    """What the form sends; `guide` is the one that is changed, empty for a new one."""

    guide = fields.String(
        required=True,
        validate=validate.Regexp(r"(?:[1-9][0-9]{0,17})?\Z", error="form.shape"),
        error_messages=shape_messages(),
    )
    product = one_line(_LONGEST_NAME)
    moment = one_of(*(moment.value for moment in Moment))
    language = one_of(*LANGUAGES)
    title = one_line(_LONGEST_TITLE, missing="form.missing")
    text = some_lines(_LONGEST_TEXT)
    url = https_address()


@dataclass(frozen=True, slots=True)
class GuideLine:
    """A guide in words. `product` says for which orders it is, also where its product is gone."""

    id: int
    product: str
    moment: str
    language: str
    title: str


def read_guides(unit: Unit, viewer: Viewer) -> View:
    """All guides, and the one that the address names, for changing it."""
    guides = all_guides(unit)
    chosen = next((guide for guide in guides if str(guide.id) == viewer.chosen.get("guide")), None)
    facts = {
        "guides": describe_guides(unit, guides, viewer.words),
        "chosen": chosen,
        "values": _values(unit, chosen, viewer.words),
        "moments": [(moment.value, viewer.words.text(key)) for moment, key in _MOMENTS.items()],
        "languages": [(language, viewer.words.text(key)) for language, key in LANGUAGE_NAMES.items()],
    }
    return View(State.GOOD if guides else State.OFF, facts)


def describe_guides(unit: Unit, guides: Sequence[Guide], words: Words) -> list[GuideLine]:
    """The guides as rows of a table."""
    products = products_of_ids(unit, (guide.product_id for guide in guides if guide.product_id is not None))

    def name_product(product_id: int | None) -> str:
        if product_id is None:
            return words.text("guides.every_order")
        return products[product_id].title if product_id in products else words.text("guides.product_gone")

    return [
        GuideLine(
            id=guide.id,
            product=name_product(guide.product_id),
            moment=words.text(_MOMENTS[Moment(guide.moment)]),
            language=words.text(LANGUAGE_NAMES[guide.language]),
            title=guide.title,
        )
        for guide in guides
    ]


def check_guide(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong: a product that can't be found, or nothing to read."""
    problems = {}
    if values["product"]:
        found = search_product(unit, values["product"], viewer.words)
        if found.product_id is None:
            problems["product"] = found.problem
    if not values["text"] and not values["url"]:
        problems["text"] = viewer.words.text("guides.nothing_to_read")
    return problems


def save_guide(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Add or change a guide; raises NotFound when it, or its product, went away meanwhile."""
    instruction = Instruction(
        product_id=_product_of(unit, values["product"]),
        moment=Moment(values["moment"]),
        language=values["language"],
        title=values["title"],
        text=values["text"],
        url=values["url"] or None,
    )
    if values["guide"]:
        change_guide(unit, int(values["guide"]), instruction)
    else:
        add_guide(unit, instruction)


def _product_of(unit: Unit, name: str) -> int | None:
    if not name:
        return None
    found = search_product(unit, name, words_for(None, None))
    if found.product_id is None:
        raise NotFound(found.problem)
    return found.product_id


def _values(unit: Unit, guide: Guide | None, words: Words) -> dict[str, str]:
    if guide is None:
        new = {"guide": "", "product": "", "moment": Moment.WAITING.value, "language": words.language}
        return new | {"title": "", "text": "", "url": ""}
    products = products_of_ids(unit, [guide.product_id] if guide.product_id else [])
    return {
        "guide": str(guide.id),
        "product": next((product.handle for product in products.values()), ""),
        "moment": guide.moment,
        "language": guide.language,
        "title": guide.title,
        "text": guide.text,
        "url": guide.url or "",
    }


SECTION = Section(
    key="guides",
    title="guides.title",
    template="sections/guides.html",
    read=read_guides,
    form=Form(schema=GuideSchema, save=save_guide, saved_text="guides.saved", check=check_guide),
    opens_apart=True,
)
