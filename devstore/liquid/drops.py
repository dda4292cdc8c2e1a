"""What Liquid sees of the store: products, collections, cart, customer, metafields (Shopify says drops)."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

from liquid.exceptions import LiquidError

from devstore.catalogue import slugify

PAGE_SIZE = 50  # Shopify: an unpaginated list shows 50
ALL_PRODUCTS_LIMIT = 20  # Shopify: unique handles per page
PRODUCT_COLUMNS = (
    "SELECT id, handle, title, body_html, vendor, product_type, price_minor, compare_at_minor, sku, variant_id,"
    " inventory, gift_card, created_at FROM products WHERE status = 'ACTIVE'"
)


class Page(Protocol):
    """What a drop needs to know of the page that draws it."""

    db: sqlite3.Connection
    client_id: str
    in_extension: bool
    public_metafields: set[str]


class Drop:
    """An object of which Liquid may read the attributes named in ``fields``, and nothing else."""

    fields: frozenset[str] = frozenset()

    def __getitem__(self, key: object) -> Any:
        if key not in self.fields:
            raise KeyError(key)
        return getattr(self, str(key))

    def __str__(self) -> str:
        return f"{type(self).__name__}Drop"

    def as_plain(self) -> dict[str, Any]:
        """The drop as a JSON object: its plain fields only."""
        plain = {name: getattr(self, name) for name in sorted(self.fields)}
        return {name: value for name, value in plain.items() if isinstance(value, str | int | float | None)}


class Image(Drop):
    """A picture of a product."""

    fields = frozenset({"src", "width", "height", "alt", "aspect_ratio", "id", "product_id"})
    width, height, aspect_ratio = 1200, 1500, 0.8

    def __init__(self, product_id: int, alt: str) -> None:
        self.id = self.product_id = product_id
        self.src, self.alt = f"/_img/{product_id}.svg", alt


class Variant(Drop):
    """The only variant of a product."""

    fields = frozenset(
        {"id", "title", "price", "compare_at_price", "available", "sku", "url", "inventory_quantity"}
    )
    title = "Default Title"

    def __init__(self, row: sqlite3.Row) -> None:
        self.id, self.sku, self.inventory_quantity = row["variant_id"], row["sku"], row["inventory"]
        self.price, self.compare_at_price = row["price_minor"], row["compare_at_minor"]
        self.available, self.url = (
            row["inventory"] > 0,
            f"/products/{row['handle']}?variant={row['variant_id']}",
        )


class Product(Drop):
    """A product that is for sale."""

    fields = frozenset({
        "id", "handle", "title", "url", "price", "price_min", "price_max", "compare_at_price", "featured_image",
        "featured_media", "images", "available", "vendor", "type", "description", "content", "metafields", "variants",
        "selected_or_first_available_variant", "first_available_variant", "gift_card", "has_only_default_variant",
        "price_varies", "created_at", "tags",
    })  # fmt: skip
    has_only_default_variant, price_varies = True, False

    def __init__(self, row: sqlite3.Row, page: Page) -> None:
        self.id, self.handle, self.title = row["id"], row["handle"], row["title"]
        self.url, self.vendor, self.type = f"/products/{row['handle']}", row["vendor"], row["product_type"]
        self.price = self.price_min = self.price_max = row["price_minor"]
        self.compare_at_price, self.description = row["compare_at_minor"], row["body_html"]
        self.content, self.created_at, self.gift_card = (
            row["body_html"],
            row["created_at"],
            bool(row["gift_card"]),
        )
        self.featured_image = self.featured_media = Image(self.id, self.title)
        self.images, self.tags = (self.featured_image,), ()
        variant = Variant(row)
        self.variants, self.selected_or_first_available_variant = [variant], variant
        self.available, self.first_available_variant = (
            variant.available,
            variant if variant.available else None,
        )
        self.metafields = Metafields("product", f"gid://shopify/Product/{self.id}", page)


class EmptyDrop(dict[str, Any]):
    """What Shopify returns for an unknown handle: true in a condition, equal to ``empty``, every field nil."""


class LazyList(Sequence[Any]):
    """A list that is read from the database when Liquid first looks into it."""

    def __init__(self, read: Callable[[], list[Any]]) -> None:
        self._read = read

    @cached_property
    def items(self) -> list[Any]:
        return self._read()

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        if index == "count":
            return len(self.items)
        return self.items[index]


class Metafields(Drop):
    """The metafields of one owner; ``$app`` works in the app's blocks, for declared public definitions only."""

    def __init__(self, owner_type: str, owner_gid: str, page: Page) -> None:
        self._owner_type, self._owner_gid, self._page = owner_type, owner_gid, page

    def __getitem__(self, namespace: object) -> Any:
        name = str(namespace)
        if name == "$app" and self._page.in_extension:
            name = f"app--{self._page.client_id}"
        return MetafieldNamespace(self._owner_type, self._owner_gid, name, self._page)


class MetafieldNamespace(Drop):
    """The metafields of one owner in one namespace."""

    def __init__(self, owner_type: str, owner_gid: str, namespace: str, page: Page) -> None:
        self._owner_type, self._owner_gid, self._namespace, self._page = (
            owner_type,
            owner_gid,
            namespace,
            page,
        )

    def __getitem__(self, key: object) -> Any:
        if (
            self._namespace.startswith("app--")
            and f"{self._owner_type}.{key}" not in self._page.public_metafields
        ):
            raise KeyError(key)
        row = self._page.db.execute(
            "SELECT type, value FROM metafields WHERE owner_gid = ? AND namespace = ? AND key = ?",
            (self._owner_gid, self._namespace, str(key)),
        ).fetchone()
        if row is None:
            raise KeyError(key)
        return Metafield(row["type"], row["value"], self._page)


class Metafield(Drop):
    """One metafield: its type and its value as Liquid reads it."""

    fields = frozenset({"type", "value"})

    def __init__(self, kind: str, stored: str, page: Page) -> None:
        self.type, self._stored, self._page = kind, stored, page

    @cached_property
    def value(self) -> Any:
        if self.type == "list.product_reference":
            return LazyList(lambda: find_products_by_gid(self._page, json.loads(self._stored)))
        if self.type == "product_reference":
            return next(iter(find_products_by_gid(self._page, [self._stored])), None)
        plain_text = "text" in self.type or self.type in {"date", "date_time", "url", "color", "id"}
        return self._stored if plain_text else json.loads(self._stored)


class AllProducts(Drop):
    """``all_products[handle]``."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._known: dict[str, Any] = {}

    def __getitem__(self, handle: object) -> Any:
        name = str(handle)
        if name not in self._known:
            if len(self._known) >= ALL_PRODUCTS_LIMIT:
                raise LiquidError("Exceeded maximum number of unique handles for all_products", token=None)
            self._known[name] = find_product(self._page, name) or EmptyDrop()
        return self._known[name]


class Collection(Drop):
    """All products, or those of one type; ``products`` is the current page of the list."""

    fields = frozenset({"handle", "title", "url", "products", "products_count", "all_products_count"})

    def __init__(
        self, handle: str, title: str, where: str, values: tuple[Any, ...], page: Page, offset: int = 0
    ) -> None:
        self.handle, self.title, self.url = handle, title, f"/collections/{handle}"
        self._where, self._values, self._page, self._offset = where, values, page, offset
        self.products = LazyList(self._read)

    @cached_property
    def products_count(self) -> int:
        query = f"SELECT count(*) FROM products WHERE status = 'ACTIVE' AND {self._where}"
        return int(self._page.db.execute(query, self._values).fetchone()[0])

    @property
    def all_products_count(self) -> int:
        return self.products_count

    def _read(self) -> list[Product]:
        query = f"{PRODUCT_COLUMNS} AND {self._where} ORDER BY title, id LIMIT {PAGE_SIZE} OFFSET ?"
        return [
            Product(row, self._page) for row in self._page.db.execute(query, (*self._values, self._offset))
        ]


class Order(Drop):
    """An order as the customer's account shows it."""

    fields = frozenset({
        "name", "created_at", "total_price", "financial_status", "fulfillment_status", "customer_url", "cancelled",
    })  # fmt: skip

    def __init__(self, row: sqlite3.Row) -> None:
        self.name, self.created_at, self.total_price = row["name"], row["created_at"], row["total_minor"]
        self.financial_status, self.fulfillment_status = (
            row["financial_status"],
            row["fulfillment_status"] or "unfulfilled",
        )
        self.customer_url, self.cancelled = f"/orders/{row['token']}", row["cancelled_at"] is not None


class Customer(Drop):
    """The customer who is logged in."""

    fields = frozenset(
        {"id", "email", "first_name", "last_name", "name", "orders", "orders_count", "metafields"}
    )

    def __init__(self, row: sqlite3.Row, page: Page) -> None:
        self.id, self.email, self._page = row["id"], row["email"], page
        self.first_name, self.last_name = row["first_name"], row["last_name"]
        self.name = " ".join(filter(None, (self.first_name, self.last_name)))
        self.orders = LazyList(self._read_orders)
        self.metafields = Metafields("customer", f"gid://shopify/Customer/{self.id}", page)

    @cached_property
    def orders_count(self) -> int:
        return int(
            self._page.db.execute("SELECT count(*) FROM orders WHERE customer_id = ?", (self.id,)).fetchone()[
                0
            ]
        )

    def _read_orders(self) -> list[Order]:
        query = "SELECT * FROM orders WHERE customer_id = ? ORDER BY created_at DESC, id DESC LIMIT 50"
        return [Order(row) for row in self._page.db.execute(query, (self.id,))]


class LineItem(Drop):
    """One line of the cart."""

    fields = frozenset({
        "key", "id", "variant_id", "product_id", "product", "variant", "quantity", "title", "url", "image", "price",
        "final_price", "line_price", "final_line_price", "sku", "vendor",
    })  # fmt: skip

    def __init__(self, product: Product, quantity: int) -> None:
        self.product, self.variant, self.quantity = product, product.variants[0], quantity
        self.id = self.variant_id = self.variant.id
        self.key, self.product_id, self.title = f"{self.variant.id}:{product.id}", product.id, product.title
        self.url, self.image, self.sku, self.vendor = (
            self.variant.url,
            product.featured_image,
            self.variant.sku,
            product.vendor,
        )
        self.price = self.final_price = self.variant.price
        self.line_price = self.final_line_price = self.price * quantity


class Cart(Drop):
    """The visitor's cart."""

    fields = frozenset(
        {"items", "item_count", "total_price", "original_total_price", "attributes", "currency", "token"}
    )

    def __init__(self, token: str, items: list[LineItem], attributes: dict[str, str], currency: str) -> None:
        self.token, self.items, self.attributes, self.currency = token, items, attributes, currency
        self.item_count = sum(item.quantity for item in items)
        self.total_price = self.original_total_price = sum(item.line_price for item in items)


def find_product(page: Page, handle: str) -> Product | None:
    """The active product with this handle."""
    row = page.db.execute(f"{PRODUCT_COLUMNS} AND handle = ?", (handle,)).fetchone()
    return Product(row, page) if row else None


def find_products_by_gid(page: Page, gids: list[str]) -> list[Product]:
    """Active products in the order of their global ids; those deleted or not for sale are left out."""
    ids = [int(gid.rpartition("/")[2]) for gid in gids]
    rows = page.db.execute(f"{PRODUCT_COLUMNS} AND id IN ({', '.join('?' * len(ids))})", ids)
    found = {row["id"]: Product(row, page) for row in rows}
    return [found[one] for one in ids if one in found]


def find_products_by_variant(page: Page, variant_ids: list[int]) -> dict[int, Product]:
    """Variant id -> active product."""
    marks = ", ".join("?" * len(variant_ids))
    rows = page.db.execute(f"{PRODUCT_COLUMNS} AND variant_id IN ({marks})", variant_ids)
    return {row["variant_id"]: Product(row, page) for row in rows}


def find_collection(page: Page, handle: str, search: str = "", offset: int = 0) -> Collection | None:
    """The collection ``all`` (narrowed by search words if given) or that of a product type; None if unknown."""
    if handle == "all":
        words = search.split()[:8]
        where = " AND ".join(["title LIKE ? ESCAPE '\\'"] * len(words)) or "1"
        return Collection("all", "", where, tuple(_like(word) for word in words), page, offset)
    kinds = {one["handle"]: one["title"] for one in list_product_types(page)}
    if handle not in kinds:
        return None
    return Collection(handle, kinds[handle], "product_type = ?", (kinds[handle],), page, offset)


def list_product_types(page: Page) -> list[dict[str, str]]:
    """Title, handle and url of the collection of each product type, by title."""
    query = (
        "SELECT DISTINCT product_type FROM products WHERE status = 'ACTIVE' AND product_type <> '' ORDER BY 1"
    )
    titles = [row[0] for row in page.db.execute(query)]
    return [
        {"title": title, "handle": slugify(title), "url": f"/collections/{slugify(title)}"}
        for title in titles
    ]


def _like(word: str) -> str:
    for sign in "\\%_":
        word = word.replace(sign, f"\\{sign}")
    return f"%{word}%"
