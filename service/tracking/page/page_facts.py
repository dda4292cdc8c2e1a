"""From a story to what stands on its page. What strangers may not see is never put together for them.

Who knows only number and e-mail address sees state, date, steps and carrier's name: no items, no tracking number, no
carrier's own words (a place or a name may stand in them), and nothing that would tell what was bought.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, Protocol

from service.tracking.page.contact_facts import Contact, safe_link
from service.tracking.page.parcel_facts import ParcelFacts, parcel_facts
from service.tracking.page.wording import (
    Wording,
    answer_sentence,
    date_sentence,
    knowledge_sentence,
    missed_sentence,
    next_sentence,
)
from service.tracking.status import State, Status, may_ask_for_thanks, shows_products
from service.tracking.story import Story

MOODS = ("good", "okay", "bad")
REASONS = ("late", "damaged", "wrong_item", "wrong_address", "other")
_MOST_SUGGESTED_FOR = 50
_TONE = {
    **dict.fromkeys((State.DELIVERED, State.AT_PICKUP_POINT), "here"),
    **dict.fromkeys((State.RECEIVED, State.ANNOUNCED, State.UNKNOWN, State.NOT_WATCHED), "wait"),
    **dict.fromkeys((State.ON_THE_WAY, State.CUSTOMS, State.OUT_FOR_DELIVERY), "way"),
    State.PARTLY_DELIVERED: "way",
}
"""All other states need care."""
_NO_SIGN_UP = frozenset(
    {
        *(State.DELIVERED, State.CANCELLED, State.LOST, State.DAMAGED, State.REFUSED, State.FAILED),
        State.GOING_BACK,
        State.NOT_WATCHED,
    }
)


class ViewerKind(StrEnum):
    """Who looks: somebody who knows number and e-mail address, or who has a link or is logged in as the buyer."""

    ANONYMOUS = "anonymous"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class PageViewer:
    """The reader and the shop around the page.

    `token` is that of the private link (private viewers only); `channels` are the ways in which notices may be asked
    for (email, sms, whatsapp), none while the merchant sends none.
    """

    kind: ViewerKind
    language: str
    zone: tzinfo
    now: datetime
    shop_name: str
    proxy_path: str
    brand: Mapping[str, Any]
    token: str | None = None
    channels: tuple[str, ...] = ()
    mails_links: bool = False

    @property
    def is_private(self) -> bool:
        """Whether items, numbers and the carrier's words may be shown."""
        return self.kind is ViewerKind.PRIVATE


class GuideText(Protocol):
    """A guide of the merchant's (`Guide` has it)."""

    product_id: int | None
    moment: str
    language: str
    title: str
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class GuideFacts:
    """A guide of the merchant's: own words in paragraphs, a link, or both."""

    title: str
    paragraphs: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class PageFacts:
    """All that the template says of one order."""

    order: str
    tone: str
    answer: str
    date: str
    missed: str | None
    known: str
    pieces: str | None
    next: str
    parcels: tuple[ParcelFacts, ...]
    guides_heading: str
    guides: tuple[GuideFacts, ...]
    asks_mood: bool
    mood: str | None
    thanked: bool
    channels: tuple[str, ...]
    suggest_for: str | None


def page_facts(
    story: Story,
    status: Status,
    settings: Contact,
    guides: Sequence[GuideText],
    viewer: PageViewer,
    *,
    is_silent: bool,
) -> PageFacts:
    """What `viewer` may read of the order."""
    words = Wording(viewer.language, viewer.zone, viewer.now)
    is_private = viewer.is_private
    has_token = is_private and viewer.token is not None
    shown_guides = _guides(story, status, guides, viewer.language) if is_private else ()
    return PageFacts(
        order=story.name,
        tone=_TONE.get(status.state, "care"),
        answer=answer_sentence(words, status.state, status.parcel),
        date=date_sentence(words, status, story.cancelled_at),
        missed=missed_sentence(words, status),
        known=knowledge_sentence(words, status.known_at) if status.parcel else "",
        pieces=_pieces(words, status) if is_private else None,
        next=next_sentence(words, status.state, status.parcel),
        parcels=parcel_facts(words, story, is_private=is_private, is_silent=is_silent),
        guides_heading=words.text(f"guides.{_moment(status)}"),
        guides=shown_guides,
        asks_mood=has_token and may_ask_for_thanks(status),
        mood=story.mood,
        thanked=story.thanked,
        channels=viewer.channels if has_token and status.state not in _NO_SIGN_UP else (),
        suggest_for=_suggest_for(story, status, settings, is_private=is_private),
    )


def _pieces(words: Wording, status: Status) -> str | None:
    if len({status.pieces, status.pieces_here, 0}) < 3:
        return None
    key = "pieces.one" if status.pieces_here == 1 else "pieces"
    return words.text(key, here=status.pieces_here, all=status.pieces)


def _moment(status: Status) -> str:
    return "first_use" if status.state is State.DELIVERED else "waiting"


def _guides(
    story: Story, status: Status, guides: Sequence[GuideText], language: str
) -> tuple[GuideFacts, ...]:
    moment = _moment(status)
    return tuple(
        GuideFacts(guide.title, tuple(filter(None, guide.text.splitlines())), safe_link(guide.url))
        for guide in guides
        if guide.language == language
        and guide.moment == moment
        and (guide.product_id is None or guide.product_id in story.product_ids)
    )


def _suggest_for(story: Story, status: Status, settings: Contact, *, is_private: bool) -> str | None:
    """Product ids to suggest beside, an empty text for what is popular, None for no suggestions at all."""
    if not settings.shows_products or not shows_products(status):
        return None
    return ",".join(map(str, story.product_ids[:_MOST_SUGGESTED_FOR])) if is_private else ""
