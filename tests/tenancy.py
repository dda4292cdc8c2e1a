"""Whether a statement stays inside one shop, read from its own words.

In every SELECT (each sub-select and CTE is one), UPDATE and DELETE each table of shops must have `shop_id = <value>`
among the conditions that always hold, or be tied by `a.shop_id = b.shop_id` to a table that has; the row of the shop
itself is bound by its `id`. An INSERT names `shop_id` among its columns. What can't be proven counts as forgotten.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

from service.privacy.shop_erasure import tables_of_shops

SHOP = "shop_id"
_OF_SHOPS = {table.name: SHOP for table in tables_of_shops()} | {"shops": "id"}
"""Table -> the column that says whose a row is."""

REFUSED: list[str] = []
"""What the tripwire refused during this test: it fails even where somebody caught the refusal."""

_DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite"}
_PLACE = r"(?:\?|%\(\w+\)s)(?:::\w+)?"
_TOKEN = re.compile(
    rf"'(?:[^']|'')*'|IN \({_PLACE}(?:, {_PLACE})*\)|(?P<place>\?|%s)|%\((?P<name>\w+)\)s|(?P<percent>%%)"
)
_PLAIN_INSERT = re.compile(r"INSERT INTO (\w+) \(([^)]*)\)(?!.*\bSELECT\b)", re.DOTALL)


def foreign_reach(dialect: str, statement: str, parameters: Sequence[Any], shop_id: object) -> str | None:
    """How the statement reaches beyond the shop, in a sentence; None where it can't.

    `parameters` are all sets that it is executed with: dicts, or tuples for positions.
    """
    text, places = _without_values(statement)
    reading = _read(_DIALECTS[dialect], text)
    if reading.forgotten:
        return f"{', '.join(sorted(reading.forgotten))}: not bound to a shop in: {statement}"
    for given in parameters:
        values = {_value_of(name, given, places) for name in reading.bound_by}
        if values - {str(shop_id)}:
            return f"shop {shop_id} asks for the rows of {', '.join(sorted(values))} in: {statement}"
    return None


def _value_of(name: str, given: Any, places: Sequence[int]) -> str:
    if name.isdecimal():
        return name
    if isinstance(given, Mapping):
        return str(given[name])
    return str(given[places[int(name.removeprefix("p"))]])


def _without_values(statement: str) -> tuple[str, list[int]]:
    """The statement with named parameters, however many values its lists have, and which value each `p0`, `p1` has."""
    places: list[int] = []
    seen = 0

    def name(token: re.Match[str]) -> str:
        nonlocal seen
        if token["name"]:
            return f":{token['name']}"
        if token["percent"]:
            return "%"
        if token["place"]:
            places.append(seen)
            seen += 1
            return f":p{len(places) - 1}"
        if token[0].startswith("IN "):
            seen += token[0].count("?")
            return "IN (NULL)"
        return token[0]

    return _TOKEN.sub(name, statement), places


_NAMED = (exp.Table, exp.Subquery)
_PLACES_OF_SOURCES = ("from_", "joins", "using")


@dataclass(slots=True)
class _Reading:
    """`bound_by`: names of parameters (and numbers) that say which shop; `forgotten`: tables that nothing binds."""

    forgotten: set[str] = field(default_factory=set)
    bound_by: set[str] = field(default_factory=set)


@lru_cache(maxsize=20_000)
def _read(dialect: str, text: str) -> _Reading:
    reading = _Reading()
    plain = _PLAIN_INSERT.match(text)
    if plain:
        _read_columns(plain[1], plain[2].split(", "), reading)
    elif text.lstrip("( ").startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")):
        _read_statement(sqlglot.parse_one(text, dialect=dialect), _Sight(), reading)
    return reading


def _read_columns(table: str, columns: Iterable[str], reading: _Reading) -> None:
    if _OF_SHOPS.get(table) == SHOP and SHOP not in columns:
        reading.forgotten.add(table)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a query sees from outside: `bound` names that hold rows of one shop only, and the names of CTEs."""

    bound: frozenset[str] = frozenset()
    ctes: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Sources:
    """What a query reads: name -> table of shops, and all names (of other tables, sub-selects and CTEs too)."""

    owned: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)


def _read_statement(query: Any, sight: _Sight, reading: _Reading) -> bool:
    """Read a query and all within it; True when the `shop_id` that it gives is bound."""
    sight = _read_ctes(query, sight, reading)
    if isinstance(query, exp.Subquery):
        return _read_statement(query.this, sight, reading)
    if isinstance(query, exp.SetOperation):
        left, right = (_read_statement(side, sight, reading) for side in (query.left, query.right))
        return left and right
    if isinstance(query, exp.Insert):
        _read_insert(query, sight, reading)
        return False
    if isinstance(query, exp.Select | exp.Update | exp.Delete):
        return _read_scope(query, sight, reading)
    reading.forgotten.add(f"({query.sql()})")
    return False


def _read_insert(query: exp.Insert, sight: _Sight, reading: _Reading) -> None:
    table = query.this.find(exp.Table).name
    _read_columns(table, [column.name for column in query.this.expressions], reading)
    if isinstance(query.expression, exp.Query):
        _read_statement(query.expression, sight, reading)


def _read_ctes(query: Any, sight: _Sight, reading: _Reading) -> _Sight:
    for cte in query.ctes if hasattr(query, "ctes") else ():
        seen = _Sight(sight.bound - {cte.alias}, sight.ctes | {cte.alias})
        is_bound = _read_statement(cte.this, seen, reading)
        sight = _Sight(seen.bound | {cte.alias} if is_bound else seen.bound, seen.ctes)
    return sight


def _read_scope(query: Any, sight: _Sight, reading: _Reading) -> bool:
    sources = _Sources()
    places = [query.args.get(key) for key in _PLACES_OF_SOURCES]
    if not isinstance(query, exp.Select):
        places.append(query.this)
    named = [node for node in _own_nodes(places) if isinstance(node, _NAMED)]
    for node in named:
        _read_source(node, sight, sources, reading)
    bound = _bound_names(query, sight, sources, reading)
    reading.forgotten.update(table for name, table in sources.owned.items() if name not in bound)
    _read_queries_inside(query, named, _Sight(frozenset(bound), sight.ctes), reading)
    return isinstance(query, exp.Select) and _gives_bound_shop(query, sources, bound)


def _read_queries_inside(query: Any, known: Sequence[Any], sight: _Sight, reading: _Reading) -> None:
    known_ids = {id(node) for node in known}
    for node in _own_nodes(value for key, value in query.args.items() if key != "with_"):
        if isinstance(node, exp.Query) and id(node) not in known_ids:
            _read_statement(node, sight, reading)


def _read_source(node: Any, sight: _Sight, sources: _Sources, reading: _Reading) -> None:
    name = node.alias_or_name
    sources.names.add(name)
    if isinstance(node, exp.Subquery):
        if _read_statement(node, sight, reading):
            sources.bound.add(name)
    elif node.name in sight.ctes:
        if node.name in sight.bound:
            sources.bound.add(name)
    elif node.name in _OF_SHOPS:
        sources.owned[name] = node.name


def _bound_names(query: Any, sight: _Sight, sources: _Sources, reading: _Reading) -> set[str]:
    """Names whose rows are of one shop: bound by a value, or tied to one that is."""
    bound = set(sight.bound - sources.names) | sources.bound
    ties: list[tuple[str, str]] = []
    for left, right, targets in _equalities(query):
        sides = [_shop_name(left, sources), _shop_name(right, sources)]
        values = [_value_name(left), _value_name(right)]
        for name, value in ((sides[0], values[1]), (sides[1], values[0])):
            if name and value and (targets is None or name in targets):
                bound.add(name)
                reading.bound_by.add(value)
        if sides[0] and sides[1]:
            ties += [(a, b) for a, b in (sides, sides[::-1]) if targets is None or b in targets]
    for _ in ties:
        bound |= {b for a, b in ties if a in bound}
    return bound


def _equalities(query: Any) -> Iterator[tuple[Any, Any, set[str] | None]]:
    """Both sides of every equality that always holds; one of an outer join only holds for the joined tables."""
    for condition, targets in _conditions(query):
        for part in _conjuncts(condition):
            if isinstance(part, exp.EQ):
                yield _bare(part.left), _bare(part.right), targets


def _conditions(query: Any) -> Iterator[tuple[Any, set[str] | None]]:
    if query.args.get("where"):
        yield query.args["where"].this, None
    for join in _own_nodes([query.args.get(key) for key in _PLACES_OF_SOURCES]):
        if isinstance(join, exp.Join) and join.args.get("on"):
            joined = {node.alias_or_name for node in _own_nodes([join.this]) if isinstance(node, _NAMED)}
            if join.side in ("", "LEFT"):
                yield join.args["on"], joined if join.side else None


def _conjuncts(condition: Any) -> Iterator[Any]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _bare(side: Any) -> Any:
    while isinstance(side, exp.Cast | exp.Paren):
        side = side.this
    return side


def _shop_name(side: Any, sources: _Sources) -> str | None:
    """The name of the table whose shop this column says; None for any other expression."""
    if not isinstance(side, exp.Column):
        return None
    name = side.table or (next(iter(sources.names)) if len(sources.names) == 1 else "")
    return name if side.name == _OF_SHOPS.get(sources.owned.get(name, ""), SHOP) else None


def _value_name(side: Any) -> str | None:
    if isinstance(side, exp.Placeholder) or (isinstance(side, exp.Literal) and not side.is_string):
        return str(side.this)
    return None


def _gives_bound_shop(query: exp.Select, sources: _Sources, bound: set[str]) -> bool:
    given = [each.unalias() for each in query.selects if each.alias_or_name == SHOP]
    return bool(given) and all(_shop_name(each, sources) in bound for each in given)


def _own_nodes(places: Iterable[Any]) -> Iterator[exp.Expr]:
    """All nodes in these places of a query, a query among them but nothing of what is inside it."""
    for place in places:
        for root in place if isinstance(place, list) else [place]:
            if isinstance(root, exp.Expr):
                yield from root.walk(prune=lambda node: isinstance(node, exp.Query))
