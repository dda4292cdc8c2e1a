"""What the merchant set about tracking, and the silent phase at its beginning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from service.kit import clock
from service.kit.database import Unit
from service.kit.zones import zone_named
from service.shops.queries import this_shop
from service.tracking.models import TrackingSettings

SILENT_PHASE = timedelta(days=14)
"""How long windows and late parcels are measured beside an old app before shoppers see them."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the merchant sets at once. `country` is ISO 3166-1 alpha-2, `withdrawal_url` an https address or a path of
    the shop; what is not set is None. `faq` holds per language (de, en) [{"question", "answer"}]."""

    delivers_on_saturday: bool
    country: str
    contact_email: str | None
    contact_phone: str | None
    withdrawal_url: str | None
    shows_products: bool
    writes_back: bool
    faq: Mapping[str, list[dict[str, str]]]


def tracking_settings(unit: Unit) -> TrackingSettings:
    """The shop's settings; a shop that never saved any has the defaults (a row that is not stored)."""
    stored = unit.session.get(TrackingSettings, unit.shop_id)
    return stored or TrackingSettings(
        shop_id=unit.shop_id,
        silent_until=None,
        delivers_on_saturday=True,
        country="DE",
        shows_products=True,
        writes_back=False,
        texts={},
    )


def begin_silence(unit: Unit) -> None:
    """A new shop's promises are measured in silence first; a shop that comes back goes on as it was."""
    row = {
        **{name: getattr(tracking_settings(unit), name) for name in _DEFAULTS},
        "shop_id": unit.shop_id,
        "silent_until": clock.now() + SILENT_PHASE,
    }
    unit.insert_missing(TrackingSettings, [row])


_DEFAULTS = ("delivers_on_saturday", "country", "shows_products", "writes_back", "texts")


def end_silence(unit: Unit) -> None:
    """Shoppers see windows, and hear of late parcels, from now on."""
    _stored(unit).silent_until = None


def stay_silent(unit: Unit) -> None:
    """Measure for another two weeks before anybody sees it."""
    _stored(unit).silent_until = clock.now() + SILENT_PHASE


def is_silent(settings: TrackingSettings) -> bool:
    """Whether promises and lateness are shown to nobody now."""
    return settings.silent_until is not None and clock.now() < settings.silent_until


def save_wishes(unit: Unit, wishes: Wishes) -> None:
    """Store what the merchant set; the silent phase stays as it is."""
    settings = _stored(unit)
    settings.delivers_on_saturday = wishes.delivers_on_saturday
    settings.country = wishes.country
    settings.contact_email = wishes.contact_email
    settings.contact_phone = wishes.contact_phone
    settings.withdrawal_url = wishes.withdrawal_url
    settings.shows_products = wishes.shows_products
    settings.writes_back = wishes.writes_back
    settings.texts = {language: {"faq": pairs} for language, pairs in wishes.faq.items() if pairs}


def shop_zone(unit: Unit) -> ZoneInfo:
    """The zone in which the shop's days begin and end; UTC where Shopify told none that is known here."""
    return zone_named(this_shop(unit).time_zone)


def _stored(unit: Unit) -> TrackingSettings:
    settings = tracking_settings(unit)
    if settings not in unit.session:
        unit.session.add(settings)
    return settings
