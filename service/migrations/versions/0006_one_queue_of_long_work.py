"""imports, lessons and erasures wait in shop_work as all long work does"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.kit.columns import UtcDateTime

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DONE_AT: Any = sa.null().cast(UtcDateTime())
_shops = sa.table("shops", sa.column("id"), sa.column("erasure_requested_at"))
_imports = sa.table(
    "history_imports",
    sa.column("shop_id"),
    sa.column("finished_at"),
    sa.column("wants_reconciliation", sa.Boolean()),
)
_models = sa.table("delivery_models", sa.column("shop_id"), sa.column("learned_at", UtcDateTime()))
_work = sa.table("shop_work", sa.column("kind", sa.String()))

_WAITING: dict[str, sa.Select[Any]] = {
    "import": sa.select(_imports.c.shop_id, sa.true(), _DONE_AT).where(_imports.c.finished_at.is_(None)),
    "reconcile": sa.select(_imports.c.shop_id, _imports.c.wants_reconciliation, _DONE_AT),
    "learn": sa.select(_models.c.shop_id, _models.c.learned_at.is_(None), _models.c.learned_at),
    "erase": sa.select(_shops.c.id, sa.true(), _DONE_AT).where(_shops.c.erasure_requested_at.is_not(None)),
}
"""Kind -> shop, whether it is asked for, when it was done last. What is read here stays true, so that the version
before finds its work there again."""
_NOTHING: dict[str, Any] = {
    "due_at": sa.literal(0.0),
    "is_running": sa.false(),
    "run": sa.literal(0),
    "lease_until": sa.literal(0.0),
    "rest_until": sa.literal(0.0),
    "failures": sa.literal(0),
    "stage": sa.literal(""),
    "cursor": sa.literal(0),
    "done": sa.literal(0),
    "total": sa.literal(0),
    "seconds": sa.literal(0.0),
    "figures": sa.literal({}, sa.JSON()),
}


def upgrade() -> None:
    op.add_column("shop_work", sa.Column("wake_at", sa.Float(), nullable=False, server_default="0"))
    names = ["shop_id", "is_wanted", "finished_at", "kind", *_NOTHING]
    table = sa.table("shop_work", *(sa.column(name) for name in names))
    for kind, waiting in _WAITING.items():
        rows = waiting.add_columns(sa.literal(kind), *_NOTHING.values())
        op.execute(sa.insert(table).from_select(names, rows))


def downgrade() -> None:
    op.execute(sa.delete(_work).where(_work.c.kind.in_(list(_WAITING))))
    op.drop_column("shop_work", "wake_at")
