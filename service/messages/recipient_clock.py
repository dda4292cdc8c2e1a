"""Whose clock and calendar count for somebody in a country. The tables are IANA's, from the package `tzdata`."""

from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import holidays

from service.kit.zones import zone_named

_SATURDAY = 5


def zone_of(country: str | None, shop_zone: str | None) -> ZoneInfo:
    """The time zone of a country (ISO 3166-1 alpha-2); the shop's own where it is unknown or lies in that country.

    A country of several zones counts as its most populous one, which IANA lists first.
    """
    zones = _zones_by_country().get((country or "").upper(), ())
    if not zones or shop_zone in zones:
        return zone_named(shop_zone)
    return ZoneInfo(zones[0])


def country_of(zone: str | None) -> str | None:
    """The country (ISO 3166-1 alpha-2) that a time zone lies in; None where that is unknown."""
    return _country_by_zone().get(zone or "")


@cache
def business_days(country: str | None) -> Callable[[date], bool]:
    """Tells whether a day is a working day in all of the country; Monday to Friday where its holidays are unknown."""
    try:
        calendar = holidays.country_holidays(country or "")
    except NotImplementedError:
        return lambda day: day.weekday() < _SATURDAY
    return calendar.is_working_day


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones[country] = (*zones.get(country, ()), zone)
    return zones


@cache
def _country_by_zone() -> dict[str, str]:
    return {zone: country for country, zones in _zones_by_country().items() for zone in zones}
