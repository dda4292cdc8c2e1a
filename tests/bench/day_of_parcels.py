"""A day of 10,000 parcels: events shuffled and doubled, a mail server that refuses a fifth of all calls and loses the
answer to one in fifty. Writes `.danke/bench-day-of-parcels.json`; `PARCELS=1000` makes it shorter.
"""

import json
import os
import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from service.commands.migrating import migrate
from service.kit.database import Database
from tests.conftest import add_shop
from tests.journeys.day_of_parcels import (
    live_through,
    next_working_morning,
    plan_day,
    set_business_time,
    switch_on_notices,
)
from tests.journeys.house import house_of
from tests.servers import postgresql, redis_server

PARCELS = int(os.environ.get("PARCELS", "10000"))
SECONDS = 3_600.0


def main() -> None:
    """Live through the day on PostgreSQL and print what came of it."""
    with (
        postgresql() as url,
        tempfile.TemporaryDirectory() as name,
        redis_server(Path(name)) as redis_url,
    ):
        folder, database_url = Path(name), f"{url}/postgres"
        migrate(database_url)
        database = Database(database_url)
        shop = add_shop(database, "lindenholz.myshopify.com")
        add_shop(database, "noise.myshopify.com")
        moment = next_working_morning()
        set_business_time(folder, moment)
        began = time.monotonic()
        with house_of(database, database_url, redis_url, shop, folder) as house:
            switch_on_notices(house, moment - timedelta(days=2))
            result = live_through(house, plan_day(PARCELS, moment), random.Random(20261122), SECONDS)
        database.dispose()
    result["seconds"] = round(time.monotonic() - began)
    report = Path(".danke/bench-day-of-parcels.json")
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps(result, indent=1), encoding="utf-8")
    shown = {name: len(found) if isinstance(found, list) else found for name, found in result.items()}
    print(f"a day of parcels: {shown}")


if __name__ == "__main__":
    main()
