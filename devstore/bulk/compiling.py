"""Compiles a bulk query once to functions that write a row as JSON, over the same resolver table as single requests.

graphql-core would visit every field of every node; here a row costs one line of text.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from json.encoder import encode_basestring as encode_string
from operator import itemgetter
from typing import Any

from graphql import FieldNode, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type, parse
from graphql.execution.values import get_argument_values

from devstore.admin_api.access import check_access, read_directive, required_access
from devstore.admin_api.cost import fields_of
from devstore.admin_api.fields import FIELDS
from devstore.admin_api.readers import Bag, Column, GlobalId
from devstore.admin_api.sources import Connection, Context, Reference, Row
from devstore.bulk.rules import ROOTS, node_fields, split_document

CACHED_OBJECTS = 20_000
Write = Callable[[Any], str]
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass
class NodePlan:
    """How the nodes of one connection become lines."""

    connection: Connection
    arguments: dict[str, Any]
    write: Write
    children: list["NodePlan"] = field(default_factory=list)


class Compiler:
    """Turns a checked bulk query into plans, for one context."""

    def __init__(self, schema: GraphQLSchema, context: Context, text: str) -> None:
        self._schema, self._context = schema, context
        self._operation, self._fragments = split_document(parse(text))

    def compile(self) -> NodePlan:
        """The plan of the top-level connection; GraphQLError ACCESS_DENIED when a scope is missing."""
        assert self._operation is not None
        assert self._schema.query_type is not None
        ((node, owner),) = fields_of(
            self._schema, self._operation.selection_set, self._schema.query_type, self._fragments
        )
        return self._plan(node, owner, ROOTS[node.name.value])

    def _plan(self, node: FieldNode, owner: Any, connection: Connection) -> NodePlan:
        check_access(
            self._context.scopes, node.name.value, required_access(self._schema, owner, node.name.value)
        )
        definition = owner.fields[node.name.value]
        arguments = get_argument_values(definition, node, {})
        children: list[NodePlan] = []
        inner = node_fields(self._schema, node, get_named_type(definition.type), self._fragments)
        write = self._compile_object(inner, children)
        return NodePlan(connection, arguments, write, children)

    def _compile_object(
        self, selected: list[tuple[FieldNode, GraphQLNamedType]], children: list[NodePlan]
    ) -> Write:
        """Writes the selected fields of a row as a JSON object; connections among them become plans of their own."""
        parts: list[tuple[str, Write]] = []
        for node, owner in selected:
            name, key = node.name.value, encode((node.alias or node.name).value)
            entry = FIELDS.get(owner.name, {}).get(name)
            if isinstance(entry, Connection):
                children.append(self._plan(node, owner, entry))
                continue
            assert isinstance(owner, GraphQLObjectType)
            kind = encode(owner.name)
            field_writer = (
                (lambda _row, kind=kind: kind)
                if name == "__typename"
                else self._compile_field(node, owner, entry, children)
            )
            parts.append((f"{',' if parts else ''}{key}:", field_writer))
        return lambda row: "{" + "".join([key + write(row) for key, write in parts]) + "}"

    def _compile_field(
        self, node: FieldNode, owner: GraphQLObjectType, entry: Any, children: list[NodePlan]
    ) -> Write:
        name, context = node.name.value, self._context
        check_access(context.scopes, name, required_access(self._schema, owner, name))
        if read_directive(owner.fields[name], "protected") and not context.shows_personal_data:
            return lambda _row: "null"
        inner: Write | None = None
        if node.selection_set:
            target = get_named_type(owner.fields[name].type)
            inner = self._compile_object(
                list(fields_of(self._schema, node.selection_set, target, self._fragments)), children
            )
        if isinstance(entry, Reference):
            assert inner is not None
            return self._follow(entry, inner)
        if isinstance(entry, GlobalId):
            return partial(_write_gid, entry.prefix, entry.column)
        if isinstance(entry, Column):
            return partial(_write_column, entry.name)
        if isinstance(entry, Bag):
            assert inner is not None
            return self._write_money(entry, inner)
        if entry is None:
            read: Callable[[Any], Any] = itemgetter(name)
        else:
            read = partial(entry, context, **get_argument_values(owner.fields[name], node, {}))
        if inner is None:
            return lambda row: write_value(read(row))
        return lambda row: _write_nested(inner, read(row))

    def _write_money(self, bag: Bag, write: Write) -> Write:
        """A shop has few prices: each amount is written once and remembered."""
        known: dict[int, str] = {}
        context, amount = self._context, bag.amount

        def write_money(row: Row) -> str:
            minor = amount(context, row)
            if minor not in known:
                if len(known) > CACHED_OBJECTS:
                    known.clear()
                known[minor] = write(bag.shape(context, minor))
            return known[minor]

        return write_money

    def _follow(self, reference: Reference, write: Write) -> Write:
        """Objects that many rows refer to are written once and remembered."""
        known: dict[Any, str] = {None: "null"}
        column, context = reference.column, self._context

        def follow(row: Row) -> str:
            value = row[column]
            if value not in known:
                if len(known) > CACHED_OBJECTS:
                    known.clear()
                    known[None] = "null"
                found = context.load(reference.source, value, reference.key)
                known[value] = "null" if found is None else write(found)
            return known[value]

        return follow


def write_value(value: Any) -> str:
    """A value as JSON; strings and whole numbers, nearly all there is, without the encoder's detours."""
    if value.__class__ is str:
        return encode_string(value)
    return str(value) if value.__class__ is int else encode(value)


def _write_column(name: str, row: Any) -> str:
    value = row[name]
    if value.__class__ is int:
        return str(value)
    return encode_string(value) if value.__class__ is str else encode(value)


def _write_gid(prefix: str, column: str, row: Any) -> str:
    return f'"{prefix}{row[column]}"'


def _write_nested(write: Write, value: Any) -> str:
    if value is None:
        return "null"
    return f"[{','.join(map(write, value))}]" if isinstance(value, list) else write(value)
