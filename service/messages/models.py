"""What a shop lets Danke write to its customers."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, UtcDateTime, shop_key


class MessageSettings(Base):
    """One row per shop. A message is off while its `…_since` is empty; earlier events never cause one."""

    __tablename__ = "message_settings"

    shop_id: Mapped[int] = shop_key()
    thank_you_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
