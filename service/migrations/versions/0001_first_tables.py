"""first tables"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from service.kit.columns import BigId, UtcDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "scheduled_runs",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_scheduled_runs")),
    )
    op.create_table(
        "shops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("installed_at", UtcDateTime(), nullable=True),
        sa.Column("uninstalled_at", UtcDateTime(), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("access_token_expires_at", UtcDateTime(), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_token_expires_at", UtcDateTime(), nullable=True),
        sa.Column("refresh_lease_until", sa.Float(), nullable=False),
        sa.Column("needs_reauthorization", sa.Boolean(), nullable=False),
        sa.Column("erasure_requested_at", UtcDateTime(), nullable=True),
        sa.Column("brand", sa.JSON(), nullable=False),
        sa.Column("proxy_path", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("domain", name=op.f("uq_shops_domain")),
    )
    op.create_table(
        "customers",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("email_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_customers_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_customers")),
    )
    op.create_index(
        op.f("ix_customers_shop_id_email_fingerprint"),
        "customers",
        ["shop_id", "email_fingerprint"],
        unique=False,
    )
    op.create_table(
        "data_requests",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_data_requests_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_data_requests")),
    )
    op.create_table(
        "dirty_customers",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", BigId, autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_dirty_customers_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name=op.f("pk_dirty_customers")),
    )
    op.create_table(
        "erased_customers",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_erased_customers_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "fingerprint", name=op.f("pk_erased_customers")),
    )
    op.create_table(
        "fulfillment_events",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
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
        op.f("ix_fulfillment_events_shop_id_fulfillment_id"),
        "fulfillment_events",
        ["shop_id", "fulfillment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fulfillment_events_shop_id_order_id"),
        "fulfillment_events",
        ["shop_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "fulfillments",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("shipment_status", sa.String(length=32), nullable=True),
        sa.Column("tracking_company", sa.String(length=255), nullable=True),
        sa.Column("tracking_number", sa.String(length=255), nullable=True),
        sa.Column("tracking_url", sa.String(length=2048), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_fulfillments_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_fulfillments")),
    )
    op.create_index(
        op.f("ix_fulfillments_shop_id_order_id"), "fulfillments", ["shop_id", "order_id"], unique=False
    )
    op.create_index(
        op.f("ix_fulfillments_shop_id_tracking_number"),
        "fulfillments",
        ["shop_id", "tracking_number"],
        unique=False,
    )
    op.create_table(
        "history_imports",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("days_limit", sa.Integer(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("wake_at", sa.Float(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("wants_reconciliation", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_history_imports_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_history_imports")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("webhook_id", sa.String(length=128), nullable=False),
        sa.Column("triggered_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("dead_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_inbox_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("shop_id", "topic", "webhook_id", name=op.f("uq_inbox_shop_id_topic_webhook_id")),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["shop_id", "id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
    )
    op.create_table(
        "message_settings",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("thank_you_since", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_message_settings_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_message_settings")),
    )
    op.create_table(
        "order_lines",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("product_id", BigId, nullable=True),
        sa.Column("variant_id", BigId, nullable=True),
        sa.Column("sku", sa.String(length=255), nullable=True),
        sa.Column("title", sa.String(length=1024), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("current_quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_order_lines_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_order_lines")),
    )
    op.create_index(
        op.f("ix_order_lines_shop_id_order_id"), "order_lines", ["shop_id", "order_id"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("guest_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("financial_status", sa.String(length=32), nullable=True),
        sa.Column("customer_locale", sa.String(length=16), nullable=True),
        sa.Column("order_status_url", sa.String(length=2048), nullable=True),
        sa.Column("email_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("refund_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("import_sequence", sa.Integer(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_orders_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_orders")),
    )
    op.create_index(
        op.f("ix_orders_shop_id_customer_id_created_at"),
        "orders",
        ["shop_id", "customer_id", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_shop_id_guest_fingerprint"), "orders", ["shop_id", "guest_fingerprint"], unique=False
    )
    op.create_index(op.f("ix_orders_shop_id_name"), "orders", ["shop_id", "name"], unique=False)
    op.create_index(op.f("ix_orders_shop_id_updated_at"), "orders", ["shop_id", "updated_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("business_key", sa.String(length=128), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("provider_reference", sa.String(length=255), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_outbox_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "shop_id", "kind", "business_key", name=op.f("uq_outbox_shop_id_kind_business_key")
        ),
    )
    op.create_index("ix_outbox_state_lease_until", "outbox", ["state", "lease_until"], unique=False)
    op.create_table(
        "personal_lists",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", BigId, autoincrement=False, nullable=False),
        sa.Column("handles", sa.Text(), nullable=False),
        sa.Column("product_ids", sa.JSON(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_personal_lists_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name=op.f("pk_personal_lists")),
    )
    op.create_index(
        op.f("ix_personal_lists_shop_id_computed_at"),
        "personal_lists",
        ["shop_id", "computed_at"],
        unique=False,
    )
    op.create_table(
        "product_neighbours",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_id", BigId, autoincrement=False, nullable=False),
        sa.Column("neighbour_ids", sa.LargeBinary(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_product_neighbours_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "product_id", name=op.f("pk_product_neighbours")),
    )
    op.create_table(
        "product_variants",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("product_id", BigId, nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=True),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_product_variants_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_product_variants")),
    )
    op.create_index(
        op.f("ix_product_variants_shop_id_product_id"),
        "product_variants",
        ["shop_id", "product_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_product_variants_shop_id_sku"), "product_variants", ["shop_id", "sku"], unique=False
    )
    op.create_table(
        "products",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("handle", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("product_type", sa.String(length=255), nullable=False),
        sa.Column("vendor", sa.String(length=255), nullable=False),
        sa.Column("is_gift_card", sa.Boolean(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_products_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_shop_id_handle"), "products", ["shop_id", "handle"], unique=False)
    op.create_index(op.f("ix_products_shop_id_title"), "products", ["shop_id", "title"], unique=False)
    op.create_index(
        op.f("ix_products_shop_id_updated_at"), "products", ["shop_id", "updated_at"], unique=False
    )
    op.create_table(
        "publications",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_gid", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value_hash", sa.String(length=64), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_publications_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "owner_gid", "key", name=op.f("pk_publications")),
    )
    op.create_table(
        "purchase_imports",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("operation_gid", sa.String(length=128), nullable=True),
        sa.Column("observed_at", UtcDateTime(), nullable=True),
        sa.Column("byte_offset", sa.BigInteger(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_skipped", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_purchase_imports_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "kind", name=op.f("pk_purchase_imports")),
    )
    op.create_table(
        "reconcile_marks",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("updated_until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_reconcile_marks_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "kind", name=op.f("pk_reconcile_marks")),
    )
    op.create_table(
        "refund_lines",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("refund_id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_line_id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_refund_lines_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "refund_id", "order_line_id", name=op.f("pk_refund_lines")),
    )
    op.create_index(
        op.f("ix_refund_lines_shop_id_order_id"), "refund_lines", ["shop_id", "order_id"], unique=False
    )
    op.create_table(
        "shop_lists",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("handles", sa.Text(), nullable=False),
        sa.Column("product_ids", sa.JSON(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_lists_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "name", name=op.f("pk_shop_lists")),
    )
    op.create_table(
        "shop_statistics",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_ids", sa.LargeBinary(), nullable=False),
        sa.Column("orders", sa.LargeBinary(), nullable=False),
        sa.Column("recent_orders", sa.LargeBinary(), nullable=False),
        sa.Column("buyers", sa.LargeBinary(), nullable=False),
        sa.Column("repeat_buyers", sa.LargeBinary(), nullable=False),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("recent_order_count", sa.Integer(), nullable=False),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_statistics_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_statistics")),
    )
    op.create_table(
        "shop_work",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("is_running", sa.Boolean(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("rest_until", sa.Float(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_work_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "kind", name=op.f("pk_shop_work")),
    )
    op.create_table(
        "waiting_lines",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("product_id", BigId, nullable=True),
        sa.Column("variant_id", BigId, nullable=True),
        sa.Column("sku", sa.String(length=255), nullable=True),
        sa.Column("title", sa.String(length=1024), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("current_quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_waiting_lines_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_waiting_lines")),
    )


def downgrade() -> None:
    op.drop_table("waiting_lines")
    op.drop_table("shop_work")
    op.drop_table("shop_statistics")
    op.drop_table("shop_lists")
    op.drop_index(op.f("ix_refund_lines_shop_id_order_id"), table_name="refund_lines")
    op.drop_table("refund_lines")
    op.drop_table("reconcile_marks")
    op.drop_table("purchase_imports")
    op.drop_table("publications")
    op.drop_index(op.f("ix_products_shop_id_updated_at"), table_name="products")
    op.drop_index(op.f("ix_products_shop_id_title"), table_name="products")
    op.drop_index(op.f("ix_products_shop_id_handle"), table_name="products")
    op.drop_table("products")
    op.drop_index(op.f("ix_product_variants_shop_id_sku"), table_name="product_variants")
    op.drop_index(op.f("ix_product_variants_shop_id_product_id"), table_name="product_variants")
    op.drop_table("product_variants")
    op.drop_table("product_neighbours")
    op.drop_index(op.f("ix_personal_lists_shop_id_computed_at"), table_name="personal_lists")
    op.drop_table("personal_lists")
    op.drop_index("ix_outbox_state_lease_until", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_orders_shop_id_updated_at"), table_name="orders")
    op.drop_index(op.f("ix_orders_shop_id_name"), table_name="orders")
    op.drop_index(op.f("ix_orders_shop_id_guest_fingerprint"), table_name="orders")
    op.drop_index(op.f("ix_orders_shop_id_customer_id_created_at"), table_name="orders")
    op.drop_table("orders")
    op.drop_index(op.f("ix_order_lines_shop_id_order_id"), table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_table("message_settings")
    op.drop_index(
        "ix_inbox_open",
        table_name="inbox",
        sqlite_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND dead_at IS NULL"),
    )
    op.drop_table("inbox")
    op.drop_table("history_imports")
    op.drop_index(op.f("ix_fulfillments_shop_id_tracking_number"), table_name="fulfillments")
    op.drop_index(op.f("ix_fulfillments_shop_id_order_id"), table_name="fulfillments")
    op.drop_table("fulfillments")
    op.drop_index(op.f("ix_fulfillment_events_shop_id_order_id"), table_name="fulfillment_events")
    op.drop_index(op.f("ix_fulfillment_events_shop_id_fulfillment_id"), table_name="fulfillment_events")
    op.drop_table("fulfillment_events")
    op.drop_table("erased_customers")
    op.drop_table("dirty_customers")
    op.drop_table("data_requests")
    op.drop_index(op.f("ix_customers_shop_id_email_fingerprint"), table_name="customers")
    op.drop_table("customers")
    op.drop_table("shops")
    op.drop_table("scheduled_runs")
