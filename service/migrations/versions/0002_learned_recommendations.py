"""learned recommendations"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.kit.columns import BigId, UtcDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STOP_FIRST = "it makes personal lists and statistics anew, in another form"


def upgrade() -> None:
    op.create_table(
        "dirty_products",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_id", BigId, autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_dirty_products_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "product_id", name=op.f("pk_dirty_products")),
    )
    op.create_table(
        "product_affinities",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("product_id", BigId, autoincrement=False, nullable=False),
        sa.Column("neighbour_ids", sa.LargeBinary(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_product_affinities_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "kind", "product_id", name=op.f("pk_product_affinities")),
    )
    op.create_table(
        "shop_backtests",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_backtests_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_backtests")),
    )
    op.create_table(
        "shop_tunings",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("tuned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_tunings_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_tunings")),
    )
    op.create_index(op.f("ix_order_lines_shop_id_product_id"), "order_lines", ["shop_id", "product_id"])
    op.create_index(op.f("ix_orders_shop_id_created_at"), "orders", ["shop_id", "created_at"])
    # all of this is computed: a rebuild writes it again
    op.drop_table("personal_lists")
    _create_personal_lists(sa.Column("placement", sa.String(length=16), nullable=False))
    op.drop_table("shop_statistics")
    _create_shop_statistics(_array("led_orders"), _array("recent_led_orders"))
    _count_all_shops_again()


def downgrade() -> None:
    op.drop_table("shop_statistics")
    _create_shop_statistics(sa.Column("scale", sa.Float(), nullable=False))
    op.drop_table("personal_lists")
    _create_personal_lists(None)
    _count_all_shops_again()
    op.drop_index(op.f("ix_orders_shop_id_created_at"), "orders")
    op.drop_index(op.f("ix_order_lines_shop_id_product_id"), "order_lines")
    op.drop_table("shop_tunings")
    op.drop_table("shop_backtests")
    op.drop_table("product_affinities")
    op.drop_table("dirty_products")


def _create_personal_lists(placement: sa.Column[str] | None) -> None:
    key = ["shop_id", "customer_id"] if placement is None else ["shop_id", "customer_id", "placement"]
    added = [] if placement is None else [placement, sa.Column("reasons", sa.Text(), nullable=False)]
    op.create_table(
        "personal_lists",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", BigId, autoincrement=False, nullable=False),
        *added,
        sa.Column("handles", sa.Text(), nullable=False),
        sa.Column("product_ids", sa.JSON(), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_personal_lists_shop_id_shops")),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_personal_lists")),
    )
    op.create_index(
        op.f("ix_personal_lists_shop_id_computed_at"), "personal_lists", ["shop_id", "computed_at"]
    )


def _create_shop_statistics(*added: sa.Column[Any]) -> None:
    names = ("product_ids", "orders", "recent_orders", "buyers", "repeat_buyers")
    op.create_table(
        "shop_statistics",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        *(_array(name) for name in names),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("recent_order_count", sa.Integer(), nullable=False),
        *added,
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_statistics_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_statistics")),
    )


def _array(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _count_all_shops_again() -> None:
    names = ("kind", "is_wanted", "due_at", "is_running", "stage", "cursor", "lease_until", "run")
    work = sa.table("shop_work", *(sa.column(name) for name in names))
    # from the beginning, and whoever is at it loses the lease
    anew = {
        "is_wanted": True,
        "due_at": 0.0,
        "is_running": False,
        "stage": "",
        "cursor": 0,
        "lease_until": 0.0,
    }
    op.execute(work.update().where(work.c.kind == "rebuild").values(**anew, run=work.c.run + 1))
