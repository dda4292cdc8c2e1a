"""What Shopify allows as a bulk query; https://shopify.dev/docs/api/usage/bulk-operations/queries."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
)

from devstore.admin_api.cost import fields_of
from devstore.admin_api.sources import CUSTOMERS, ORDERS, PRODUCTS, Connection

MAX_CONNECTIONS = 5
MAX_DEPTH = 2
ROOTS = {"orders": Connection(ORDERS), "products": Connection(PRODUCTS), "customers": Connection(CUSTOMERS)}
Fragments = Mapping[str, FragmentDefinitionNode]


def check_bulk_query(schema: GraphQLSchema, text: str) -> str | None:
    """Why Shopify would refuse this bulk query, or None. Rules: one top-level connection, at most five in all, two
    levels deep, none inside a plain list, nodes by edges, and ``id`` on every node."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return f"Invalid bulk query: {error.message}"
    if errors := validate(schema, document):
        return f"Invalid bulk query: {errors[0].message}"
    operation, fragments = split_document(document)
    if operation is None or operation.operation.value != "query" or schema.query_type is None:
        return "Invalid bulk query: exactly one query operation is needed."
    roots = list(fields_of(schema, operation.selection_set, schema.query_type, fragments))
    if len(roots) != 1 or roots[0][0].name.value not in ROOTS:
        return f"Bulk queries must contain exactly one top-level connection; known: {', '.join(ROOTS)}."
    found: list[int] = []
    problem = _check_selection(schema, operation.selection_set, schema.query_type, fragments, 1, False, found)
    if problem is None and len(found) > MAX_CONNECTIONS:
        return f"Bulk queries cannot contain more than {MAX_CONNECTIONS} connections."
    return problem


def _check_selection(
    schema: GraphQLSchema, selection: SelectionSetNode, parent: GraphQLNamedType, fragments: Fragments, depth: int,
    in_list: bool, found: list[int],
) -> str | None:  # fmt: skip
    for node, owner in fields_of(schema, selection, parent, fragments):
        if node.selection_set is None:
            continue
        output = owner.fields[node.name.value].type  # type: ignore[attr-defined]
        target, inner_depth = get_named_type(output), depth
        inner_list = in_list or (is_list_type(get_nullable_type(output)) and node.name.value != "edges")
        if target.name.endswith("Connection"):
            found.append(depth)
            if depth > MAX_DEPTH:
                return f"Bulk queries cannot nest connections deeper than {MAX_DEPTH} levels."
            if in_list:
                return (
                    "Queries that contain a connection field within a list field are not currently supported."
                )
            ids = {inner.name.value for inner, _ in node_fields(schema, node, target, fragments)}
            if "id" not in ids:
                return f"Bulk queries need edges {{ node {{ id }} }} in {node.name.value}."
            inner_depth = depth + 1
        if problem := _check_selection(
            schema, node.selection_set, target, fragments, inner_depth, inner_list, found
        ):
            return problem
    return None


def node_fields(
    schema: GraphQLSchema, connection: FieldNode, target: GraphQLNamedType, fragments: Fragments
) -> list[tuple[FieldNode, GraphQLNamedType]]:
    current: list[tuple[FieldNode, Any]] = [(connection, target)]
    for name in ("edges", "node"):
        current = [
            (inner, get_named_type(owner.fields[name].type))  # type: ignore[attr-defined]
            for node, parent in current
            for inner, owner in fields_of(schema, node.selection_set, parent, fragments)  # type: ignore[arg-type]
            if inner.name.value == name
        ]
    return [
        pair
        for node, parent in current
        for pair in fields_of(schema, node.selection_set, parent, fragments)  # type: ignore[arg-type]
    ]


def split_document(document: DocumentNode) -> tuple[OperationDefinitionNode | None, Fragments]:
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    fragments = {
        one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    }
    return (operations[0] if len(operations) == 1 else None), fragments
