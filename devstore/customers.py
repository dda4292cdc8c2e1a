"""Customers: one per e-mail address."""

import sqlite3

from devstore import payloads
from devstore.store import fetch, insert, new_id, timestamp, update
from devstore.webhook_queue import Action


def find_customer(db: sqlite3.Connection, email: str) -> sqlite3.Row | None:
    """The customer with this e-mail address, whatever its case."""
    found: sqlite3.Row | None = db.execute(
        "SELECT * FROM customers WHERE email = ?", (email.strip().lower(),)
    ).fetchone()
    return found


def name_from_email(email: str) -> tuple[str, str]:
    """First and last name guessed from an address's local part, for histories that carry no names."""
    parts = [
        part.capitalize()
        for part in email.split("@")[0].replace("_", ".").replace("-", ".").split(".")
        if part
    ]
    return (parts or ["Kunde"])[0], " ".join(parts[1:])


def create_customer(
    db: sqlite3.Connection,
    email: str,
    first_name: str | None = None,
    last_name: str | None = None,
    locale: str = "de",
    action: Action | None = None,
) -> int:
    """Create a customer and return the id; sqlite3.IntegrityError when the e-mail is taken."""
    customer_id, now = new_id(db, "customer"), timestamp()
    insert(
        db, "customers", id=customer_id, email=email.strip().lower(), first_name=first_name, last_name=last_name,
        locale=locale, created_at=now, updated_at=now,
    )  # fmt: skip
    (action or Action(db)).queue("customers/create", payloads.customer_payload, customer_id)
    return customer_id


def update_customer(
    db: sqlite3.Connection, customer_id: int, action: Action | None = None, **changes: str | None
) -> None:
    """Change e-mail, names or locale; without changes only the update that every order causes."""
    if unknown := set(changes) - {"email", "first_name", "last_name", "locale"}:
        raise ValueError(f"These cannot be changed on a customer: {', '.join(sorted(unknown))}.")
    fetch(db, "customers", customer_id)
    update(db, "customers", customer_id, **changes, updated_at=timestamp())
    (action or Action(db)).queue("customers/update", payloads.customer_payload, customer_id)


def delete_customer(db: sqlite3.Connection, customer_id: int) -> None:
    """Delete a customer; the orders stay, without customer and e-mail."""
    fetch(db, "customers", customer_id)
    db.execute("UPDATE orders SET customer_id = NULL, email = NULL WHERE customer_id = ?", (customer_id,))
    db.execute("DELETE FROM sessions WHERE customer_id = ?", (customer_id,))
    db.execute("DELETE FROM customers WHERE id = ?", (customer_id,))
    gid = f"gid://shopify/Customer/{customer_id}"
    Action(db).queue("customers/delete", lambda _db: {"id": customer_id, "admin_graphql_api_id": gid})
