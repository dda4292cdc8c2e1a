"""Purchases of a small shop with habits: customers reorder their coffee, filters go with it, cups are bought once."""

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

COLUMNS = ("order_id", "customer_id", "ordered_at", "sku", "title", "quantity", "unit_price")
FIRST_DAY = date(2026, 1, 1)
DAYS = 300
Line = tuple[str, str, str, str]
"""Order, customer, day and SKU."""


def make_purchases(*, customers: int = 120, seed: int = 0) -> list[Line]:
    """Orders by day over 300 days; every tenth is a guest's."""
    rng = np.random.default_rng(seed)
    orders = []
    for customer in range(customers):
        favourite = int(rng.integers(0, 8))
        day = int(rng.integers(0, 60))
        while day < DAYS:
            skus = [f"coffee-{favourite}"]
            if rng.random() < 0.6:
                skus.append(f"filter-{favourite}")
            if rng.random() < 0.3:
                skus.append(f"cup-{rng.integers(0, 20)}")
            name = "" if rng.random() < 0.1 else f"customer {customer}"
            orders.append((day, name, skus))
            day += int(rng.integers(20, 60))
    orders.sort(key=lambda order: order[0])
    return [
        (f"#{number}", name, (FIRST_DAY + timedelta(days=day)).isoformat(), sku)
        for number, (day, name, skus) in enumerate(orders)
        for sku in skus
    ]


def write_purchases(path: Path, lines: Iterable[Line]) -> Path:
    """All columns; gzipped where the name ends in .gz."""
    rows = [(*line, f"Title of {line[3]}", "1", "9.90") for line in lines]
    return write_table(path, COLUMNS, rows)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """A CSV file, gzipped where its name ends in .gz."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
