"""Fills an empty store: from Shopify's order export, or with the small shop of our own making."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from devstore.history import HistoryWriter, is_filled
from devstore.parcels import ship_recent
from devstore.seed import SHOP_NAME, SOURCE, make_orders, write_details
from devstore.store import Store, write_setting
from service.purchases.importing.order_export import read_orders


def fill_from_export(store: Store, path: Path, *, quiet: bool = False) -> tuple[int, int]:
    """Write an order export (CSV, also gzipped) and return orders and lines; (0, 0) when it is there already.

    TableError when the file is not fit, ValueError when the store is not; then nothing is kept.
    """
    if is_filled(store, path.name):
        return 0, 0
    size = path.stat().st_size
    with (
        store.writing() as db,
        tqdm(total=size, unit="B", unit_scale=True, desc=path.name, disable=quiet) as bar,
    ):
        writer = HistoryWriter(db)
        writer.write(read_orders(path, lambda count: _advance(bar, count)))
        now = datetime.now(UTC)
        writer.finish(path.name, now)
        ship_recent(db, now)
        write_setting(db, "shop_name", "Danke Demo")
    return writer.orders, writer.lines


def fill_from_seed(store: Store, *, quiet: bool = False) -> tuple[int, int]:
    """Write the small German outdoor shop and return orders and lines; (0, 0) when it is there already."""
    if is_filled(store, SOURCE):
        return 0, 0
    now = datetime.now(UTC)
    orders = make_orders(now)
    with store.writing() as db, tqdm(total=len(orders), unit=" orders", desc=SHOP_NAME, disable=quiet) as bar:
        writer = HistoryWriter(db)
        writer.write(orders)
        writer.finish(SOURCE, now)
        write_details(db, writer.product_ids())
        ship_recent(db, now)
        write_setting(db, "shop_name", SHOP_NAME)
        bar.update(len(orders))
    return writer.orders, writer.lines


def _advance(bar: "tqdm[NoReturn]", count: int) -> None:
    bar.update(count)
