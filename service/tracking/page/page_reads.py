"""What a page needs from the database, read as seldom as possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select

from service.access.models import PrivateLink
from service.access.private_links import hash_token, is_token
from service.consents.addresses import Channel
from service.consents.channels import usable_channels
from service.kit import clock
from service.kit.columns import Base
from service.kit.database import Database
from service.kit.memory import Memory
from service.kit.prepared_reads import PreparedRead
from service.messages.queries import sends_notices
from service.settings import Settings
from service.tracking.guides import all_guides
from service.tracking.merchant_settings import tracking_settings
from service.tracking.models import Guide, OrderStory, TrackingSettings
from service.tracking.queries import story_of
from service.tracking.story import write_story

_links = PrivateLink.__table__
_stories = OrderStory.__table__
_REMEMBER_SECONDS = 5.0
_MOST_REMEMBERED = 10_000

_READ_LINK = PreparedRead(
    select(_links.c.order_id, _links.c.expires_at, _stories.c.story)
    .select_from(
        _links.outerjoin(
            _stories, (_stories.c.shop_id == _links.c.shop_id) & (_stories.c.order_id == _links.c.order_id)
        )
    )
    .where(_links.c.shop_id == bindparam("shop"), _links.c.token_hash == bindparam("hash"))
)


def story_behind_link(database: Database, shop_id: int, token: str) -> str | None:
    """The story that a private link shows, as it is stored; None where the link was never given, has ended or was
    revoked."""
    row = _READ_LINK.first(database, shop_id, hash=hash_token(token)) if is_token(token) else None
    if row is None or _as_moment(row[1]) <= clock.now():
        return None
    if row[2] is not None:
        text: str = row[2]
        return text
    with database.reading(shop_id) as unit:
        story = story_of(unit, row[0])
    return write_story(story) if story else None


@dataclass(frozen=True, slots=True)
class ShopPage:
    """What a merchant set about the page, and whether notices can be asked for; `stamp` tells versions apart."""

    settings: TrackingSettings
    guides: Sequence[Guide]
    sends_notices: bool
    stamp: int


def shop_page(database: Database, shop_id: int) -> ShopPage:
    """Settings and guides, remembered for a few seconds; what a merchant changes shows within that time."""
    return _shop_pages.find((database, shop_id), lambda: _read_shop_page(database, shop_id))


def _read_shop_page(database: Database, shop_id: int) -> ShopPage:
    with database.reading(shop_id) as unit:
        has_notices = sends_notices(unit)
        settings, guides = tracking_settings(unit), all_guides(unit)
        stamp = hash((has_notices, *map(_columns, (settings, *guides))))
        page = ShopPage(settings, guides, has_notices, stamp)
        unit.session.expunge_all()
    return page


_shop_pages: Memory[tuple[Database, int], ShopPage] = Memory(_MOST_REMEMBERED, _REMEMBER_SECONDS)


def sign_up_channels(settings: Settings, page: ShopPage) -> tuple[str, ...]:
    """In which ways this installation can send notices, if the shop sends any."""
    return usable_channels(settings) if page.sends_notices else ()


def mails_links(settings: Settings) -> bool:
    """Whether this installation can mail private links."""
    return Channel.EMAIL in usable_channels(settings)


def _columns(row: Base) -> str:
    return repr([getattr(row, column.name) for column in row.__table__.columns])


def _as_moment(stored: Any) -> datetime:
    """SQLite gives the text of a time, PostgreSQL the time."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
