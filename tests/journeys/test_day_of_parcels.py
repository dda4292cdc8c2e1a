"""On a bad day for parcels everybody is told once, and nobody the milder after the graver."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from service.kit.database import Database
from service.shops.models import Shop
from tests.conftest import add_shop
from tests.journeys.day_of_parcels import (
    live_through,
    next_working_morning,
    plan_day,
    set_business_time,
    switch_on_notices,
)
from tests.journeys.house import house_of

PARCELS = 90
SECONDS = 300.0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_each_parcel_and_status_is_told_once_and_in_order(
    database: Database, database_url: str, redis_url: str, shop: Shop, tmp_path: Path
) -> None:
    add_shop(database, "noise.myshopify.com")
    moment = next_working_morning()
    set_business_time(tmp_path, moment)
    with house_of(database, database_url, redis_url, shop, tmp_path) as house:
        switch_on_notices(house, moment - timedelta(days=2))
        day = plan_day(PARCELS, moment)
        # a mail that is refused again and again waits longer and longer: once is enough here
        result = live_through(house, day, random.Random(20261122), SECONDS, most_refusals=1)

    assert result["expected"] == PARCELS * 5 // 6
    assert (result["missing"], result["unexpected"], result["doubled"]) == ([], [], []), result
    assert result["out_of_order"] == []
    assert result["tried_again"] > 0
    assert result["open_rows"] == 0
