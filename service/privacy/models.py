"""Requests of people about their data, and what Danke answered."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from service.kit.columns import Base, BigId, UtcDateTime, shop_key


class DataRequest(Base):
    """One request for a copy of a customer's data; the merchant hands the report on. Ciphertext of JSON."""

    __tablename__ = "data_requests"

    shop_id: Mapped[int] = shop_key()
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    customer_id: Mapped[int | None] = mapped_column(BigId)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    report: Mapped[bytes] = mapped_column(LargeBinary)
