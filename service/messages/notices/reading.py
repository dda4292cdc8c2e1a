"""Read a notice again right before it is sent: whether it is still wanted, by whom, and what it needs to say."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from service.access.private_links import private_link, shop_url
from service.consents.addresses import Channel
from service.consents.queries import has_stopped, subscriber
from service.consents.stop_tokens import make_stop_token
from service.kit import clock
from service.kit.crypto import Cipher
from service.kit.database import Unit
from service.kit.runtime import Runtime
from service.kit.wording import language_of
from service.messages.models import MessageSettings, Notice
from service.messages.notices.deciding import (
    BUYER,
    EFFECT_KINDS,
    HANDED,
    WAITING,
    due_from,
    notice_keys,
    on_since,
)
from service.messages.notices.letters import Setting
from service.messages.notices.rules import SHOPIFY_SENDS_TOO, NoticeKind, is_graver
from service.messages.notices.settings import current_text
from service.messages.notices.texts import Text
from service.messages.queries import shop_name
from service.messages.recipient_clock import zone_of
from service.outbox.delivery import Effect, NoLongerWanted, NotNow
from service.outbox.models import EffectState
from service.outbox.queries import states_of
from service.purchases.models import Order
from service.shops.models import Shop
from service.shops.queries import is_installed, this_shop

STOP_PAGE = "track/stop"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice that may leave now: to which address, with which text and facts."""

    kind: NoticeKind
    address: str
    text: Text
    facts: dict[str, str | None]
    setting: Setting
    reply_to: str | None


def read_notice(unit: Unit, runtime: Runtime, effect: Effect, channel: Channel) -> Outgoing:
    """What `effect` is to say to whom (a writing unit: the order's private link may have to be made).

    Raises NoLongerWanted where something made it wrong, and NotNow where it only has to wait.
    """
    cipher = runtime.cipher
    shop, settings, notice = _read_rows(unit, effect)
    kind = NoticeKind(notice.kind)
    _check_order_of_notices(unit, notice)
    order = _read_order(unit, notice.order_id)
    address, language = _recipient(unit, cipher, effect, channel, settings, order, shop)
    due_at = due_from(unit, settings, kind, notice.facts.get("country"), clock.now())
    if due_at > clock.now():
        raise NotNow(
            f"it is quiet where the recipient lives until {due_at:%Y-%m-%d %H:%M} UTC", code="quiet_hours"
        )
    stop_token = make_stop_token(cipher, unit.shop_id, order.id, channel, address)
    address_of_shop = shop_url(runtime.settings, shop)
    setting = Setting(
        language=language,
        order_name=order.name,
        shop_name=shop_name(shop),
        brand=shop.brand,
        signed_by=settings.signed_by,
        can_reply=settings.reply_to is not None,
        to=effect.details["to"],
        link=address_of_shop + private_link(unit, cipher, order.id),
        stop_link=f"{address_of_shop}{shop.proxy_path}/{STOP_PAGE}?s={stop_token}",
        today=clock.now().astimezone(_zone(shop, notice)).date(),
    )
    text = current_text(unit, kind, language)
    return Outgoing(kind, address, text, notice.facts, setting, settings.reply_to)


def _read_rows(unit: Unit, effect: Effect) -> tuple[Shop, MessageSettings, Notice]:
    shop = this_shop(unit)
    settings = unit.session.get(MessageSettings, unit.shop_id)
    kind = NoticeKind(effect.details["kind"])
    if not is_installed(shop) or settings is None or on_since(settings, kind) is None:
        raise NoLongerWanted("switched off")
    if kind in SHOPIFY_SENDS_TOO and settings.shopify_off_confirmed_at is None:
        raise NoLongerWanted("Shopify tells this itself again")
    key = (unit.shop_id, effect.details["order_id"], effect.details["parcel_id"], kind.value)
    notice = unit.session.get(Notice, key)
    if notice is None or notice.state != HANDED:
        raise NoLongerWanted(f"the notice was {notice.state if notice else 'erased'}")
    return shop, settings, notice


def _check_order_of_notices(unit: Unit, notice: Notice) -> None:
    statement = unit.select(Notice.kind, Notice.state).where(
        Notice.order_id == notice.order_id,
        Notice.parcel_id == notice.parcel_id,
        Notice.kind != notice.kind,
    )
    others = {NoticeKind(row.kind): row.state for row in unit.session.execute(statement)}
    kind = NoticeKind(notice.kind)
    if any(is_graver(other, kind) and state in {WAITING, HANDED} for other, state in others.items()):
        raise NoLongerWanted("something graver is told")
    if not others:
        return
    states = states_of(
        unit, EFFECT_KINDS.values(), notice_keys(notice.order_id, notice.parcel_id, others)
    ).values()
    if any(EffectState.HANDING_OVER in each for each in states):
        raise NotNow("another notice of this parcel is being handed over", code="waits_for_another")


def _read_order(unit: Unit, order_id: int) -> Order:
    order = unit.session.get(Order, (unit.shop_id, order_id))
    if order is None or order.cancelled_at or order.deleted_at or order.is_test:
        raise NoLongerWanted("the order is gone, cancelled or a test")
    return order


def _recipient(
    unit: Unit,
    cipher: Cipher,
    effect: Effect,
    channel: Channel,
    settings: MessageSettings,
    order: Order,
    shop: Shop,
) -> tuple[str, str]:
    signed_up = subscriber(unit, cipher, order.id, channel)
    if effect.details["to"] != BUYER:
        if signed_up is None:
            raise NoLongerWanted("nobody is signed up any more")
        return signed_up.address, signed_up.language
    if not settings.notices_to_all or order.email_encrypted is None:
        raise NoLongerWanted("the order has no address any more, or not every buyer is told")
    address = cipher.decrypt(order.email_encrypted)
    if signed_up is not None and signed_up.address.lower() == address.lower():
        raise NoLongerWanted("this address is signed up and gets the notice as such")
    if has_stopped(unit, cipher, channel, address):
        raise NoLongerWanted("this address wants no more messages")
    return address, language_of(order.customer_locale or shop.locale)


def _zone(shop: Shop, notice: Notice) -> ZoneInfo:
    return zone_of(notice.facts.get("country"), shop.time_zone)
