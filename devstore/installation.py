"""The app's installation, its access scopes, and the three compliance requests."""

import json
import sqlite3
from collections.abc import Collection
from typing import Any

from devstore import payloads
from devstore.config import AppDeclaration
from devstore.store import SHOP, SHOP_ID, fetch, insert, new_id, read_setting, timestamp, write_setting
from devstore.webhook_queue import Action


def install_app(db: sqlite3.Connection, declaration: AppDeclaration) -> None:
    """Managed installation: grant the required scopes; Shopify calls nobody here. Installing twice changes nothing.

    Optional scopes come only later, by ``change_scopes``; ``read_all_orders`` only while Shopify's approval (the
    setting of that name) stands.
    """
    if db.execute("SELECT 1 FROM installation WHERE uninstalled_at IS NULL").fetchone():
        return
    db.execute("DELETE FROM installation")
    scopes = set(declaration.scopes)
    if not read_setting(db, "read_all_orders", True):
        scopes.discard("read_all_orders")
    insert(
        db,
        "installation",
        id=new_id(db, "installation"),
        scopes=json.dumps(sorted(scopes)),
        installed_at=timestamp(),
    )


def granted_scopes(db: sqlite3.Connection) -> list[str]:
    """The scopes of the present installation, sorted; empty when not installed."""
    row = db.execute("SELECT scopes FROM installation WHERE uninstalled_at IS NULL").fetchone()
    return json.loads(row["scopes"]) if row else []


def change_scopes(
    db: sqlite3.Connection, grant: Collection[str] = (), withdraw: Collection[str] = ()
) -> list[str]:
    """Grant and withdraw access scopes and return what is granted now; tells the app when something changed."""
    previous = granted_scopes(db)
    current = sorted((set(previous) | set(grant)) - set(withdraw))
    if current != previous:
        write_setting(db, "read_all_orders", "read_all_orders" in current)
        db.execute("UPDATE installation SET scopes = ? WHERE uninstalled_at IS NULL", (json.dumps(current),))
        gid = f"gid://shopify/Shop/{SHOP_ID}"
        change = {
            "id": SHOP_ID,
            "shop_id": gid,
            "previous": previous,
            "current": current,
            "updated_at": timestamp(),
        }
        Action(db).queue("app/scopes_update", lambda _db: change)
    return current


def uninstall(db: sqlite3.Connection) -> None:
    """Uninstall the app: its tokens and app-data die at once, then it is told. No-op when not installed."""
    row = db.execute("SELECT id FROM installation WHERE uninstalled_at IS NULL").fetchone()
    if row is None:
        return
    db.execute("DELETE FROM access_tokens")
    db.execute("DELETE FROM metafields WHERE owner_gid = ?", (f"gid://shopify/AppInstallation/{row['id']}",))
    db.execute("UPDATE installation SET uninstalled_at = ?", (timestamp(),))
    Action(db).queue("app/uninstalled", payloads.shop_payload)


def request_data(db: sqlite3.Connection, customer_id: int) -> None:
    """Ask the app what it knows about a customer (customers/data_request)."""
    request = {
        "data_request": {"id": new_id(db, "data_request")},
        "orders_requested": _order_ids(db, customer_id),
    }
    Action(db).queue("customers/data_request", _shape_request, customer_id, request)


def redact_customer(db: sqlite3.Connection, customer_id: int) -> None:
    """Ask the app to erase a customer (customers/redact)."""
    Action(db).queue(
        "customers/redact", _shape_request, customer_id, {"orders_to_redact": _order_ids(db, customer_id)}
    )


def redact_shop(db: sqlite3.Connection) -> None:
    """Ask the app to erase the shop (shop/redact); Shopify does so 48 hours after the uninstall."""
    Action(db).queue("shop/redact", _shape_shop)


def _shape_shop(db: sqlite3.Connection) -> dict[str, Any]:
    return {"shop_id": SHOP_ID, "shop_domain": read_setting(db, "shop", SHOP)}


def _shape_request(db: sqlite3.Connection, customer_id: int, request: dict[str, Any]) -> dict[str, Any]:
    customer = {"id": customer_id, "email": fetch(db, "customers", customer_id)["email"], "phone": None}
    return {**_shape_shop(db), "customer": customer, **request}


def _order_ids(db: sqlite3.Connection, customer_id: int) -> list[int]:
    return [
        row[0]
        for row in db.execute("SELECT id FROM orders WHERE customer_id = ? ORDER BY id", (customer_id,))
    ]
