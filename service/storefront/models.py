"""What Shopify holds of ours for the theme."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, UtcDateTime, shop_key


class Publication(Base):
    """What Shopify holds of ours: the hash of the value last written to an owner's metafield."""

    __tablename__ = "publications"

    shop_id: Mapped[int] = shop_key()
    owner_gid: Mapped[str] = mapped_column(String(128), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value_hash: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
