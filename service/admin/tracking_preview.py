"""The tracking page as it would look with unsaved settings: sample orders in every state, with the shop's products."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import Schema

from service.admin.section import Viewer
from service.admin.tracking_form import TrackingSchema, read_wishes
from service.admin.typed_fields import one_of
from service.kit import clock
from service.kit.database import Unit
from service.kit.wording import LANGUAGES
from service.purchases.overview import NewProduct, newest_products
from service.shops.queries import this_shop
from service.tracking.guides import all_guides
from service.tracking.merchant_settings import Wishes, is_silent, shop_zone, tracking_settings
from service.tracking.models import TrackingSettings
from service.tracking.page.page_facts import PageViewer, ViewerKind
from service.tracking.page.page_rendering import html_of_preview
from service.tracking.page.samples import SAMPLES
from service.tracking.status import sum_up
from service.tracking.story import Item, Story

FIRST_SAMPLE = "on_the_way"
_SAMPLE_NAMES = {
    "received": "sample.received",
    "not_shipped": "sample.not_shipped",
    "unknown": "sample.unknown",
    "announced": "sample.announced",
    "on_the_way": "sample.on_the_way",
    "customs": "sample.customs",
    "out_for_delivery": "sample.out_for_delivery",
    "delayed": "sample.delayed",
    "late": "sample.late",
    "stalled": "sample.stalled",
    "attempt_failed": "sample.attempt_failed",
    "pickup": "sample.pickup",
    "your_turn": "sample.your_turn",
    "going_back": "sample.going_back",
    "refused": "sample.refused",
    "failed": "sample.failed",
    "damaged": "sample.damaged",
    "lost": "sample.lost",
    "split": "sample.split",
    "delivered": "sample.delivered",
    "delivered_after_missed_date": "sample.delivered_after_missed_date",
    "delivered_and_answered": "sample.delivered_and_answered",
    "cancelled": "sample.cancelled",
    "not_watched": "sample.not_watched",
}
_SAMPLE_PRODUCTS = 4

PreviewSchema: type[Schema] = TrackingSchema.from_dict(
    {"preview_state": one_of(*SAMPLES), "preview_language": one_of(*LANGUAGES)}, name="PreviewSchema"
)
"""The settings, with which sample is shown in which language."""


def sample_names(viewer: Viewer) -> list[tuple[str, str]]:
    """(sample, its name) in the order of an order's way."""
    return [(sample, viewer.words.text(_SAMPLE_NAMES[sample])) for sample in SAMPLES]


def preview_tracking(unit: Unit, viewer: Viewer, values: Mapping[str, Any]) -> dict[str, str]:
    """The page as a document of its own, for checked values of PreviewSchema."""
    settings = _unsaved(unit, read_wishes(values))
    return draw_preview(unit, settings, values["preview_state"], values["preview_language"])


def draw_preview(unit: Unit, settings: TrackingSettings, sample: str, language: str) -> dict[str, str]:
    """The page of a sample order as who has its private link sees it."""
    shop, now = this_shop(unit), clock.now()
    story = _with_own_products(SAMPLES[sample](now), newest_products(unit, _SAMPLE_PRODUCTS))
    silent = is_silent(settings)
    reader = PageViewer(
        kind=ViewerKind.PRIVATE,
        language=language,
        zone=shop_zone(unit),
        now=now,
        shop_name=shop.brand.get("name") or shop.name or shop.domain,
        proxy_path=shop.proxy_path,
        brand=shop.brand,
    )
    status = sum_up(story, now, is_silent=silent)
    return {"document": html_of_preview(story, status, settings, all_guides(unit), reader, is_silent=silent)}


def _unsaved(unit: Unit, wishes: Wishes) -> TrackingSettings:
    return TrackingSettings(
        shop_id=unit.shop_id,
        silent_until=tracking_settings(unit).silent_until,
        contact_email=wishes.contact_email,
        contact_phone=wishes.contact_phone,
        withdrawal_url=wishes.withdrawal_url,
        shows_products=wishes.shows_products,
        texts={language: {"faq": pairs} for language, pairs in wishes.faq.items()},
    )


def _with_own_products(story: Story, products: Sequence[NewProduct]) -> Story:
    """The sample with products of this shop in the places of its own; those that the shop lacks stay."""
    own = dict(zip(story.product_ids, products, strict=False))

    def swap(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(
            Item(
                own[item.product_id].title,
                item.quantity,
                own[item.product_id].id,
                own[item.product_id].handle,
            )
            if item.product_id in own
            else item
            for item in items
        )

    return replace(
        story,
        waiting=swap(story.waiting),
        parcels=tuple(replace(parcel, items=swap(parcel.items)) for parcel in story.parcels),
        product_ids=tuple(own[one].id if one in own else one for one in story.product_ids),
    )
