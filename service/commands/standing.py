"""How a shop stands, for the command line: import, computation, publication."""

import json
from dataclasses import asdict

from service.kit.database import Database
from service.purchases.queries import import_status
from service.recommendations.queries import figures
from service.recommendations.work_kinds import REBUILD
from service.shops.queries import installed_shop
from service.storefront.queries import count_published
from service.storefront.work_kinds import PUBLISH
from service.work.states import work_state


def standing_of(database: Database, domain: str) -> str:
    """JSON with `import` (one entry a kind), `compute`, `publish` and `figures`; raises NotFound."""
    shop = installed_shop(database, domain)
    with database.reading(shop.id) as unit:
        standing = {
            "import": [asdict(status) for status in import_status(unit)],
            "compute": asdict(work_state(unit, REBUILD)),
            "publish": asdict(work_state(unit, PUBLISH)),
            "figures": asdict(figures(unit)) | {"published_values": count_published(unit)},
        }
    return json.dumps(standing, default=str)
