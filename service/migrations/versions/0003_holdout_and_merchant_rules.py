"""holdout and merchant rules"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from service.kit.columns import BigId, UtcDateTime

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "display_rules",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shows_sold_out", sa.Boolean(), nullable=False),
        sa.Column("most_repeats", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_display_rules_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_display_rules")),
    )
    op.create_table(
        "excluded_products",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_id", BigId, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_excluded_products_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "product_id", name=op.f("pk_excluded_products")),
    )
    op.create_table(
        "exposures",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", BigId, autoincrement=False, nullable=False),
        sa.Column("placement", sa.String(length=16), nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("arm", sa.String(length=16), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_exposures_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", "placement", "period", name=op.f("pk_exposures")),
    )
    op.create_table(
        "holdout_periods",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_holdout_periods_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "number", name=op.f("pk_holdout_periods")),
    )
    op.create_table(
        "holdouts",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_holdouts_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_holdouts")),
    )
    op.create_table(
        "look_products",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("look", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product_id", BigId, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_look_products_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "look", "product_id", name=op.f("pk_look_products")),
    )
    op.create_table(
        "looks",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_looks_shop_id_shops")),
        sa.PrimaryKeyConstraint("shop_id", "number", name=op.f("pk_looks")),
    )
    op.create_table(
        "pinned_products",
        sa.Column("shop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(length=16), nullable=False),
        sa.Column("beside_product_id", BigId, autoincrement=False, nullable=False),
        sa.Column("product_id", BigId, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_pinned_products_shop_id_shops")),
        sa.PrimaryKeyConstraint(
            "shop_id", "place", "beside_product_id", "product_id", name=op.f("pk_pinned_products")
        ),
    )


def downgrade() -> None:
    op.drop_table("pinned_products")
    op.drop_table("looks")
    op.drop_table("look_products")
    op.drop_table("holdouts")
    op.drop_table("holdout_periods")
    op.drop_table("exposures")
    op.drop_table("excluded_products")
    op.drop_table("display_rules")
