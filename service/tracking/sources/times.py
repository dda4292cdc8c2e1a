"""Times of sources, which often come without a zone. Pure."""

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

_ZONES = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich",
    "CN": "Asia/Shanghai", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn", "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London",
    "GR": "Europe/Athens", "HK": "Asia/Hong_Kong", "HR": "Europe/Zagreb", "HU": "Europe/Budapest",
    "IE": "Europe/Dublin", "IN": "Asia/Kolkata", "IT": "Europe/Rome", "JP": "Asia/Tokyo", "LI": "Europe/Vaduz",
    "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "RO": "Europe/Bucharest", "RS": "Europe/Belgrade",
    "SE": "Europe/Stockholm", "SG": "Asia/Singapore", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
    "TR": "Europe/Istanbul", "UA": "Europe/Kyiv",
}  # fmt: skip
"""Zone of countries that have one only (or one where nearly all live)."""


def read_moment(text: object, country: str | None, zone: ZoneInfo) -> datetime | None:
    """An ISO 8601 time, aware. One without zone is the time of day at its place: in `country` (ISO 3166-1 alpha-2)
    where that has one zone, else in `zone`. None where it is no time."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    place = _ZONES.get((country or "").upper())
    return moment.replace(tzinfo=ZoneInfo(place) if place else zone)


def line_key(*parts: object) -> str:
    """Tells lines of one parcel apart: 32 hex digits of what a line says in every language."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]
