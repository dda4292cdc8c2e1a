from functools import cache
from pathlib import Path

import graphql
import pytest

from service.shopify.documents import document_names, load

SCHEMA_FILE = Path(__file__).parents[3] / "devstore" / "admin_api" / "admin_2026-10.graphql"
MOST_POINTS = 1_000
BULK = [name for name in document_names() if name.startswith("bulk_") and "operation" not in name]
SENT = [name for name in document_names() if name not in BULK]


@cache
def published_schema() -> graphql.GraphQLSchema:
    return graphql.build_schema(SCHEMA_FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", document_names())
def test_the_document_is_valid_against_shopifys_schema(name):
    errors = graphql.validate(published_schema(), graphql.parse(load(name).text))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", document_names())
def test_the_document_uses_nothing_that_shopify_deprecates(name):
    rules = [graphql.NoDeprecatedCustomRule]
    errors = graphql.validate(published_schema(), graphql.parse(load(name).text), rules)
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", SENT)
def test_the_document_has_one_operation_named_like_its_file(name):
    (operation,) = graphql.parse(load(name).text).definitions
    assert operation.name.value == "".join(word.capitalize() for word in name.split("_"))


@pytest.mark.parametrize("name", SENT)
def test_the_worst_case_stays_under_what_one_query_may_cost(name):
    assert 0 < worst_cost(load(name).text) < MOST_POINTS


@pytest.mark.parametrize("name", BULK)
def test_a_bulk_query_keeps_shopifys_limits(name):
    document = graphql.parse(load(name).text)
    (operation,) = document.definitions
    assert operation.operation.value == "query"
    assert not operation.variable_definitions
    assert len(operation.selection_set.selections) == 1
    depths, ids_missing = list_connections(document)
    assert len(depths) <= 5
    assert max(depths) <= 2
    assert ids_missing == []


def test_an_unknown_document_is_named():
    for name in ("no_such_document", "../documents/shop", "shop.graphql", ""):
        with pytest.raises(LookupError):
            load(name)


def worst_cost(text: str) -> int:
    """Cost by the documented rule at its dearest: 1 per object, 10 per mutation, 2 + size * nodes per connection.

    https://shopify.dev/docs/api/usage/limits; Shopify's own figure is lower for large connections.
    """
    document = graphql.parse(text)
    (operation,) = document.definitions
    root = published_schema().get_root_type(operation.operation)
    is_mutation = operation.operation is graphql.OperationType.MUTATION
    return selection_cost(root, operation.selection_set) + (10 if is_mutation else 0)


def selection_cost(parent, selections) -> int:
    return sum(
        field_cost(parent, field) for field in selections.selections if isinstance(field, graphql.FieldNode)
    )


def field_cost(parent, field: graphql.FieldNode) -> int:
    if field.selection_set is None:
        return 0
    kind = graphql.get_named_type(parent.fields[field.name.value].type)
    size = next(
        (int(argument.value.value) for argument in field.arguments if argument.name.value == "first"), 1
    )
    if not kind.name.endswith("Connection"):
        return size * (1 + selection_cost(kind, field.selection_set))
    by_name = {inner.name.value: inner for inner in field.selection_set.selections}
    node = graphql.get_named_type(kind.fields["nodes"].type)
    return 2 + size * (1 + selection_cost(node, by_name["nodes"].selection_set)) + 1


def list_connections(document: graphql.DocumentNode) -> tuple[list[int], list[str]]:
    """Nesting depth of every connection, and the connections whose nodes do not select their id."""
    types = graphql.TypeInfo(published_schema())
    depth, depths, ids_missing = 0, [], []

    class Connections(graphql.Visitor):
        def enter_field(self, node, *_):
            nonlocal depth
            if graphql.get_named_type(types.get_type()).name.endswith("Connection"):
                depth += 1
                depths.append(depth)
                edges = node.selection_set.selections[0]
                chosen = {
                    field.name.value for field in edges.selection_set.selections[0].selection_set.selections
                }
                if "id" not in chosen:
                    ids_missing.append(node.name.value)

        def leave_field(self, node, *_):
            nonlocal depth
            if graphql.get_named_type(types.get_type()).name.endswith("Connection"):
                depth -= 1

    graphql.visit(document, graphql.TypeInfoVisitor(types, Connections()))
    return depths, ids_missing
