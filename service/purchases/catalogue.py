"""Products and their variants: newest wins, a deleted product stays deleted, an echo starts no work."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import exists

from service.kit.database import Unit
from service.purchases.events import ProductChanged, ProductDeleted
from service.purchases.models import Product, ProductVariant
from service.purchases.records import ProductRecord, VariantRecord, hash_facts
from service.purchases.versions import Observed, observed, version_of

_products = Product.__table__
_variants = ProductVariant.__table__


def record_products(
    unit: Unit, records: Sequence[ProductRecord], *, observed_at: Observed, tell: bool
) -> frozenset[int]:
    """Store products with their variants, each only if newer than what is stored.

    Returns the ids of the new and the really changed; with `tell`, ProductChanged is emitted for each. Our own
    metafield write comes back as products/update with nothing changed that is kept here.
    """
    newest = _keep_newest(records)
    before = _lock_stored(unit, [record.id for record in newest])
    seen_at = {record.id: observed(observed_at, record.id) for record in newest}
    written = [record for record in newest if _is_newer(record, before.get(record.id), seen_at[record.id])]
    rows = [_product_row(unit, record, before.get(record.id), seen_at[record.id]) for record in written]
    unit.upsert(Product, rows, newer="version")
    for record in written:
        if record.variants is not None:
            _replace_variants(unit, record, record.variants, seen_at[record.id])
    refresh_availability(unit, [record.id for record in written])
    return _tell_what_changed(unit, [record.id for record in written], before, tell=tell)


def record_variants(unit: Unit, variants: Sequence[VariantRecord], *, observed_at: datetime) -> None:
    """Store variants that come by themselves, each only if newer; their products' availability follows."""
    newest = {variant.id: variant for variant in sorted(variants, key=lambda variant: variant.updated_at)}
    rows = [_variant_row(unit, variant, observed_at) for _, variant in sorted(newest.items())]
    unit.upsert(ProductVariant, rows, newer="version")
    refresh_availability(unit, {variant.product_id for variant in variants})


def refresh_availability(unit: Unit, product_ids: Iterable[int]) -> None:
    """A product is available while one of its variants is."""
    wanted = sorted(set(product_ids))
    if wanted:
        any_variant = exists().where(
            _variants.c.shop_id == _products.c.shop_id,
            _variants.c.product_id == _products.c.id,
            _variants.c.available,
        )
        unit.change(unit.update(_products).where(_products.c.id.in_(wanted)).values(available=any_variant))


def delete_product(unit: Unit, product_id: int, deleted_at: datetime) -> None:
    """Mark the product deleted for good, even if its creation is still on its way."""
    before = _lock_stored(unit, [product_id]).get(product_id)
    if before is not None and before.deleted_at is not None:
        return
    unit.insert_missing(Product, [_unknown_product(unit, product_id)])
    unit.change(unit.update(_products).where(_products.c.id == product_id).values(deleted_at=deleted_at))
    unit.emit(ProductDeleted(product_id))


def _keep_newest(records: Iterable[ProductRecord]) -> list[ProductRecord]:
    newest = {record.id: record for record in sorted(records, key=lambda record: record.updated_at)}
    return [newest[product_id] for product_id in sorted(newest)]


def _lock_stored(unit: Unit, product_ids: Sequence[int]) -> dict[int, Any]:
    statement = (
        unit.select(
            _products.c.id,
            _products.c.content_hash,
            _products.c.available,
            _products.c.is_gift_card,
            _products.c.deleted_at,
            _products.c.version,
        )
        .where(_products.c.id.in_(product_ids))
        .order_by(_products.c.id)
        .with_for_update()
    )
    return {row.id: row for row in unit.session.execute(statement)}


def _is_newer(record: ProductRecord, before: Any | None, observed_at: datetime) -> bool:
    return before is None or bool(version_of(record.updated_at, observed_at) > before.version)


def _product_row(
    unit: Unit, record: ProductRecord, before: Any | None, observed_at: datetime
) -> dict[str, Any]:
    known_gift_card = before is not None and before.is_gift_card
    facts: dict[str, Any] = {
        "handle": record.handle,
        "title": record.title,
        "status": record.status,
        "product_type": record.product_type,
        "vendor": record.vendor,
        "is_gift_card": known_gift_card if record.is_gift_card is None else record.is_gift_card,
        "published_at": record.published_at,
    }
    return {
        "shop_id": unit.shop_id,
        "id": record.id,
        **facts,
        "available": before is not None and before.available,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "version": version_of(record.updated_at, observed_at),
        "content_hash": hash_facts(sorted(facts.items())),
    }


def _unknown_product(unit: Unit, product_id: int) -> dict[str, Any]:
    epoch = datetime.fromtimestamp(0, UTC)
    return {
        "shop_id": unit.shop_id,
        "id": product_id,
        "handle": "",
        "title": "",
        "status": "ARCHIVED",
        "product_type": "",
        "vendor": "",
        "is_gift_card": False,
        "available": False,
        "created_at": epoch,
        "updated_at": epoch,
        "version": 0,
        "content_hash": "",
    }


def _variant_row(unit: Unit, variant: VariantRecord, observed_at: datetime) -> dict[str, Any]:
    return {
        "shop_id": unit.shop_id,
        "id": variant.id,
        "product_id": variant.product_id,
        "sku": variant.sku,
        "available": variant.available,
        "version": version_of(variant.updated_at, observed_at),
    }


def _replace_variants(
    unit: Unit, record: ProductRecord, variants: Sequence[VariantRecord], observed_at: datetime
) -> None:
    unit.upsert(ProductVariant, [_variant_row(unit, variant, observed_at) for variant in variants])
    unit.change(
        unit.update(_variants)
        .where(
            _variants.c.product_id == record.id,
            _variants.c.id.not_in(record.variant_ids),
        )
        .values(available=False)
    )


def _tell_what_changed(
    unit: Unit, product_ids: Sequence[int], before: dict[int, Any], *, tell: bool
) -> frozenset[int]:
    after = _lock_stored(unit, product_ids)
    changed = frozenset(
        id_ for id_, row in after.items() if id_ not in before or _looks_different(before[id_], row)
    )
    for product_id in sorted(changed) if tell else ():
        if after[product_id].deleted_at is None:
            unit.emit(ProductChanged(product_id))
    return changed


def _looks_different(before: Any, after: Any) -> bool:
    return bool((before.content_hash, before.available) != (after.content_hash, after.available))
