"""The lines of a bulk result, gathered to chunks that one unit can write.

Children (line items, variants) come as lines of their own and name their parent; they may stand anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.kit.errors import BadInput
from service.kit.logs import log
from service.purchases import nodes
from service.purchases.records import CustomerRecord, LineRecord, OrderRecord, ProductRecord, VariantRecord

ORDERS_PER_CHUNK = 1_000
ROWS_PER_CHUNK = 5_000


@dataclass(slots=True)
class Chunk:
    """What one unit writes; `offset` is where the next chunk begins in the result."""

    offset: int = 0
    rows: int = 0
    skipped: int = 0
    orders: list[OrderRecord] = field(default_factory=list)
    lines: list[LineRecord] = field(default_factory=list)
    products: list[ProductRecord] = field(default_factory=list)
    variants: list[VariantRecord] = field(default_factory=list)
    customers: list[CustomerRecord] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        parents = len(self.orders) + len(self.products) + len(self.customers)
        return self.rows >= ROWS_PER_CHUNK or parents >= ORDERS_PER_CHUNK


def gather_chunks(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[Chunk]:
    """Chunks of at most 1,000 parents and 5,000 rows. A row that can't be read is counted and left out."""
    chunk = Chunk()
    for offset, node in rows:
        _add_node(chunk, node)
        chunk.offset, chunk.rows = offset, chunk.rows + 1
        if chunk.is_full:
            yield chunk
            chunk = Chunk()
    if chunk.rows:
        yield chunk


def _add_node(chunk: Chunk, node: Mapping[str, Any]) -> None:
    kind = str(node.get("id")).removeprefix("gid://shopify/").partition("/")[0]
    try:
        match kind:
            case "LineItem":
                chunk.lines.append(nodes.read_line(node, node["__parentId"]))
            case "Order":
                chunk.orders.append(nodes.read_order(node))
            case "ProductVariant":
                chunk.variants.append(nodes.read_variant(node, node["__parentId"]))
            case "Product":
                chunk.products.append(nodes.read_product(node))
            case "Customer":
                chunk.customers.append(nodes.read_customer(node))
            case _:
                raise BadInput(f"a row of the unknown kind {kind[:40]}")
    except (BadInput, KeyError) as error:
        log.warning("import.row_skipped", kind=kind[:40], error=str(error)[:200])
        chunk.skipped += 1
