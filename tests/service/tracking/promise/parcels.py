"""Made-up parcels whose delays are drawn, so that tests know what a window should say."""

import numpy as np

from service.tracking.promise.deliveries import Deliveries, index_deliveries

START = 20_454.0
"""2026-01-01, days since 1970-01-01 UTC."""
TRANSIT = {"DHL": 1.0, "Turtle": 9.0}


def make_parcels(
    count: int,
    *,
    seed: int = 1,
    per_day: float = 5.0,
    carriers: tuple[str, ...] = (),
    promised: bool = True,
) -> Deliveries:
    """Orders at random moments from START on; packing takes up to two days, transit 1 to 3 days and by far longer with
    the Turtle; everything has come."""
    rng = np.random.default_rng(seed)
    ordered = START + np.sort(rng.uniform(0, count / per_day, count))
    names = [carriers[number] for number in rng.integers(len(carriers), size=count)] if carriers else None
    base = np.array([TRANSIT[name] for name in names]) if names else np.ones(count)
    shipped = ordered + rng.uniform(0.2, 2.0, count)
    delivered = shipped + base * rng.lognormal(0.0, 0.2, count) + rng.uniform(0, 0.5, count)
    promise = np.floor(ordered + 3 + base) + 4 if promised else np.full(count, np.nan)
    return index_deliveries(ordered, shipped, delivered, promise, names)


def known_until(deliveries: Deliveries, cut: float) -> Deliveries:
    """The rows ordered before `cut`, with the cells that were still to come left empty."""
    kept = deliveries.pick(deliveries.ordered_at < cut)
    kept.shipped_at[kept.shipped_at >= cut] = np.nan
    kept.delivered_at[kept.delivered_at >= cut] = np.nan
    return kept
