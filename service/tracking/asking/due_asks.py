"""Which parcels of a shop are to be asked for, of whom, and who of several workers takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select

from service.kit import clock
from service.kit.crypto import Cipher, UnreadableSecret
from service.kit.database import Unit
from service.kit.logs import log
from service.kit.wording import language_of
from service.shops.models import Shop
from service.shops.queries import installed_shop_ids, this_shop
from service.tracking.asking.ask_times import NO_NEWS_ENDS_AFTER, OFTEN
from service.tracking.asking.source_models import SourceAccount
from service.tracking.merchant_settings import shop_zone
from service.tracking.models import Fulfillment, Parcel
from service.tracking.sources.numbers import canonical_carrier
from service.tracking.sources.source import AskedSource, Question
from service.tracking.sources.table import ASKED
from service.tracking.stages import ENDED, Stage

QUEUE = "carriers"
CLAIM = timedelta(minutes=10)
"""How long a claimed parcel is left to whoever claimed it."""
PARCELS_PER_CLAIM = 10


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """A source that is switched on. Of the `carriers` (codes; None = all) it leaves out those that a source before it
    asks for (`others`). The key is in the clear: never store or show one of these."""

    source: AskedSource
    key: str
    carriers: frozenset[str] | None
    others: frozenset[str]
    paused_until: datetime | None

    def serves(self) -> ColumnElement[bool]:
        """WHERE of the parcels that this account asks for."""
        if self.carriers is not None:
            return Parcel.carrier.in_(self.carriers - self.others)
        return or_(Parcel.carrier.is_(None), Parcel.carrier.not_in(self.others))


@dataclass(frozen=True, slots=True)
class Claim:
    """A parcel that nobody else asks for now."""

    parcel_id: int
    question: Question


def shops_with_due_asks(unit: Unit) -> list[int]:
    """Ids of the installed shops in which a source may be asked now (a unit across shops)."""
    now = clock.now()
    due = exists().where(Parcel.shop_id == SourceAccount.shop_id, Parcel.next_ask_at <= now)
    statement = (
        select(SourceAccount.shop_id)
        .where(
            SourceAccount.is_on.is_(True),
            or_(SourceAccount.paused_until.is_(None), SourceAccount.paused_until <= now),
            SourceAccount.shop_id.in_(installed_shop_ids(unit)),
            due,
        )
        .distinct()
    )
    return list(unit.session.scalars(statement.order_by(SourceAccount.shop_id)))


def has_due_asks(unit: Unit) -> bool:
    """Whether any source of any shop may be asked now (a unit across shops)."""
    return bool(shops_with_due_asks(unit))


def shops_with_accounts(unit: Unit) -> list[int]:
    """Ids of the installed shops that ask any source (a unit across shops)."""
    statement = select(SourceAccount.shop_id).join(Shop, Shop.id == SourceAccount.shop_id)
    wanted = statement.where(SourceAccount.is_on.is_(True), Shop.id.in_(installed_shop_ids(unit)))
    return list(unit.session.scalars(wanted.distinct().order_by(SourceAccount.shop_id)))


def open_accounts(unit: Unit, cipher: Cipher) -> list[OpenAccount]:
    """The shop's accounts that are switched on, in the order in which they are asked, paused ones too."""
    stored = {row.source: row for row in unit.session.scalars(unit.select(SourceAccount))}
    opened: list[OpenAccount] = []
    for source in ASKED:
        row = stored.get(source.code)
        if row is None or not row.is_on or row.key_encrypted is None:
            continue
        try:
            key = cipher.decrypt(row.key_encrypted)
        except UnreadableSecret:
            log.error("tracking.unreadable_key", shop=unit.shop_id, source=source.code)
            continue
        others = frozenset(code for each in opened for code in each.carriers or ())
        opened.append(OpenAccount(source, key, source.carriers_of(key), others, row.paused_until))
    return opened


def schedule_asks(unit: Unit, cipher: Cipher) -> None:
    """Make due what a source can be asked for and nobody asks yet; forget dates of what no source serves.

    A parcel that somebody else reports to be out for delivery is asked for within two hours.
    """
    accounts = open_accounts(unit, cipher)
    now = clock.now()
    served = or_(*(account.serves() for account in accounts)) if accounts else None
    if served is not None:
        with_number = unit.select(Fulfillment.id).where(Fulfillment.tracking_number.is_not(None))
        open_now = and_(
            Parcel.stage.not_in([stage.value for stage in ENDED]),
            Parcel.shipped_at > now - 2 * NO_NEWS_ENDS_AFTER,
            Parcel.id.in_(with_number),
            served,
        )
        _set_next_ask(unit, now, and_(Parcel.next_ask_at.is_(None), open_now))
        soon = and_(Parcel.stage == Stage.OUT_FOR_DELIVERY.value, Parcel.ask_failures == 0)
        _set_next_ask(unit, now + OFTEN, and_(Parcel.next_ask_at > now + OFTEN, soon, served))
        unit.ring(QUEUE)
    unserved = Parcel.next_ask_at <= now
    _set_next_ask(unit, None, unserved if served is None else and_(unserved, ~served))


def claim_due(unit: Unit, account: OpenAccount, most: int = PARCELS_PER_CLAIM) -> list[Claim]:
    """Take up to `most` due parcels of the account, those that are due longest first, by moving their date ahead.
    None while it is paused."""
    now = clock.now()
    if account.paused_until is not None and account.paused_until > now:
        return []
    chosen = (
        unit.select(Parcel)
        .where(Parcel.next_ask_at <= now, account.serves())
        .order_by(Parcel.next_ask_at, Parcel.id.desc())
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = [parcel.id for parcel in unit.session.scalars(chosen)]
    if not ids:
        return []
    _set_next_ask(unit, now + CLAIM, Parcel.id.in_(ids))
    return _claims(unit, ids)


def release(unit: Unit, claims: Sequence[Claim], moment: datetime) -> None:
    """Give claimed parcels back unasked; they are due at `moment`."""
    _set_next_ask(unit, moment, Parcel.id.in_([claim.parcel_id for claim in claims]))


def postpone(unit: Unit, account: OpenAccount, until: datetime) -> None:
    """Nothing of this account is due before `until`."""
    _set_next_ask(unit, until, and_(Parcel.next_ask_at < until, account.serves()))


def _claims(unit: Unit, ids: Sequence[int]) -> list[Claim]:
    zone: ZoneInfo = shop_zone(unit)
    language = language_of(this_shop(unit).locale)
    parcels = unit.session.scalars(unit.select(Fulfillment).where(Fulfillment.id.in_(ids)))
    return [
        Claim(
            parcel.id,
            Question(
                parcel.tracking_number,
                canonical_carrier(parcel.tracking_company, parcel.tracking_number),
                zone,
                language,
            ),
        )
        for parcel in parcels
        if parcel.tracking_number
    ]


def _set_next_ask(unit: Unit, moment: datetime | None, where: ColumnElement[bool]) -> None:
    unit.change(
        unit.update(Parcel)
        .where(where)
        .values(next_ask_at=moment)
        .execution_options(synchronize_session=False)
    )
