"""Carry out what people ask of their data, in every domain that keeps some."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, delete

from service.access.private_links import forget_links
from service.consents.erasure import forget_subscriptions, subscription_data
from service.experiments.operations import forget_exposures
from service.experiments.queries import exposure_data
from service.feedback.erasure import forget_voices, voices_of_orders
from service.inbox.operations import drop_given_up_payloads
from service.kit import clock
from service.kit.columns import Base
from service.kit.crypto import Cipher
from service.kit.database import Database, Unit
from service.kit.logs import log
from service.messages.erasure import forget_notices, notice_data
from service.privacy.models import DataRequest
from service.privacy.queries import shops_to_erase
from service.purchases.erasure import Person, customer_data, forget_customer, order_ids_of
from service.purchases.order_locks import hold_orders
from service.recommendations.operations import forget_personal_list
from service.recommendations.queries import personal_list_data
from service.shops.models import Shop
from service.shops.queries import is_installed, locked_shop, this_shop
from service.tracking.erasure import forget_parcels_of_orders, parcels_of_orders

_ROWS_PER_UNIT = 5_000


def answer_data_request(unit: Unit, cipher: Cipher, request_id: int, person: Person) -> None:
    """Put together all that is stored about the person; the merchant finds it on the admin page."""
    order_ids = order_ids_of(unit, cipher, person)
    report = {
        **customer_data(unit, cipher, person),
        "parcels": parcels_of_orders(unit, order_ids),
        "notices": notice_data(unit, order_ids),
        "subscriptions": subscription_data(unit, cipher, order_ids, email=person.email, phone=person.phone),
        "voices": voices_of_orders(unit, cipher, order_ids),
        "recommendations": personal_list_data(unit, person.customer_id),
        "shown": exposure_data(unit, person.customer_id),
    }
    row = {
        "shop_id": unit.shop_id,
        "id": request_id,
        "customer_id": person.customer_id,
        "requested_at": clock.now(),
        "report": cipher.encrypt(json.dumps(report, ensure_ascii=False)),
    }
    unit.upsert(DataRequest, [row])


def erase_person(unit: Unit, cipher: Cipher, person: Person) -> None:
    """Erase a person everywhere; purchases stay as rows about nobody (see data_map)."""
    order_ids = order_ids_of(unit, cipher, person)
    hold_orders(unit, order_ids)
    forget_parcels_of_orders(unit, order_ids)
    forget_notices(unit, order_ids)
    forget_subscriptions(unit, cipher, order_ids, email=person.email, phone=person.phone)
    forget_voices(unit, order_ids)
    forget_links(unit, cipher, order_ids)
    if person.customer_id is not None:
        # marks of customers before marks of products: the order in which orders lock them
        forget_personal_list(unit, person.customer_id)
    forget_customer(unit, cipher, person)
    if person.customer_id is not None:
        forget_exposures(unit, person.customer_id)
        unit.change(unit.delete(DataRequest).where(DataRequest.customer_id == person.customer_id))
    drop_given_up_payloads(unit)


def request_shop_erasure(unit: Unit) -> None:
    """Note that the shop must be erased; the work is done in pieces by `erase_requested_shops`.

    A shop that installed Danke again meanwhile is not erased.
    """
    shop = this_shop(unit)
    if is_installed(shop):
        log.info("privacy.shop_still_installed", shop=shop.id)
        return
    shop.erasure_requested_at = clock.now()
    unit.ring("rebuilds")


def erase_requested_shops(database: Database) -> int:
    """Erase all rows of every shop for which that was requested; returns how many shops."""
    with database.across_shops("find shops to erase") as unit:
        shop_ids = shops_to_erase(unit)
    return sum(_try_to_erase(database, shop_id) for shop_id in shop_ids)


def _try_to_erase(database: Database, shop_id: int) -> bool:
    try:
        _erase_shop(database, shop_id)
    except Exception as error:
        # asked for again with the next ring; other shops must not wait for it
        log.error("privacy.erasure_failed", shop=shop_id, exc_info=error)
        return False
    return True


def _erase_shop(database: Database, shop_id: int) -> None:
    for table in tables_of_shops():
        while _delete_some(database, shop_id, table):
            pass
    with database.writing(shop_id) as unit:
        _require_erasure(unit)
        unit.change(delete(Shop).where(Shop.id == shop_id))
    log.info("privacy.shop_erased", shop=shop_id)


def _require_erasure(unit: Unit) -> None:
    if locked_shop(unit).erasure_requested_at is None:
        raise LookupError("the shop installed Danke again")


def tables_of_shops() -> Iterator[Table]:
    """Every table that belongs to shops, those that others refer to last."""
    return (table for table in reversed(Base.metadata.sorted_tables) if "shop_id" in table.c)


def _delete_some(database: Database, shop_id: int, table: Table) -> bool:
    own_key: list[Any] = [column for column in table.primary_key if column.name != "shop_id"]
    with database.writing(shop_id) as unit:
        _require_erasure(unit)
        statement = unit.delete(table)
        if own_key:
            some = unit.select(own_key[0]).limit(_ROWS_PER_UNIT)
            statement = statement.where(own_key[0].in_(some))
        return unit.change(statement) > 0
