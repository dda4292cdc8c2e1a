"""Who may see an order without an account: private links, and budgets for those who guess."""

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class PrivateLink(Base):
    """The private link to an order. The token itself is nowhere: it follows from the shop's secret, the order and
    `generation`, and is found by its hash. Revoking counts `generation` up."""

    __tablename__ = "private_links"

    shop_id: Mapped[int] = shop_key()
    order_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(Integer)
    token_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "shop_id", "token_hash", unique=True),)


class LookupBudget(Base):
    """How often something was tried in a stretch of time: an order number, an address, a whole shop.

    `key` is a keyed hash, so that nobody's address is kept.
    """

    __tablename__ = "lookup_budgets"

    shop_id: Mapped[int] = shop_key()
    scope: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
