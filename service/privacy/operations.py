"""Carry out what people ask of their data, in every domain that keeps some."""

import json

from service.access.private_links import forget_links
from service.consents.erasure import forget_subscriptions, subscription_data
from service.experiments.operations import forget_exposures
from service.experiments.queries import exposure_data
from service.feedback.erasure import forget_voices, voices_of_orders
from service.inbox.operations import drop_given_up_payloads
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.logs import log
from service.messages.erasure import forget_notices, notice_data
from service.privacy.models import DataRequest
from service.privacy.work_kinds import ERASE
from service.purchases.erasure import Person, customer_data, forget_customer, order_ids_of
from service.purchases.order_locks import hold_orders
from service.recommendations.operations import forget_personal_list
from service.recommendations.queries import personal_list_data
from service.shops.queries import is_installed, this_shop
from service.tracking.erasure import forget_parcels_of_orders, parcels_of_orders
from service.work.operations import want

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
    """Ask for all of the shop to be erased. A shop that installed Danke again meanwhile is not."""
    shop = this_shop(unit)
    if is_installed(shop):
        log.info("privacy.shop_still_installed", shop=shop.id)
        return
    shop.erasure_requested_at = clock.now()
    want(unit, ERASE, urgent=True)
