"""What a source of tracking tells of a parcel, in our words. Pure."""

from dataclasses import dataclass
from datetime import datetime

from service.tracking.stages import Stage


@dataclass(frozen=True, slots=True)
class Reported:
    """One line of a source. `key` tells it apart from the source's other lines about the parcel; `status` and
    `message` are its own words, `happened_at` its time (aware)."""

    key: str
    stage: Stage
    status: str
    happened_at: datetime
    message: str | None = None
    estimated_delivery_at: datetime | None = None
