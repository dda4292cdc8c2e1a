"""Publish what is the same for everybody to Shopify, so that Liquid draws it without asking us.

Only what differs from what was written last is written, 25 values a call, and no unit is open meanwhile. Values and
their owners are those of the table of published values.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from service.kit import clock
from service.kit.database import Unit
from service.kit.failures import Failure
from service.kit.logs import log
from service.shopify.admin_graphql import AdminGraphql
from service.shopify.documents import load
from service.shopify.metafields import MetafieldIdentifier
from service.storefront.carrying_out import Tally, Turn, carry_out
from service.storefront.changes import Changes, Said, compare, on_product, orphans
from service.storefront.values import (
    SHOP_NAMESPACE,
    ProductFacts,
    ProductValues,
    PublishedValue,
    ShopValue,
    as_json,
)
from service.work import claims
from service.work.running import Run

PRODUCTS_PER_PAGE = 200
PRODUCT_SCOPE = "write_products"

_Facts = tuple[Sequence[str], ProductFacts]


def publish(run: Run, published: Sequence[PublishedValue], connect: Callable[[], AdminGraphql]) -> None:
    """Publish what changed. `connect` opens the shop's client; raises what the client raises.

    When time is up the run is paused at the next page, due at once; it goes on at the product it reached.
    """
    turn = Turn(run, connect(), Tally(**run.claim.figures))
    installation = turn.client.execute(load("current_app_installation")).data["currentAppInstallation"]
    granted = {scope["handle"] for scope in installation["accessScopes"]}
    of_shop = [one for one in published if isinstance(one, ShopValue)]
    _publish_of_shop(turn, str(installation["id"]), of_shop)
    if PRODUCT_SCOPE not in granted:
        _finish(turn, Failure("products_scope_missing"))
    elif _publish_on_products(turn, [one for one in published if isinstance(one, ProductValues)]):
        _finish(turn, Failure("publication_refused") if turn.tally.whole_call else None)
    else:
        log.info("storefront.publication_paused", shop=run.shop_id, **turn.tally.as_figures())


def _finish(turn: Turn, note: Failure | None) -> None:
    run, figures = turn.run, turn.tally.as_figures()
    seconds = run.seconds
    if run.claim.stage:  # the parts before count too
        seconds = max(seconds, (clock.now() - run.claim.started_at).total_seconds())
    with run.database.writing(run.shop_id) as unit:
        claims.finish(unit, run.claim, seconds=seconds, figures=figures, note=note)
    log.info("storefront.published", shop=run.shop_id, seconds=round(seconds, 3), **figures)


def _publish_of_shop(turn: Turn, installation_gid: str, values: Sequence[ShopValue]) -> None:
    run, claim = turn.run, turn.run.claim
    with run.noting(claim.stage or "shop", cursor=claim.cursor, done=claim.done) as unit:
        for value in values:
            value.prepare(unit)
    if claim.stage == "products":
        return
    with run.reading() as unit:
        changes = compare(unit, [_of_shop(unit, installation_gid, value) for value in values])
    carry_out(turn, changes)


def _of_shop(unit: Unit, installation_gid: str, value: ShopValue) -> Said:
    content = value.read(unit)
    identifier = MetafieldIdentifier(installation_gid, SHOP_NAMESPACE, value.key)
    return identifier, None if content is None else as_json(content)


def _publish_on_products(turn: Turn, values: Sequence[ProductValues]) -> bool:
    """False if time ran out before the last page."""
    run, claim = turn.run, turn.run.claim
    with run.reading() as unit:
        facts = [(value.keys, value.read(unit)) for value in values]
    product_ids = sorted({id_ for _, known in facts for id_ in known.product_ids})
    reached = bisect_right(product_ids, claim.cursor) if claim.stage == "products" else 0
    for start in range(reached, len(product_ids), PRODUCTS_PER_PAGE):
        page = product_ids[start : start + PRODUCTS_PER_PAGE]
        with run.reading() as unit:
            changes = compare(unit, list(_on_products(unit, facts, page)))
        carry_out(turn, changes)
        with run.noting("products", cursor=page[-1], done=start + len(page)) as unit:
            if run.is_out_of_time:
                run.pause(unit, figures=turn.tally.as_figures())
                return False
    with run.reading() as unit:
        left = [one for keys, known in facts for one in orphans(unit, keys, known.product_ids)]
    carry_out(turn, Changes(to_remove=left))
    return True


def _on_products(unit: Unit, facts: Sequence[_Facts], page: Sequence[int]) -> Iterator[Said]:
    for keys, known in facts:
        own = [product_id for product_id in page if product_id in known.product_ids]
        for product_id, values in known.values(unit, own).items():
            for key in keys:
                yield on_product(product_id, key), values.get(key)
