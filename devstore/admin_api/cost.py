"""What a GraphQL request costs and whether the app may still afford it.

Rules of https://shopify.dev/docs/api/usage/limits: an object costs 1, a connection its size times what is inside,
a mutation 10, scalars nothing; at most 1,000 points per request; a leaky bucket per app and shop.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.type import GraphQLNamedType, get_nullable_type

MUTATION_COST = 10
MAX_COST = 1_000
MAXIMUM_AVAILABLE = 2_000
RESTORE_RATE = 100


def fields_of(
    schema: GraphQLSchema,
    selection: SelectionSetNode,
    parent: GraphQLNamedType,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
    """All fields of a selection set with their parent type, fragments opened."""
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield node, parent
        elif isinstance(node, InlineFragmentNode):
            inner = schema.type_map[node.type_condition.name.value] if node.type_condition else parent
            yield from fields_of(schema, node.selection_set, inner, fragments)
        elif isinstance(node, FragmentSpreadNode):
            fragment = fragments[node.name.value]
            inner = schema.type_map[fragment.type_condition.name.value]
            yield from fields_of(schema, fragment.selection_set, inner, fragments)


def request_cost(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    """Points that a request is charged before it runs."""
    if operation.operation.value == "mutation":
        return MUTATION_COST * len(operation.selection_set.selections)
    assert isinstance(schema.query_type, GraphQLObjectType)
    return _selection_cost(schema, operation.selection_set, schema.query_type, fragments, variables)


def _selection_cost(
    schema: GraphQLSchema,
    selection: SelectionSetNode,
    parent: GraphQLNamedType,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    total = 0
    for node, owner in fields_of(schema, selection, parent, fragments):
        definition = getattr(owner, "fields", {}).get(node.name.value)
        if (
            definition is None
            or node.selection_set is None
            or not is_composite_type(get_named_type(definition.type))
        ):
            continue
        target = get_named_type(definition.type)
        inside = _selection_cost(schema, node.selection_set, target, fragments, variables)
        if target.name.endswith("Connection"):
            total += max(inside, 1) * _size(node, variables)
        elif target.name == "PageInfo":
            continue
        elif owner.name.endswith("Connection") and node.name.value == "edges":
            total += inside
        else:
            listed = is_list_type(get_nullable_type(definition.type)) and not owner.name.endswith(
                "Connection"
            )
            total += (inside + 1) * (_size(node, variables) if listed else 1)
    return total


def _size(node: FieldNode, variables: Mapping[str, Any]) -> int:
    for argument in node.arguments:
        if argument.name.value in ("first", "last", "ids"):
            value = value_from_ast_untyped(argument.value, dict(variables))
            if value is not None:
                return len(value) if isinstance(value, list) else int(value)
    return 1


@dataclass
class Bucket:
    """The leaky bucket of one app in one shop; ``restore_rate`` points come back per second."""

    maximum: float = MAXIMUM_AVAILABLE
    restore_rate: float = RESTORE_RATE

    def __post_init__(self) -> None:
        self._available, self._at, self._lock = float(self.maximum), time.monotonic(), threading.Lock()

    def configure(self, maximum: float, restore_rate: float) -> None:
        """Change the plan; what was used stays used."""
        with self._lock:
            self._available += maximum - self.maximum
            self.maximum, self.restore_rate = maximum, restore_rate

    def take(self, points: float) -> bool:
        """Take points, all or nothing."""
        with self._lock:
            self._restore()
            if points > self._available:
                return False
            self._available -= points
            return True

    def give_back(self, points: float) -> None:
        """Return what a request was charged but did not use."""
        with self._lock:
            self._restore()
            self._available = min(self._available + points, self.maximum)

    def status(self) -> dict[str, float]:
        """throttleStatus of an answer."""
        with self._lock:
            self._restore()
            return {
                "maximumAvailable": float(self.maximum),
                "currentlyAvailable": int(self._available),
                "restoreRate": float(self.restore_rate),
            }

    def _restore(self) -> None:
        now = time.monotonic()
        self._available = min(self._available + (now - self._at) * self.restore_rate, self.maximum)
        self._at = now
