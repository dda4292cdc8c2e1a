"""Long jobs of a shop, a row each: what is asked for, who works on it, and how far it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, UtcDateTime, shop_key
from service.work.kinds import Kind


class ShopWork(Base):
    """A long job of a shop: asked for, running (leased), or done. Times without zone are the database
    clock's.

    `is_wanted` is set by whoever changes what the job reads and cleared when a run starts, so that a
    change during a run asks for another one. `is_running` stays set when the process dies; after the
    lease the run is taken up again at `cursor`, but not before `wake_at`, which a pause sets; 0 = somebody woke it.
    """

    __tablename__ = "shop_work"

    shop_id: Mapped[int] = shop_key()
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    is_wanted: Mapped[bool] = mapped_column(Boolean, default=False)
    due_at: Mapped[float] = mapped_column(Float, default=0.0)
    is_running: Mapped[bool] = mapped_column(Boolean, default=False)
    run: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[float] = mapped_column(Float, default=0.0)
    wake_at: Mapped[float] = mapped_column(Float, default=0.0)
    rest_until: Mapped[float] = mapped_column(Float, default=0.0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    stage: Mapped[str] = mapped_column(String(32), default="")
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[float] = mapped_column(Float, default=0.0)
    note: Mapped[str | None] = mapped_column(String(500))
    figures: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)


def new_row(shop_id: int, kind: Kind) -> dict[str, Any]:
    """The row of work that was never asked for."""
    return {
        "shop_id": shop_id,
        "kind": kind.name,
        "is_wanted": False,
        "due_at": 0.0,
        "is_running": False,
        "run": 0,
        "lease_until": 0.0,
        "wake_at": 0.0,
        "rest_until": 0.0,
        "failures": 0,
        "stage": "",
        "cursor": 0,
        "done": 0,
        "total": 0,
        "seconds": 0.0,
        "figures": {},
    }
