"""Which access scopes a field needs, read from the directives of the pruned schema."""

from collections.abc import Collection
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, get_named_type


def read_directive(part: Any, name: str) -> Any:
    """The one argument's value of a directive on a type or field, or None."""
    for directive in part.ast_node.directives if part.ast_node else ():
        if directive.name.value == name:
            value = directive.arguments[0].value
            return [each.value for each in value.values] if hasattr(value, "values") else value.value
    return None


def required_access(schema: GraphQLSchema, owner: GraphQLObjectType, name: str) -> list[list[str]]:
    """Scopes a field needs: one of each list (its own, and that of the type it leads to)."""
    definition = owner.fields[name]
    target = get_named_type(definition.type)
    if target.name.endswith("Connection"):
        target = get_named_type(schema.type_map[target.name].fields["nodes"].type)  # type: ignore[attr-defined]
    return [
        scopes
        for scopes in (read_directive(definition, "access"), read_directive(target, "access"))
        if scopes
    ]


def check_access(granted: Collection[str], name: str, needed: list[list[str]]) -> None:
    """GraphQLError ACCESS_DENIED unless one scope of each list is granted (a write scope includes reading)."""
    held = set(granted) | {f"read_{scope[6:]}" for scope in granted if scope.startswith("write_")}
    for scopes in needed:
        if not held.intersection(scopes):
            access = " or ".join(f"`{scope}`" for scope in scopes) + " access scope."
            raise GraphQLError(
                f"Access denied for {name} field. Required access: {access}",
                extensions={"code": "ACCESS_DENIED", "requiredAccess": access,
                            "documentation": "https://shopify.dev/api/usage/access-scopes"},
            )  # fmt: skip


def deny_protected(name: str) -> GraphQLError:
    """The error that stands beside the null of a personal field the app is not approved for."""
    return GraphQLError(
        f"This app is not approved to use the {name} field. See"
        " https://shopify.dev/docs/apps/launch/protected-customer-data for more details.",
        extensions={"code": "ACCESS_DENIED"},
    )
