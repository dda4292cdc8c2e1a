"""open rows of the queues by shop, what is due again first"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INDEXES = (
    ("ix_inbox_in_company", "inbox", "done_at IS NULL AND dead_at IS NULL AND attempts < 2"),
    ("ix_inbox_alone", "inbox", "done_at IS NULL AND dead_at IS NULL AND attempts >= 2"),
    ("ix_outbox_open", "outbox", "state = 'open'"),
)


def upgrade() -> None:
    for name, table, condition in _INDEXES:
        where = sa.text(condition)
        columns: list[str | sa.TextClause] = ["shop_id", sa.text("lease_until DESC"), "id"]
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    where = sa.text("state = 'handing_over'")
    op.create_index(
        "ix_outbox_handing_over", "outbox", ["lease_until"], sqlite_where=where, postgresql_where=where
    )
    # beside those above it leads planners astray: most rows of a state may be of one shop
    op.drop_index("ix_outbox_state_lease_until", table_name="outbox")


def downgrade() -> None:
    op.create_index("ix_outbox_state_lease_until", "outbox", ["state", "lease_until"])
    op.drop_index("ix_outbox_handing_over", table_name="outbox")
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
