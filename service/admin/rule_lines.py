"""A merchant's rules as lines of text, there and back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from service.admin.product_lines import LineProblem, ProductFinder, TypedLine, UnreadableLine, typed_lines
from service.kit.database import Unit
from service.purchases.product_names import products_of_ids
from service.recommendations.merchant_rules import (
    FEWEST_IN_LOOK,
    LONGEST_LOOK_TITLE,
    MOST_IN_LOOK,
    MOST_PINS,
    CuratedLook,
    Pins,
    Rules,
)

ARROW = ">"
LIST_FIELDS = ("excluded", "pins_popular", "pins_for_you", "pins_together")
TEXT_FIELDS = (*LIST_FIELDS, "pins_beside", "looks")

Problems = dict[str, LineProblem]
"""The first problem of each field."""


def read_rules(unit: Unit, values: Mapping[str, Any]) -> tuple[Rules, Problems]:
    """The rules that these form values mean, and what could not be read; lines that could not are left out."""
    lines = {field: typed_lines(values[field]) for field in TEXT_FIELDS}
    find = ProductFinder(unit, _names(lines)).find
    problems: Problems = {}
    limits = dict.fromkeys(LIST_FIELDS, MOST_PINS) | {"excluded": None}
    lists = {
        field: _read_list(lines[field], find, limits[field], _keep(problems, field)) for field in LIST_FIELDS
    }
    pins = Pins(
        popular=lists["pins_popular"],
        for_you=lists["pins_for_you"],
        beside_all=lists["pins_together"],
        beside=_read_beside(lines["pins_beside"], find, _keep(problems, "pins_beside")),
    )
    rules = Rules(
        excluded=lists["excluded"],
        pins=pins,
        looks=_read_looks(_blocks(lines["looks"]), find, _keep(problems, "looks")),
        shows_sold_out=values["shows_sold_out"],
        most_repeats=int(values["most_repeats"]) if values["most_repeats"] else None,
    )
    return rules, problems


def write_rules(unit: Unit, rules: Rules) -> dict[str, Any]:
    """The form values that mean these rules; products that are gone are left out."""
    pins = rules.pins
    mentioned = [*rules.excluded, *pins.popular, *pins.for_you, *pins.beside_all]
    for beside, product_ids in pins.beside.items():
        mentioned += [beside, *product_ids]
    for look in rules.looks:
        mentioned += look.product_ids
    known = products_of_ids(unit, mentioned)

    def handles(product_ids: Sequence[int]) -> list[str]:
        return [known[product_id].handle for product_id in product_ids if product_id in known]

    return {
        "excluded": "\n".join(handles(rules.excluded)),
        "pins_popular": "\n".join(handles(pins.popular)),
        "pins_for_you": "\n".join(handles(pins.for_you)),
        "pins_together": "\n".join(handles(pins.beside_all)),
        "pins_beside": "\n".join(
            f" {ARROW} ".join(handles([beside, *product_ids]))
            for beside, product_ids in pins.beside.items()
            if beside in known and handles(product_ids)
        ),
        "looks": "\n\n".join("\n".join([look.title, *handles(look.product_ids)]) for look in rules.looks),
        "shows_sold_out": rules.shows_sold_out,
        "most_repeats": "" if rules.most_repeats is None else str(rules.most_repeats),
    }


_Find = Callable[[TypedLine, str], int]
_Report = Callable[[UnreadableLine], None]


def _keep(problems: Problems, field: str) -> _Report:
    def keep_first(error: UnreadableLine) -> None:
        problems.setdefault(field, error.problem)

    return keep_first


def _names(lines: Mapping[str, list[TypedLine]]) -> Iterator[str]:
    for field, typed in lines.items():
        for line in typed:
            yield from _parts(line) if field == "pins_beside" else (line.text,)


def _parts(line: TypedLine) -> list[str]:
    return [part.strip() for part in line.text.split(ARROW)]


def _read_list(lines: Sequence[TypedLine], find: _Find, most: int | None, report: _Report) -> list[int]:
    product_ids: dict[int, None] = {}
    for line in lines:
        try:
            product_id = find(line, line.text)
            if most is not None and len(product_ids) >= most and product_id not in product_ids:
                raise UnreadableLine(line, "rules.too_many_pins", most=most)
        except UnreadableLine as error:
            report(error)
        else:
            product_ids[product_id] = None
    return list(product_ids)


def _read_beside(lines: Sequence[TypedLine], find: _Find, report: _Report) -> dict[int, list[int]]:
    beside: dict[int, list[int]] = {}
    for line in lines:
        try:
            product_id, pinned = _read_beside_line(line, find)
            if product_id in beside:
                raise UnreadableLine(line, "rules.beside_twice", text=_parts(line)[0])
        except UnreadableLine as error:
            report(error)
        else:
            beside[product_id] = pinned
    return beside


def _read_beside_line(line: TypedLine, find: _Find) -> tuple[int, list[int]]:
    parts = _parts(line)
    if len(parts) < 2 or not all(parts):
        raise UnreadableLine(line, "rules.no_arrow")
    product_id, *pinned = [find(line, part) for part in parts]
    if product_id in pinned:
        raise UnreadableLine(line, "rules.beside_itself", text=parts[0])
    if len(set(pinned)) > MOST_PINS:
        raise UnreadableLine(line, "rules.too_many_pins", most=MOST_PINS)
    return product_id, list(dict.fromkeys(pinned))


def _blocks(lines: Sequence[TypedLine]) -> list[list[TypedLine]]:
    """Lines that follow each other without an empty one between them."""
    blocks: list[list[TypedLine]] = []
    for line in lines:
        if blocks and blocks[-1][-1].number + 1 == line.number:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _read_looks(blocks: Sequence[Sequence[TypedLine]], find: _Find, report: _Report) -> list[CuratedLook]:
    looks: list[CuratedLook] = []
    for title, *products in blocks:
        try:
            product_ids = list(dict.fromkeys(find(line, line.text) for line in products))
            if len(title.text) > LONGEST_LOOK_TITLE:
                raise UnreadableLine(title, "rules.long_look_title", most=LONGEST_LOOK_TITLE)
            if not FEWEST_IN_LOOK <= len(product_ids) <= MOST_IN_LOOK:
                raise UnreadableLine(title, "rules.look_size", fewest=FEWEST_IN_LOOK, most=MOST_IN_LOOK)
        except UnreadableLine as error:
            report(error)
        else:
            looks.append(CuratedLook(title.text, product_ids))
    return looks
