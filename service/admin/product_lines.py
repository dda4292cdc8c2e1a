"""Products as a merchant types them, one a line: by handle, address or title. What can't be found names its line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from service.admin.catalogue import Words
from service.kit.database import Unit
from service.purchases.product_names import NamedProduct, products_named, products_of_ids

_ADDRESS = re.compile(r"(?:https?://)?(?P<host>[^\s/]*)(?:/[^\s?#]*?)?/products/(?P<name>[^\s/?#]+)\S*")
_ADMIN_HOST = "admin.shopify.com"
_LONGEST_QUOTE = 60
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line with content; lines are counted from 1, empty ones too."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with a line: a key of the catalogue, and what its text is filled with."""

    line: TypedLine
    key: str
    values: Mapping[str, object]

    def sentence(self, words: Words) -> str:
        """The problem for a person, beginning with the line's number."""
        quote = str(self.values.get("text", self.line.text))
        if len(quote) > _LONGEST_QUOTE:
            quote = f"{quote[:_LONGEST_QUOTE]}…"
        return words.text(self.key, **{**self.values, "line": self.line.number, "text": quote})


class UnreadableLine(Exception):
    """A line names no product, or more than one."""

    def __init__(self, line: TypedLine, key: str, **values: object) -> None:
        super().__init__(key)
        self.problem = LineProblem(line, key, values)


def typed_lines(text: str) -> list[TypedLine]:
    """The lines that hold something, without the space around it and with single spaces inside."""
    lines = [
        TypedLine(number, " ".join(line.split())) for number, line in enumerate(text.splitlines(), start=1)
    ]
    return [line for line in lines if line.text]


class ProductFinder:
    """Finds the shop's products by names that are all known beforehand: few reads, however many lines."""

    def __init__(self, unit: Unit, names: Iterable[str]) -> None:
        wanted = [_read_name(name) for name in names]
        self._by_id = products_of_ids(unit, [one.id for one in wanted if one.id is not None])
        handles = [one.handle for one in wanted if one.handle]
        titles = [one.title for one in wanted if one.title]
        found = products_named(unit, handles, titles)
        self._by_handle = {one.handle: one for one in found}
        self._by_title: dict[str, list[NamedProduct]] = {}
        for one in found:
            self._by_title.setdefault(one.title, []).append(one)

    def find(self, line: TypedLine, name: str) -> int:
        """Id of the product that `name` on this line means; raises UnreadableLine.

        A handle wins over a title; a title that several products have means none of them.
        """
        wanted = _read_name(name)
        if wanted.id is not None and wanted.id in self._by_id:
            return wanted.id
        if wanted.handle in self._by_handle:
            return self._by_handle[wanted.handle].id
        called = self._by_title.get(wanted.title, [])
        if len(called) == 1:
            return called[0].id
        raise UnreadableLine(
            line, "rules.ambiguous_product" if called else "rules.unknown_product", text=name
        )


@dataclass(frozen=True, slots=True)
class _Name:
    """What a typed name may be; empty where it can't be that."""

    id: int | None = None
    handle: str = ""
    title: str = ""


def _read_name(name: str) -> _Name:
    address = _ADDRESS.fullmatch(name)
    if address is None:
        return _Name(handle=name.lower(), title=name)
    part = unquote(address["name"])
    # the admin's own address of a product ends with its number
    is_number = part.isascii() and part.isdecimal() and address["host"].lower() == _ADMIN_HOST
    if is_number and int(part) <= _LARGEST_ID:
        return _Name(id=int(part))
    return _Name(handle=part.lower())
