"""Executes Admin API documents over Shopify's published schema, with its access scopes, limits and errors."""

import json
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request
from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_named_type,
    get_operation_ast,
    is_composite_type,
    parse,
    validate,
)

from devstore.admin_api.access import check_access, deny_protected, read_directive, required_access
from devstore.admin_api.cost import (
    MAX_COST,
    MAXIMUM_AVAILABLE,
    MUTATION_COST,
    RESTORE_RATE,
    Bucket,
    request_cost,
)
from devstore.admin_api.fields import FIELDS
from devstore.admin_api.mutations import MUTATIONS
from devstore.admin_api.readers import load_gid, resolve_namespace, split_gid
from devstore.admin_api.sources import (
    BULK_OPERATIONS,
    CUSTOMERS,
    INSTALLATIONS,
    ORDERS,
    PRODUCTS,
    Connection,
    Context,
    Reference,
    make_context,
    read_page,
)
from devstore.bulk.operations import BulkRunner
from devstore.config import API_VERSION
from devstore.store import Store, read_setting
from devstore.tokens import find_grant

SDL = Path(__file__).with_name(f"admin_{API_VERSION}.graphql")
INVALID_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"
REMEMBERED_DOCUMENTS = 200
blueprint = Blueprint("admin_graphql", __name__)


def _by_id(type_name: str, source: Any) -> Callable[..., Any]:
    def read(context: Context, _row: Any, id: str) -> Any:
        parts = split_gid(id)
        if parts is None or parts[0] != type_name:
            raise GraphQLError(f"Invalid id: {id}", extensions={"code": "RESOURCE_NOT_FOUND"})
        return context.load(source, parts[1])

    return read


QUERIES: dict[str, Any] = {
    "shop": lambda _context, _row: {"kind": "Shop"},
    "orders": Connection(ORDERS), "order": _by_id("Order", ORDERS),
    "products": Connection(PRODUCTS), "product": _by_id("Product", PRODUCTS),
    "customers": Connection(CUSTOMERS), "customer": _by_id("Customer", CUSTOMERS),
    "bulkOperations": Connection(BULK_OPERATIONS), "bulkOperation": _by_id("BulkOperation", BULK_OPERATIONS),
    "node": lambda context, _row, id: load_gid(context, id),
    "nodes": lambda context, _row, ids: [load_gid(context, one) for one in ids],
    "currentAppInstallation": lambda context, _row: context.db.execute(f"{INSTALLATIONS.select}").fetchone(),
}  # fmt: skip


class AdminApi:
    """The Admin API of one shop for one app."""

    def __init__(self, store: Store, bulk_directory: Path) -> None:
        self._store = store
        self.bucket = Bucket()
        self.schema = load_schema()
        self.bulk = BulkRunner(store, self.schema, bulk_directory)
        self._parsed: dict[str, DocumentNode | list[GraphQLError]] = {}

    def answer(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None
    ) -> dict[str, Any]:
        """Execute a document and shape the answer as Shopify does (also errors are an HTTP 200)."""
        document = self._parse(query)
        if isinstance(document, list):
            return {"errors": [error.formatted for error in document]}
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            return {"errors": [{"message": "An operation name is required"}]}
        fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        cost = request_cost(self.schema, operation, fragments, variables or {})
        if cost > MAX_COST:
            message = f"Query cost is {cost}, which exceeds the single query max cost limit ({MAX_COST})."
            return {
                "errors": [
                    {
                        "message": message,
                        "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": MAX_COST},
                    }
                ]
            }
        if not self.bucket.take(cost):
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return {"errors": [throttled], "extensions": self._describe_cost(cost, None)}
        result, used = self._execute(document, operation, variables, operation_name, cost)
        self.bucket.give_back(max(cost - used, 0))
        shaped: dict[str, Any] = {"data": result.data}
        if result.errors:
            shaped["errors"] = [error.formatted for error in result.errors]
        return shaped | {"extensions": self._describe_cost(cost, used)}

    def _parse(self, query: str) -> DocumentNode | list[GraphQLError]:
        found = self._parsed.get(query)
        if found is None:
            try:
                document = parse(query)
                found = validate(self.schema, document) or document
            except GraphQLError as error:
                found = [error]
            if len(self._parsed) >= REMEMBERED_DOCUMENTS:
                self._parsed.clear()
            self._parsed[query] = found
        return found

    def _execute(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any] | None,
        name: str | None,
        cost: int,
    ) -> tuple[ExecutionResult, int]:
        writes = operation.operation.value == "mutation"
        with self._store.writing() if writes else self._store.reading() as db:
            context = make_context(db)
            context.bulk = self.bulk
            result = execute_sync(self.schema, document, None, context, variables, name)
            used = (
                MUTATION_COST * len(operation.selection_set.selections)
                if writes
                else min(context.objects, cost)
            )
        for action in context.after_commit:
            action()
        return result, used

    def _describe_cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        cost = {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }
        return {"cost": cost}


@cache
def load_schema() -> GraphQLSchema:
    """The pruned schema with a resolver on every field."""
    schema = build_schema(SDL.read_text(encoding="utf-8"), assume_valid=True)
    for one in schema.type_map.values():
        if isinstance(one, GraphQLInterfaceType | GraphQLUnionType):
            one.resolve_type = lambda value, _info, _type: value["kind"]
        if isinstance(one, GraphQLObjectType) and not one.name.startswith("__"):
            for name, definition in one.fields.items():
                definition.resolve = _make_resolver(schema, one, name, definition)
    return schema


def _make_resolver(
    schema: GraphQLSchema, owner: GraphQLObjectType, name: str, definition: GraphQLField
) -> Callable[..., Any]:
    roots = {"QueryRoot": QUERIES, "Mutation": MUTATIONS}
    entry = roots.get(owner.name, FIELDS.get(owner.name, {})).get(name)
    needed = required_access(schema, owner, name)
    protected = read_directive(definition, "protected")
    target = get_named_type(definition.type)
    counted = is_composite_type(target) and not target.name.endswith(("Connection", "Edge", "PageInfo"))

    def resolve(value: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        context: Context = info.context
        if needed:
            check_access(context.scopes, name, needed)
        if protected and not context.shows_personal_data:
            raise deny_protected(name)
        found = _read(entry, context, value, owner.name, name, arguments)
        if counted and found is not None:
            context.objects += len(found) if isinstance(found, list) else 1
        return found

    return resolve


def _read(entry: Any, context: Context, value: Any, owner: str, name: str, arguments: dict[str, Any]) -> Any:
    if isinstance(entry, Connection):
        where, bound = ([f"{entry.by} = ?"], [entry.key(value)]) if entry.by else ([], [])
        if namespace := arguments.get("namespace"):
            where, bound = (
                [*where, "namespace = ?"],
                [*bound, resolve_namespace(context.settings["client_id"], namespace)],
            )
        return read_page(context, entry.source, where, bound, arguments).describe()
    if isinstance(entry, Reference):
        return (
            None
            if value[entry.column] is None
            else context.load(entry.source, value[entry.column], entry.key)
        )
    if entry is not None:
        return entry(context, value, **arguments)
    if isinstance(value, dict) and name in value:
        return value[name]
    raise GraphQLError(
        f"The development store does not answer {owner}.{name}.", extensions={"code": "NOT_IMPLEMENTED"}
    )


@blueprint.post("/admin/api/<version>/graphql.json")
def answer_graphql(version: str) -> Response | tuple[dict[str, Any], int]:
    """The Admin API endpoint."""
    if version != API_VERSION:
        return {"errors": "Not Found"}, 404
    store, api = current_app.extensions["store"], current_app.extensions["admin_api"]
    if find_grant(store, request.headers.get("X-Shopify-Access-Token", "")) is None:
        return {"errors": INVALID_TOKEN}, 401
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return {"errors": {"query": "Required parameter missing or invalid"}}, 400
    with store.reading() as db:
        plan = read_setting(db, "points", {})
    api.bucket.configure(plan.get("maximum", MAXIMUM_AVAILABLE), plan.get("restore_rate", RESTORE_RATE))
    answer = api.answer(body["query"], body.get("variables"), body.get("operationName"))
    response = Response(
        json.dumps(answer, ensure_ascii=False, separators=(",", ":")), content_type="application/json"
    )
    response.headers["X-Request-Id"] = str(uuid.uuid4())
    response.headers["X-Shopify-API-Version"] = API_VERSION
    return response
