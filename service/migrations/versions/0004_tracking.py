"""tracking"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from service.kit.columns import BigId, UtcDateTime

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STOP_FIRST = "it moves fulfillment events to another table"

_STAGES = {
    "label_purchased": "announced",
    "label_printed": "announced",
    "confirmed": "announced",
    "carrier_picked_up": "handed_over",
    "in_transit": "on_the_way",
    "delayed": "delayed",
    "out_for_delivery": "out_for_delivery",
    "attempted_delivery": "attempt_failed",
    "ready_for_pickup": "at_pickup_point",
    "delivered": "delivered",
    "failure": "failed",
}


def _move_events_to_checkpoints() -> None:
    stage = " ".join(f"WHEN '{status}' THEN '{stage}'" for status, stage in _STAGES.items())
    # words of this file only
    op.execute(
        "INSERT INTO checkpoints (shop_id, fulfillment_id, source, key, order_id, stage, status, message,"  # noqa: S608
        " happened_at, seen_at, estimated_delivery_at)"
        " SELECT shop_id, fulfillment_id, 'shopify', CAST(id AS VARCHAR(64)), order_id,"
        f" CASE status {stage} ELSE 'nothing_known' END, status, message, happened_at, happened_at,"
        " estimated_delivery_at FROM fulfillment_events"
    )


def _move_checkpoints_to_events() -> None:
    """Shopify's own events only: there was no room for anybody else's."""
    columns = ("shop_id", "fulfillment_id", "order_id", "happened_at", "message", "estimated_delivery_at")
    checkpoints = sa.table(
        "checkpoints", *(sa.column(name) for name in (*columns, "source", "key", "status"))
    )
    from_shopify = sa.select(checkpoints).where(checkpoints.c.source == "shopify")
    # what Shopify told by the status of a fulfillment has no id and was never an event
    events = [row for row in op.get_bind().execute(from_shopify) if row.key.isdecimal()]
    if events:
        table = sa.table(
            "fulfillment_events", *(sa.column(name) for name in (*columns, "id", "status", "version"))
        )
        op.bulk_insert(
            table,
            [
                {
                    **{name: getattr(row, name) for name in columns},
                    "id": int(row.key),
                    "status": row.status,
                    "version": 0,
                }
                for row in events
            ],
        )


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fulfillment_id", BigId, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("estimated_delivery_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_checkpoints_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "fulfillment_id", "source", "key", name=op.f("pk_checkpoints")),
    )
    op.create_index(
        op.f("ix_checkpoints_shop_id_order_id"), "checkpoints", ["shop_id", "order_id"], unique=False
    )
    op.create_table(
        "delivery_models",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("learned_at", UtcDateTime(), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("model", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_delivery_models_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_delivery_models")),
    )
    op.create_table(
        "delivery_promises",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("parcel_id", BigId, autoincrement=False, nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("lower_at", UtcDateTime(), nullable=False),
        sa.Column("median_at", UtcDateTime(), nullable=False),
        sa.Column("upper_at", UtcDateTime(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("was_silent", sa.Boolean(), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_delivery_promises_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", "parcel_id", name=op.f("pk_delivery_promises")),
    )
    op.create_index(
        op.f("ix_delivery_promises_shop_id_given_at"),
        "delivery_promises",
        ["shop_id", "given_at"],
        unique=False,
    )
    op.create_table(
        "delivery_receipts",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_delivery_receipts_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "provider", "reference", name=op.f("pk_delivery_receipts")),
    )
    op.create_table(
        "fulfillment_lines",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fulfillment_id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_line_id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_fulfillment_lines_shop_id_shops")),
        sa.PrimaryKeyConstraint(
            "shop_id", "fulfillment_id", "order_line_id", name=op.f("pk_fulfillment_lines")
        ),
    )
    op.create_index(
        op.f("ix_fulfillment_lines_shop_id_order_id"),
        "fulfillment_lines",
        ["shop_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "guides",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("product_id", BigId, nullable=True),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_guides_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guides")),
    )
    op.create_index(op.f("ix_guides_shop_id_product_id"), "guides", ["shop_id", "product_id"], unique=False)
    op.create_table(
        "late_alarms",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("parcel_id", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("was_silent", sa.Boolean(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("was_false", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_late_alarms_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", "parcel_id", "kind", name=op.f("pk_late_alarms")),
    )
    op.create_index(
        op.f("ix_late_alarms_shop_id_raised_at"), "late_alarms", ["shop_id", "raised_at"], unique=False
    )
    op.create_table(
        "lookup_budgets",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_lookup_budgets_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "scope", "key", "began_at", name=op.f("pk_lookup_budgets")),
    )
    op.create_table(
        "message_texts",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_message_texts_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "kind", "language", name=op.f("pk_message_texts")),
    )
    op.create_table(
        "moods",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("mood", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("comment_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_moods_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_moods")),
    )
    op.create_index(op.f("ix_moods_shop_id_given_at"), "moods", ["shop_id", "given_at"], unique=False)
    op.create_table(
        "notices",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("parcel_id", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("gravity", sa.Integer(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_notices_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", "parcel_id", "kind", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_state_due_at"), "notices", ["state", "due_at"], unique=False)
    op.create_table(
        "order_stories",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.Column("next_check_at", UtcDateTime(), nullable=True),
        sa.Column("lateness", sa.String(length=16), nullable=True),
        sa.Column("late_since", UtcDateTime(), nullable=True),
        sa.Column("mood", sa.String(length=16), nullable=True),
        sa.Column("thanked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_order_stories_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_order_stories")),
    )
    op.create_index(op.f("ix_order_stories_next_check_at"), "order_stories", ["next_check_at"], unique=False)
    op.create_table(
        "parcels",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=True),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("stage_at", UtcDateTime(), nullable=False),
        sa.Column("stage_source", sa.String(length=16), nullable=False),
        sa.Column("shipped_at", UtcDateTime(), nullable=False),
        sa.Column("last_scan_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("estimated_delivery_at", UtcDateTime(), nullable=True),
        sa.Column("lateness", sa.String(length=16), nullable=True),
        sa.Column("late_since", UtcDateTime(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("next_ask_at", UtcDateTime(), nullable=True),
        sa.Column("ask_failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_parcels_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_parcels")),
    )
    op.create_index(op.f("ix_parcels_next_ask_at"), "parcels", ["next_ask_at"], unique=False)
    op.create_index(op.f("ix_parcels_shop_id_order_id"), "parcels", ["shop_id", "order_id"], unique=False)
    op.create_table(
        "private_links",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_private_links_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_private_links")),
    )
    op.create_index(
        op.f("ix_private_links_shop_id_token_hash"), "private_links", ["shop_id", "token_hash"], unique=True
    )
    op.create_table(
        "source_accounts",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("key_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("pauses_in_a_row", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("last_error_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_source_accounts_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "source", name=op.f("pk_source_accounts")),
    )
    op.create_table(
        "source_usage",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_source_usage_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "source", "day", name=op.f("pk_source_usage")),
    )
    op.create_table(
        "stopped_addresses",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("stopped_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_stopped_addresses_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "channel", "fingerprint", name=op.f("pk_stopped_addresses")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("address_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("wording", sa.String(length=32), nullable=False),
        sa.Column("proof_hash", sa.String(length=64), nullable=True),
        sa.Column("proof_expires_at", UtcDateTime(), nullable=True),
        sa.Column("proof_attempts", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_subscriptions_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", "channel", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        op.f("ix_subscriptions_shop_id_address_fingerprint"),
        "subscriptions",
        ["shop_id", "address_fingerprint"],
        unique=False,
    )
    op.create_table(
        "thanks",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("words_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_thanks_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_thanks")),
    )
    op.create_index(op.f("ix_thanks_shop_id_given_at"), "thanks", ["shop_id", "given_at"], unique=False)
    op.create_table(
        "tracking_settings",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("silent_until", UtcDateTime(), nullable=True),
        sa.Column("delivers_on_saturday", sa.Boolean(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("contact_email", sa.String(length=255), nullable=True),
        sa.Column("contact_phone", sa.String(length=64), nullable=True),
        sa.Column("withdrawal_url", sa.String(length=2048), nullable=True),
        sa.Column("shows_products", sa.Boolean(), nullable=False),
        sa.Column("writes_back", sa.Boolean(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_tracking_settings_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_tracking_settings")),
    )
    _move_events_to_checkpoints()
    op.drop_index(op.f("ix_fulfillment_events_shop_id_fulfillment_id"), table_name="fulfillment_events")
    op.drop_index(op.f("ix_fulfillment_events_shop_id_order_id"), table_name="fulfillment_events")
    op.drop_table("fulfillment_events")
    op.add_column(
        "fulfillments", sa.Column("more_tracking_numbers", sa.JSON(none_as_null=True), nullable=True)
    )
    op.add_column("fulfillments", sa.Column("service", sa.String(length=64), nullable=True))
    op.add_column("fulfillments", sa.Column("destination_country", sa.String(length=2), nullable=True))
    op.add_column("fulfillments", sa.Column("destination_region", sa.String(length=8), nullable=True))
    op.add_column("orders", sa.Column("erased_at", UtcDateTime(), nullable=True))
    for lines in ("order_lines", "waiting_lines"):
        op.add_column(
            lines, sa.Column("requires_shipping", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    op.add_column(
        "message_settings", sa.Column("notices_since", sa.JSON(), nullable=False, server_default="{}")
    )
    op.add_column(
        "message_settings",
        sa.Column("notices_to_all", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("message_settings", sa.Column("shopify_off_confirmed_at", UtcDateTime(), nullable=True))
    op.add_column("message_settings", sa.Column("signed_by", sa.String(length=80), nullable=True))
    op.add_column("message_settings", sa.Column("reply_to", sa.String(length=255), nullable=True))
    op.add_column(
        "message_settings",
        sa.Column("quiet_from", sa.Time(), nullable=False, server_default="22:00:00.000000"),
    )
    op.add_column(
        "message_settings",
        sa.Column("quiet_until", sa.Time(), nullable=False, server_default="08:00:00.000000"),
    )


def downgrade() -> None:
    op.drop_column("orders", "erased_at")
    op.drop_column("message_settings", "quiet_until")
    op.drop_column("message_settings", "quiet_from")
    op.drop_column("message_settings", "reply_to")
    op.drop_column("message_settings", "signed_by")
    op.drop_column("message_settings", "shopify_off_confirmed_at")
    op.drop_column("message_settings", "notices_to_all")
    op.drop_column("message_settings", "notices_since")
    for lines in ("waiting_lines", "order_lines"):
        op.drop_column(lines, "requires_shipping")
    op.drop_column("fulfillments", "destination_region")
    op.drop_column("fulfillments", "destination_country")
    op.drop_column("fulfillments", "service")
    op.drop_column("fulfillments", "more_tracking_numbers")
    op.create_table(
        "fulfillment_events",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("fulfillment_id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("estimated_delivery_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_fulfillment_events_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_fulfillment_events")),
    )
    op.create_index(
        op.f("ix_fulfillment_events_shop_id_order_id"),
        "fulfillment_events",
        ["shop_id", "order_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fulfillment_events_shop_id_fulfillment_id"),
        "fulfillment_events",
        ["shop_id", "fulfillment_id"],
        unique=False,
    )
    _move_checkpoints_to_events()
    op.drop_table("tracking_settings")
    op.drop_index(op.f("ix_thanks_shop_id_given_at"), table_name="thanks")
    op.drop_table("thanks")
    op.drop_index(op.f("ix_subscriptions_shop_id_address_fingerprint"), table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_table("stopped_addresses")
    op.drop_table("source_usage")
    op.drop_table("source_accounts")
    op.drop_index(op.f("ix_private_links_shop_id_token_hash"), table_name="private_links")
    op.drop_table("private_links")
    op.drop_index(op.f("ix_parcels_shop_id_order_id"), table_name="parcels")
    op.drop_index(op.f("ix_parcels_next_ask_at"), table_name="parcels")
    op.drop_table("parcels")
    op.drop_index(op.f("ix_order_stories_next_check_at"), table_name="order_stories")
    op.drop_table("order_stories")
    op.drop_index(op.f("ix_notices_state_due_at"), table_name="notices")
    op.drop_table("notices")
    op.drop_index(op.f("ix_moods_shop_id_given_at"), table_name="moods")
    op.drop_table("moods")
    op.drop_table("message_texts")
    op.drop_table("lookup_budgets")
    op.drop_index(op.f("ix_late_alarms_shop_id_raised_at"), table_name="late_alarms")
    op.drop_table("late_alarms")
    op.drop_index(op.f("ix_guides_shop_id_product_id"), table_name="guides")
    op.drop_table("guides")
    op.drop_index(op.f("ix_fulfillment_lines_shop_id_order_id"), table_name="fulfillment_lines")
    op.drop_table("fulfillment_lines")
    op.drop_table("delivery_receipts")
    op.drop_index(op.f("ix_delivery_promises_shop_id_given_at"), table_name="delivery_promises")
    op.drop_table("delivery_promises")
    op.drop_table("delivery_models")
    op.drop_index(op.f("ix_checkpoints_shop_id_order_id"), table_name="checkpoints")
    op.drop_table("checkpoints")
