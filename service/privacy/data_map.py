"""What each table keeps of people. A test holds this list against the tables, so that none is forgotten.

When a shop is erased, every table with a `shop_id` is emptied of it, whatever stands here.
"""

from enum import StrEnum


class Holds(StrEnum):
    """What a table's rows say about people."""

    NOBODY = "nothing about people"
    LINKED = "rows linked to a person: unlinked or deleted when that person is erased"
    PAYLOADS = "raw payloads: dropped for the whole shop when a person is erased"
    TOMBSTONES = "keyed hashes that keep an erased person from coming back"


DATA_MAP: dict[str, Holds] = {
    "shops": Holds.NOBODY,
    "inbox": Holds.PAYLOADS,
    "outbox": Holds.NOBODY,
    "message_settings": Holds.NOBODY,
    "data_requests": Holds.LINKED,
    "products": Holds.NOBODY,
    "product_variants": Holds.NOBODY,
    "customers": Holds.LINKED,
    "orders": Holds.LINKED,
    "order_lines": Holds.NOBODY,
    "refund_lines": Holds.NOBODY,
    "erased_customers": Holds.TOMBSTONES,
    "fulfillments": Holds.LINKED,
    "fulfillment_lines": Holds.LINKED,
    "checkpoints": Holds.LINKED,
    "parcels": Holds.LINKED,
    "order_stories": Holds.LINKED,
    "tracking_settings": Holds.NOBODY,
    "guides": Holds.NOBODY,
    "delivery_models": Holds.NOBODY,
    "delivery_promises": Holds.LINKED,
    "late_alarms": Holds.LINKED,
    "source_accounts": Holds.NOBODY,
    "source_usage": Holds.NOBODY,
    "private_links": Holds.LINKED,
    "lookup_budgets": Holds.NOBODY,
    "subscriptions": Holds.LINKED,
    "stopped_addresses": Holds.TOMBSTONES,
    "message_texts": Holds.NOBODY,
    "notices": Holds.LINKED,
    "delivery_receipts": Holds.NOBODY,
    "moods": Holds.LINKED,
    "thanks": Holds.LINKED,
    "history_imports": Holds.NOBODY,
    "purchase_imports": Holds.NOBODY,
    "waiting_lines": Holds.NOBODY,
    "reconcile_marks": Holds.NOBODY,
    "product_neighbours": Holds.NOBODY,
    "shop_statistics": Holds.NOBODY,
    "product_affinities": Holds.NOBODY,
    "shop_tunings": Holds.NOBODY,
    "shop_backtests": Holds.NOBODY,
    "dirty_products": Holds.NOBODY,
    "shop_lists": Holds.NOBODY,
    "personal_lists": Holds.LINKED,
    "dirty_customers": Holds.LINKED,
    "display_rules": Holds.NOBODY,
    "excluded_products": Holds.NOBODY,
    "pinned_products": Holds.NOBODY,
    "looks": Holds.NOBODY,
    "look_products": Holds.NOBODY,
    "holdouts": Holds.NOBODY,
    "holdout_periods": Holds.NOBODY,
    "exposures": Holds.LINKED,
    "publications": Holds.NOBODY,
    "shop_work": Holds.NOBODY,
    "scheduled_runs": Holds.NOBODY,
}
