"""Products and discount codes."""

import re
import sqlite3
import unicodedata
from typing import Any

from devstore import payloads
from devstore.store import fetch, insert, new_id, timestamp, update
from devstore.webhook_queue import Action

CHANGEABLE = {
    "title",
    "body_html",
    "vendor",
    "product_type",
    "status",
    "price_minor",
    "compare_at_minor",
    "inventory",
    "sku",
}
TRANSLITERATION = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue"})


def slugify(title: str) -> str:
    """A handle made of ``[a-z0-9-]`` from a title; never empty."""
    plain = unicodedata.normalize("NFKD", title.translate(TRANSLITERATION)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:200].rstrip("-") or "produkt"


def create_product(db: sqlite3.Connection, title: str, price_minor: int, **details: Any) -> int:
    """Create a product with one variant; ``details`` are further columns. Returns its id."""
    product_id = new_id(db, "product")
    insert_product(db, product_id, title, price_minor, **details)
    Action(db).queue("products/create", payloads.product_payload, product_id)
    return product_id


def insert_product(
    db: sqlite3.Connection, product_id: int, title: str, price_minor: int, **details: Any
) -> None:
    """Write a product row without telling anybody (fill and seed do the telling by being there first)."""
    created_at = details.pop("created_at", timestamp())
    variant_id = details.pop("variant_id", None) or new_id(db, "variant")
    values = {"handle": free_handle(db, title, details.get("sku")), **details}
    insert(
        db, "products", id=product_id, title=title, price_minor=price_minor, created_at=created_at,
        updated_at=created_at, variant_id=variant_id, **values,
    )  # fmt: skip


def free_handle(db: sqlite3.Connection, title: str, sku: str | None) -> str:
    """The title's slug; with the SKU, then a number, where it is taken."""
    slug = slugify(title)
    candidates = [slug, f"{slug}-{slugify(sku)}" if sku else slug]
    for handle in candidates:
        if not db.execute("SELECT 1 FROM products WHERE handle = ?", (handle,)).fetchone():
            return handle
    number = 1
    while db.execute("SELECT 1 FROM products WHERE handle = ?", (f"{candidates[-1]}-{number}",)).fetchone():
        number += 1
    return f"{candidates[-1]}-{number}"


def update_product(
    db: sqlite3.Connection, product_id: int, action: Action | None = None, **changes: Any
) -> None:
    """Change a product (title, price_minor, status, inventory, ...); ValueError for columns that cannot change."""
    if unknown := set(changes) - CHANGEABLE:
        raise ValueError(f"These cannot be changed on a product: {', '.join(sorted(unknown))}.")
    fetch(db, "products", product_id)
    update(db, "products", product_id, **changes, updated_at=timestamp())
    (action or Action(db)).queue("products/update", payloads.product_payload, product_id)


def move_stock(db: sqlite3.Connection, action: Action, moves: dict[int, int]) -> None:
    """Add to the inventory of products (negative: take); Shopify reports that as products/update."""
    for product_id, change in moves.items():
        found = db.execute(
            "UPDATE products SET inventory = inventory + ?, updated_at = ? WHERE id = ?",
            (change, timestamp(), product_id),
        )
        if found.rowcount:
            action.queue("products/update", payloads.product_payload, product_id)


def delete_product(db: sqlite3.Connection, product_id: int) -> None:
    """Delete a product with its metafields; its order lines stay and then name no product."""
    fetch(db, "products", product_id)
    db.execute("DELETE FROM metafields WHERE owner_gid = ?", (f"gid://shopify/Product/{product_id}",))
    db.execute("DELETE FROM products WHERE id = ?", (product_id,))
    Action(db).queue("products/delete", lambda _db: {"id": product_id})


def create_discount(
    db: sqlite3.Connection, code: str, kind: str, amount: int, title: str | None = None
) -> None:
    """Create a discount code: ``percentage`` with whole percent, or ``fixed`` with minor units."""
    insert(db, "discounts", code=code, title=title or code, kind=kind, amount=amount, created_at=timestamp())
