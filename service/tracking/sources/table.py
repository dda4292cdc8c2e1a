"""The sources that there are. A new one is one file here, one line in this table, its texts and its tests."""

from service.tracking.sources.dhl import DHL
from service.tracking.sources.karrio import KARRIO
from service.tracking.sources.seventeen_track import SEVENTEEN_TRACK
from service.tracking.sources.shopify import SHOPIFY
from service.tracking.sources.source import AskedSource, Source

ASKED: tuple[AskedSource, ...] = (DHL, KARRIO, SEVENTEEN_TRACK)
"""In the order in which they are asked: the carrier itself before an aggregator."""
SOURCES: tuple[Source, ...] = (SHOPIFY, *ASKED)


def name_of(code: str) -> str:
    """What people call the source of a stored code; the code itself where that source is gone."""
    return next((source.name for source in SOURCES if source.code == code), code)
