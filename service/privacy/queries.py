"""What people asked for: what was answered, and what is still to be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func

from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.errors import NotFound
from service.privacy.models import DataRequest
from service.purchases.models import ErasedCustomer

ANSWER_WITHIN = timedelta(days=30)
"""How long the merchant has. Source: shopify.dev, "Privacy law compliance", the topic customers/data_request."""


@dataclass(frozen=True, slots=True)
class DataRequestSummary:
    """A request without its report. `customer_id` is None for somebody without an account; times are UTC."""

    id: int
    customer_id: int | None
    requested_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DueRequests:
    """How many requests the merchant still has time for, and until when for the oldest of them (UTC)."""

    count: int
    first_due_at: datetime | None


def latest_data_requests(unit: Unit, most: int) -> list[DataRequestSummary]:
    """The shop's newest requests, newest first."""
    statement = (
        unit.select(DataRequest.id, DataRequest.customer_id, DataRequest.requested_at)
        .order_by(DataRequest.requested_at.desc(), DataRequest.id.desc())
        .limit(most)
    )
    return [
        DataRequestSummary(row.id, row.customer_id, row.requested_at, row.requested_at + ANSWER_WITHIN)
        for row in unit.session.execute(statement)
    ]


def count_data_requests(unit: Unit) -> int:
    """How many requests of the shop are stored."""
    return unit.count(DataRequest)


def due_requests(unit: Unit) -> DueRequests:
    """The shop's requests whose time has not run out."""
    statement = unit.select(func.count(DataRequest.id), func.min(DataRequest.requested_at)).where(
        DataRequest.requested_at > clock.now() - ANSWER_WITHIN
    )
    count, oldest = unit.session.execute(statement).one()
    return DueRequests(count, oldest + ANSWER_WITHIN if oldest else None)


def read_report(unit: Unit, cipher: Cipher, request_id: int) -> str:
    """The report on one of the shop's requests, as JSON text; raises NotFound."""
    statement = unit.select(DataRequest.report).where(DataRequest.id == request_id)
    report = unit.session.scalar(statement)
    if report is None:
        raise NotFound("There is no such data request.")
    return cipher.decrypt(report)


def count_tombstones(unit: Unit) -> int:
    """How many keyed hashes are kept of people whom the shop erased; several of each person."""
    return unit.count(ErasedCustomer)
