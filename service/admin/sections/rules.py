"""What the merchant decides about suggestions: never, first, worn together, sold out, repeats."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate

from service.admin.forms import shape_messages
from service.admin.rule_lines import read_rules, write_rules
from service.admin.section import Form, Section, State, View, Viewer
from service.kit.database import Unit
from service.purchases.product_names import NamedProduct, products_of_ids
from service.recommendations.merchant_rules import MOST_PINS, MOST_REPEATS, Rules, merchant_rules, save_rules

_LONGEST_TEXT = 20_000
_LABELS = {
    "excluded": "rules.excluded",
    "pins_popular": "rules.pins_popular",
    "pins_for_you": "rules.pins_for_you",
    "pins_together": "rules.pins_together",
    "pins_beside": "rules.pins_beside",
    "looks": "rules.looks",
}
_NO_CONTROL = r"[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*\Z"


def _lines() -> fields.String:
    checks = [
        validate.Length(max=_LONGEST_TEXT, error="rules.long_text"),
        validate.Regexp(_NO_CONTROL, error="form.shape"),
    ]
    return fields.String(required=True, validate=checks, error_messages=shape_messages())


class RulesSchema(Schema):
    """What the form sends: products one a line; an empty limit is no limit."""

    excluded = _lines()
    pins_popular = _lines()
    pins_for_you = _lines()
    pins_together = _lines()
    pins_beside = _lines()
    looks = _lines()
    shows_sold_out = fields.Boolean(required=True, error_messages=shape_messages())
    most_repeats = fields.String(
        required=True,
        validate=validate.Regexp(r"(?:[0-9]|1[0-9]|20)?\Z", error="rules.bad_repeats"),
        error_messages=shape_messages(),
    )


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A rule in words: what it does, and with which products, each with why it is not shown now, if it isn't."""

    title: str
    products: list[tuple[str, str]]


def read_section(unit: Unit, viewer: Viewer) -> View:
    """The stored rules and what they mean."""
    rules = merchant_rules(unit)
    facts = {
        "values": write_rules(unit, rules),
        "preview": describe_rules(unit, viewer, rules),
        "most_pins": MOST_PINS,
        "largest_repeats": MOST_REPEATS,
    }
    return View(State.GOOD if _says_anything(rules) else State.DEFAULT, facts)


def preview_rules(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, Any]:
    """What unsaved rules would mean, and which lines can't be read."""
    rules, problems = read_rules(unit, values)
    sentences = [
        f"{viewer.words.text(_LABELS[field])}: {problem.sentence(viewer.words)}"
        for field, problem in problems.items()
    ]
    return describe_rules(unit, viewer, rules) | {"problems": sentences}


def check_rules(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a field: its first line that can't be read."""
    _, problems = read_rules(unit, values)
    return {field: problem.sentence(viewer.words) for field, problem in problems.items()}


def store_rules(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> None:
    """Save checked values; a product that went away meanwhile is left out."""
    save_rules(unit, read_rules(unit, values)[0])


def describe_rules(unit: Unit, viewer: Viewer, rules: Rules) -> dict[str, Any]:
    """The rules group by group, with the shop's own products."""
    words, pins = viewer.words, rules.pins
    lists: list[tuple[str, Iterable[int]]] = [
        (words.text("rules.shown_popular"), pins.popular),
        (words.text("rules.shown_for_you"), pins.for_you),
        (words.text("rules.shown_together"), pins.beside_all),
    ]
    known = products_of_ids(unit, _mentioned(rules))
    lists += [
        (words.text("rules.shown_beside", title=known[beside].title), product_ids)
        for beside, product_ids in pins.beside.items()
        if beside in known
    ]
    lists += [(words.text("rules.shown_look", title=look.title), look.product_ids) for look in rules.looks]

    def describe(product_id: int) -> tuple[str, str]:
        product = known[product_id]
        hindrance = _hindrance(product, rules)
        return product.title, words.text(hindrance) if hindrance else ""

    groups = [
        RuleGroup(title, [describe(one) for one in product_ids if one in known])
        for title, product_ids in lists
        if product_ids
    ]
    never = [(known[one].title, "") for one in rules.excluded if one in known]
    if never:
        groups.insert(0, RuleGroup(words.text("rules.shown_never"), never))
    return {"groups": groups, "problems": []}


def _says_anything(rules: Rules) -> bool:
    return bool(_mentioned(rules)) or rules.shows_sold_out or rules.most_repeats is not None


def _mentioned(rules: Rules) -> set[int]:
    pins = rules.pins
    lists = [
        rules.excluded,
        pins.popular,
        pins.for_you,
        pins.beside_all,
        list(pins.beside),
        *pins.beside.values(),
    ]
    return {one for some in (*lists, *(look.product_ids for look in rules.looks)) for one in some}


def _hindrance(product: NamedProduct, rules: Rules) -> str:
    if product.id in rules.excluded:
        return "rules.not_shown_excluded"
    if not product.is_on_sale:
        return "rules.not_shown_unpublished"
    if not product.available and not rules.shows_sold_out:
        return "rules.not_shown_sold_out"
    return ""


SECTION = Section(
    key="rules",
    title="rules.title",
    template="sections/rules.html",
    read=read_section,
    form=Form(
        schema=RulesSchema,
        save=store_rules,
        saved_text="rules.saved",
        check=check_rules,
        preview=preview_rules,
        preview_template="sections/rules_preview.html",
    ),
)
