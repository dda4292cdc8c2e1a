"""Mutations of the Admin API that the development store carries out."""

import json
import re
from datetime import datetime
from typing import Any

from devstore.admin_api.access import check_access
from devstore.admin_api.readers import digest, load_gid, resolve_namespace, split_gid
from devstore.admin_api.sources import BULK_OPERATIONS, EVENTS, METAFIELDS, PRODUCTS, Context
from devstore.catalogue import update_product
from devstore.fulfillment import add_fulfillment_event
from devstore.store import new_id, timestamp
from devstore.webhook_queue import Action

Arguments = dict[str, Any]
MAX_METAFIELDS = 25
MAX_LIST = 128
MAX_BYTES = {"json": 128 * 1024}
OTHER_MAX_BYTES = 64 * 1024
_NAMESPACE = re.compile(r"[A-Za-z0-9_-]{3,255}")
_KEY = re.compile(r"[A-Za-z0-9_-]{2,64}")
# Who owns metafields, and the scope that writing them takes; app-data needs none.
WRITE_SCOPES = {
    "Product": "write_products",
    "Customer": "write_customers",
    "Order": "write_orders",
    "AppInstallation": None,
}
_TYPED = {
    "single_line_text_field": re.compile(r"[^\n\r]+"), "multi_line_text_field": re.compile(r"(?s).+"),
    "number_integer": re.compile(r"-?\d+"), "boolean": re.compile("true|false"), "color": re.compile("#[0-9a-fA-F]{6}"),
}  # fmt: skip


class Refused(Exception):
    """A userError of metafieldsSet."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(message)
        self.code, self.field = code, field


def set_metafields(context: Context, _row: Any, metafields: list[Arguments]) -> Arguments:
    """metafieldsSet: at most 25, all or none."""
    if len(metafields) > MAX_METAFIELDS:
        error = _shape_error(
            "LESS_THAN_OR_EQUAL_TO", f"Exceeded the maximum metafields input limit of {MAX_METAFIELDS}."
        )
        return {"metafields": None, "userErrors": [error]}
    errors, checked = [], []
    for index, one in enumerate(metafields):
        try:
            checked.append(_check_metafield(context, one))
        except Refused as refused:
            path = ["metafields", str(index), refused.field]
            errors.append(_shape_error(refused.code, str(refused), path, index))
    if errors:
        return {"metafields": None, "userErrors": errors}
    rows = [_write_metafield(context, *one) for one in checked]
    action = Action(context.db)
    for owner in dict.fromkeys(one[0] for one in checked):
        _echo(context, action, owner)
    return {"metafields": rows, "userErrors": []}


def delete_metafields(context: Context, _row: Any, metafields: list[Arguments]) -> Arguments:
    """metafieldsDelete; what does not exist is deleted already."""
    for one in metafields:
        parts = split_gid(one["ownerId"])
        if parts is None or parts[0] not in WRITE_SCOPES:
            error = {"field": ["metafields"], "message": f"Owner {one['ownerId']} does not exist."}
            return {"userErrors": [error]}
        _check_owner_scope(context, parts[0])
        namespace = resolve_namespace(context.settings["client_id"], one["namespace"])
        deleted = context.db.execute(
            "DELETE FROM metafields WHERE owner_gid = ? AND namespace = ? AND key = ?",
            (one["ownerId"], namespace, one["key"]),
        )
        if deleted.rowcount:
            _echo(context, Action(context.db), one["ownerId"])
    return {"userErrors": []}


def create_fulfillment_event(context: Context, _row: Any, fulfillmentEvent: Arguments) -> Arguments:  # noqa: N803
    """fulfillmentEventCreate."""
    parts = split_gid(fulfillmentEvent["fulfillmentId"])
    if (
        parts is None
        or parts[0] != "Fulfillment"
        or load_gid(context, fulfillmentEvent["fulfillmentId"]) is None
    ):
        error = {"field": ["fulfillmentEvent", "fulfillmentId"], "message": "Fulfillment does not exist."}
        return {"fulfillmentEvent": None, "userErrors": [error]}
    times = {
        name: datetime.fromisoformat(fulfillmentEvent[field]) if fulfillmentEvent.get(field) else None
        for name, field in (("happened_at", "happenedAt"), ("estimated_delivery_at", "estimatedDeliveryAt"))
    }
    status, message = fulfillmentEvent["status"].lower(), fulfillmentEvent.get("message")
    event_id = add_fulfillment_event(context.db, parts[1], status, message=message, **times)
    return {"fulfillmentEvent": context.load(EVENTS, event_id), "userErrors": []}


def run_bulk_query(context: Context, _row: Any, query: str, groupObjects: bool = False) -> Arguments:  # noqa: N803
    """bulkOperationRunQuery."""
    operation_id, code, message = context.bulk.create(context, query, groupObjects)
    if operation_id is None:
        return {"bulkOperation": None, "userErrors": [{"field": ["query"], "message": message, "code": code}]}
    return {"bulkOperation": context.load(BULK_OPERATIONS, operation_id), "userErrors": []}


def cancel_bulk_operation(context: Context, _row: Any, id: str) -> Arguments:
    """bulkOperationCancel."""
    operation = load_gid(context, id)
    if operation is None or operation["kind"] != "BulkOperation":
        return {
            "bulkOperation": None,
            "userErrors": [{"field": ["id"], "message": "Bulk operation does not exist"}],
        }
    if operation["status"] not in ("CREATED", "RUNNING"):
        message = f"A bulk operation cannot be canceled when it is {operation['status'].lower()}"
        return {"bulkOperation": operation, "userErrors": [{"field": None, "message": message}]}
    context.db.execute("UPDATE bulk_operations SET status = 'CANCELING' WHERE id = ?", (operation["id"],))
    fresh = context.db.execute(f"{BULK_OPERATIONS.select} WHERE id = ?", (operation["id"],)).fetchone()
    return {"bulkOperation": fresh, "userErrors": []}


MUTATIONS: dict[str, Any] = {
    "metafieldsSet": set_metafields, "metafieldsDelete": delete_metafields,
    "fulfillmentEventCreate": create_fulfillment_event, "bulkOperationRunQuery": run_bulk_query,
    "bulkOperationCancel": cancel_bulk_operation,
}  # fmt: skip


def _shape_error(
    code: str, message: str, field: list[str] | None = None, index: int | None = None
) -> Arguments:
    return {"field": field or ["metafields"], "message": message, "code": code, "elementIndex": index}


def _check_owner_scope(context: Context, kind: str) -> None:
    if (scope := WRITE_SCOPES[kind]) is not None:
        check_access(context.scopes, "metafieldsSet", [[scope]])


def _check_metafield(context: Context, one: Arguments) -> tuple[str, str, str, str, str]:
    owner, key, value = one["ownerId"], one["key"], one["value"]
    parts = split_gid(owner)
    if parts is None or parts[0] not in WRITE_SCOPES or load_gid(context, owner) is None:
        raise Refused("INVALID", "Owner does not exist.", "ownerId")
    _check_owner_scope(context, parts[0])
    reserved = resolve_namespace(context.settings["client_id"], None)
    namespace = resolve_namespace(context.settings["client_id"], one.get("namespace"))
    if namespace.startswith("app--") and not (namespace == reserved or namespace.startswith(f"{reserved}--")):
        raise Refused(
            "APP_NOT_AUTHORIZED",
            "Access to this namespace and key on Metafields for this resource type is not allowed.",
            "namespace",
        )
    if not _NAMESPACE.fullmatch(namespace):
        raise Refused(
            "INVALID", "Namespace must have 3 to 255 letters, digits, hyphens and underscores.", "namespace"
        )
    if not _KEY.fullmatch(key):
        raise Refused("INVALID", "Key must have 2 to 64 letters, digits, hyphens and underscores.", "key")
    definitions = context.settings["definitions"]
    declared = definitions.get(f"{parts[0].lower()}.{key}", {}).get("type") if namespace == reserved else None
    kind = one.get("type") or declared
    if kind is None:
        raise Refused("BLANK", "Type can't be blank", "type")
    if declared and kind != declared:
        raise Refused(
            "INVALID_TYPE",
            f"Type '{kind}' must be consistent with the definition's type: '{declared}'.",
            "type",
        )
    _check_value(context, kind, value)
    _check_digest(context, one, namespace)
    return owner, namespace, key, kind, value


def _check_value(context: Context, kind: str, value: str) -> None:
    if len(value.encode()) > MAX_BYTES.get(kind, OTHER_MAX_BYTES):
        raise Refused("TOO_LONG", "Value is too long.", "value")
    if kind == "json":
        _decode(value, "Value is invalid JSON")
    elif kind == "list.product_reference":
        _check_products(context, value)
    elif kind in _TYPED:
        if not _TYPED[kind].fullmatch(value):
            raise Refused("INVALID_VALUE", f"Value is not a {kind}.", "value")
    else:
        raise Refused("INCLUSION", f"The development store does not know the metafield type {kind}.", "type")


def _check_products(context: Context, value: str) -> None:
    listed = _decode(value, "Value must be an array of product references")
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Refused("INVALID_VALUE", "Value must be an array of product references", "value")
    if len(listed) > MAX_LIST:
        raise Refused("INVALID_VALUE", f"Value can't have more than {MAX_LIST} entries.", "value")
    for one in listed:
        parts = split_gid(one)
        if parts is None or parts[0] != "Product" or context.load(PRODUCTS, parts[1]) is None:
            raise Refused("INVALID_VALUE", f"Value references non-existent resource {one}.", "value")


def _decode(value: str, message: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise Refused("INVALID_VALUE", message, "value") from None


def _check_digest(context: Context, one: Arguments, namespace: str) -> None:
    if "compareDigest" not in one:
        return
    stored = context.db.execute(
        "SELECT value FROM metafields WHERE owner_gid = ? AND namespace = ? AND key = ?",
        (one["ownerId"], namespace, one["key"]),
    ).fetchone()
    if one["compareDigest"] != (digest(stored["value"]) if stored else None):
        raise Refused(
            "STALE_OBJECT",
            "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value.",
            "compareDigest",
        )


def _write_metafield(context: Context, owner: str, namespace: str, key: str, kind: str, value: str) -> Any:
    now = timestamp()
    stored = context.db.execute(
        "INSERT INTO metafields VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner_gid, namespace, key)"
        " DO UPDATE SET type = excluded.type, value = excluded.value, updated_at = excluded.updated_at RETURNING id",
        (new_id(context.db, "metafield"), owner, namespace, key, kind, value, now, now),
    ).fetchone()
    return context.db.execute(f"{METAFIELDS.select} WHERE id = ?", (stored["id"],)).fetchone()


def _echo(context: Context, action: Action, owner: str) -> None:
    """A product that got metafields has changed, and Shopify tells every subscriber, also the one who wrote them."""
    kind, number = split_gid(owner) or ("", 0)
    if kind == "Product":
        update_product(context.db, number, action)
