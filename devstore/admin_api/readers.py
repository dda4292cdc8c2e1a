"""The kinds of fields that objects of the Admin API are made of, and global ids."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devstore.admin_api.sources import BY_TYPE, METAFIELDS, Connection, Context, Reference, Row
from devstore.store import decimal_text

Read = Callable[..., Any]
Entry = Read | Connection | Reference


def gid(kind: str, number: int) -> str:
    """Shopify's global id."""
    return f"gid://shopify/{kind}/{number}"


def split_gid(value: str) -> tuple[str, int] | None:
    """Type and number of a global id, or None when it is none."""
    parts = value.split("/")
    if len(parts) == 5 and value.startswith("gid://shopify/") and parts[4].isdecimal():
        return parts[3], int(parts[4])
    return None


def resolve_namespace(client_id: str, namespace: str | None) -> str:
    """The stored namespace: ``$app`` (also when left out) is the app's reserved one."""
    if namespace is None or namespace == "$app":
        return f"app--{client_id}"
    return f"app--{client_id}--{namespace[5:]}" if namespace.startswith("$app:") else namespace


def digest(value: str) -> str:
    """compareDigest of a metafield value."""
    return hashlib.sha256(value.encode()).hexdigest()


@dataclass(frozen=True)
class Column:
    """A field that is a column of the row as it stands."""

    name: str

    def __call__(self, _context: Context, row: Row) -> Any:
        return row[self.name]


@dataclass(frozen=True)
class GlobalId:
    """A field that is the row's global id."""

    prefix: str
    column: str

    def __call__(self, _context: Context, row: Row) -> str:
        return self.prefix + str(row[self.column])


def upper_case(name: str) -> Read:
    """A column in upper case, as GraphQL's enums are."""
    return lambda _context, row: row[name] and row[name].upper()


def constant(value: Any) -> Read:
    """The same for every row."""
    return lambda _context, _row: value


def as_text(name: str) -> Read:
    """A column as text (Shopify's UnsignedInt64)."""
    return lambda _context, row: str(row[name])


def as_flag(name: str) -> Read:
    """A column as boolean."""
    return lambda _context, row: bool(row[name])


def columns(**names: str) -> dict[str, Entry]:
    """Fields that are columns of another name."""
    return {field: Column(name) for field, name in names.items()}


def own_id(kind: str, column: str = "id") -> dict[str, Entry]:
    """The global id and the plain one."""
    return {"id": GlobalId(f"gid://shopify/{kind}/", column), "legacyResourceId": as_text(column)}


def shape_money(minor: int, currency: str) -> dict[str, str]:
    """A MoneyV2."""
    return {"amount": decimal_text(minor), "currencyCode": currency}


@dataclass(frozen=True)
class Bag:
    """A MoneyBag field; ``amount`` gives the minor units of a row."""

    amount: Callable[[Context, Row], int]

    def __call__(self, context: Context, row: Row, **_arguments: Any) -> dict[str, Any]:
        return self.shape(context, self.amount(context, row))

    def shape(self, context: Context, minor: int) -> dict[str, Any]:
        """The bag of this amount in the shop's currency."""
        money = shape_money(minor, context.settings["currency"])
        return {"shopMoney": money, "presentmentMoney": money}


def summed(query: str) -> Callable[[Context, Row], int]:
    """A sum over the rows that belong to this one; ``query`` begins inside the parentheses of ``sum``."""
    return lambda context, row: context.db.execute(f"SELECT coalesce(sum({query}", (row["id"],)).fetchone()[0]


def plain_list(connection: Connection) -> Read:
    """A plain list field (not paginated) over a connection's rows."""

    def read(context: Context, row: Row, first: int | None = None, **rest: Any) -> list[Row]:
        query = f"{connection.source.select} WHERE {connection.by} = ? ORDER BY id LIMIT ?"
        if rest.get("query"):
            raise ValueError("The development store cannot search within lists.")
        return context.db.execute(query, (connection.key(row), -1 if first is None else first)).fetchall()

    return read


def own_metafields(kind: str, column: str = "id") -> dict[str, Entry]:
    """The two metafield fields of an owner."""

    def read_one(context: Context, row: Row, key: str, namespace: str | None = None) -> Row | None:
        stored = resolve_namespace(context.settings["client_id"], namespace)
        query = f"{METAFIELDS.select} WHERE owner_gid = ? AND namespace = ? AND key = ?"
        found: Row | None = context.db.execute(query, (gid(kind, row[column]), stored, key)).fetchone()
        return found

    return {
        "metafield": read_one,
        "metafields": Connection(METAFIELDS, "owner_gid", lambda row: gid(kind, row[column])),
    }


def load_gid(context: Context, value: str) -> Row | None:
    """The object behind a global id, or None."""
    parts = split_gid(value)
    if parts is None or parts[0] not in BY_TYPE:
        return None
    return context.load(BY_TYPE[parts[0]], parts[1])
