"""Which lane a parcel travels on."""

from types import SimpleNamespace

import pytest

from service.tracking.shop_deliveries import destination_of


@pytest.mark.parametrize(
    ("country", "region", "destination"),
    [("DE", "79", "DE-79"), ("DE", None, "DE"), ("AT", "10", "AT"), (None, None, None)],
)
def test_at_home_regions_are_told_apart_abroad_countries(
    country: str | None, region: str | None, destination: str | None
) -> None:
    parcel = SimpleNamespace(destination_country=country, destination_region=region)
    assert destination_of(parcel, "DE") == destination
