"""The tracking page's doors, inside the theme: the form, the page of a link, and the answer to a look-up.

A GET only shows: mail scanners follow links. Answers to a POST are pages, because the app proxy follows redirects by
itself.
"""

from datetime import datetime

from flask import Blueprint, Response, g, request

from service.access.order_numbers import orders_called
from service.access.private_links import known_token, order_of_mail_link, private_token
from service.access.visitors import app_proxy_visitor
from service.kit import clock
from service.kit.database import Database
from service.kit.runtime import Runtime, current
from service.kit.wording import chosen_language
from service.kit.zones import zone_named
from service.shops.guards import proxy_guard
from service.shops.models import Shop
from service.shops.theme_forms import typed_fields
from service.shops.theme_pages import answer_in_theme
from service.tracking.merchant_settings import is_silent
from service.tracking.page.drawn_pages import drawn_pages, reads_alike_until
from service.tracking.page.looking_up import look_up, send_link
from service.tracking.page.page_facts import PageViewer, ViewerKind
from service.tracking.page.page_reads import (
    ShopPage,
    mails_links,
    shop_page,
    sign_up_channels,
    story_behind_link,
)
from service.tracking.page.page_rendering import FormNotice, render_form, render_page
from service.tracking.queries import story_of
from service.tracking.status import sum_up
from service.tracking.story import Story, read_story

blueprint = Blueprint("tracking", __name__)


@blueprint.get("/proxy/track")
@proxy_guard(parameters={"t", "order", "key", "lang"})
def show_tracking() -> Response:
    """The page of a private link, of a link in Shopify's mails, or of the logged-in buyer's order; else the form."""
    given = g.proxy_parameters
    runtime = current()
    if "t" in given:
        stored = story_behind_link(runtime.database, g.shop_id, given["t"])
        return _show_linked(runtime, stored, given["t"]) if stored else _show_form(FormNotice.ENDED)
    if "key" in given:
        order_id = _order_of_mail(runtime, given.get("order", ""), given["key"])
        return _show_order(runtime, order_id) if order_id else _show_form(FormNotice.ENDED)
    order_id = _own_order(runtime.database, given.get("order", ""))
    return _show_order(runtime, order_id) if order_id else _show_form()


@blueprint.post("/proxy/track")
@proxy_guard(parameters={"lang"})
def answer_look_up() -> Response:
    """What may be told to whoever knows an order's number and e-mail address, or a link to that address."""
    runtime, typed = current(), typed_fields()
    number, email = typed.get("order", ""), typed.get("email", "")
    visitor = app_proxy_visitor(
        request.headers.get("X-Forwarded-For", ""), request.remote_addr or "", runtime.settings.proxy_hops
    )
    if typed.get("action") == "mail" and mails_links(runtime.settings):
        with runtime.database.writing(g.shop_id) as unit:
            send_link(unit, runtime.cipher, number, email, visitor)
        return _show_form(FormNotice.SENT, number)
    with runtime.database.writing(g.shop_id) as unit:
        order_id = look_up(unit, runtime.cipher, number, email, visitor)
        story = story_of(unit, order_id) if order_id else None
    if story is None:
        return _show_form(FormNotice.NOTHING, number)
    return answer_in_theme(_draw(runtime, story, ViewerKind.ANONYMOUS, None))


def _order_of_mail(runtime: Runtime, number: str, key: str) -> int | None:
    with runtime.database.reading(g.shop_id) as unit:
        return order_of_mail_link(unit, runtime.cipher, number, key)


def _own_order(database: Database, number: str) -> int | None:
    """The order of that number if the logged-in customer placed it."""
    if g.customer_id is None or not number:
        return None
    with database.reading(g.shop_id) as unit:
        orders = orders_called(unit, number)
    return next((order.id for order in orders if order.customer_id == g.customer_id), None)


def _show_order(runtime: Runtime, order_id: int) -> Response:
    with runtime.database.reading(g.shop_id) as unit:
        story, token = story_of(unit, order_id), known_token(unit, runtime.cipher, order_id)
    if story is None:
        return _show_form(FormNotice.ENDED)
    if token is None:
        # the page's forms need the link that this reader is entitled to; nothing else comes of it
        with runtime.database.writing(g.shop_id) as unit:
            token = private_token(unit, runtime.cipher, order_id)
    return answer_in_theme(_draw(runtime, story, ViewerKind.PRIVATE, token))


def _show_linked(runtime: Runtime, stored: str, token: str) -> Response:
    page = shop_page(runtime.database, g.shop_id)
    shop: Shop = g.shop
    drawn_from = (
        *(g.shop_id, shop.locale, shop.time_zone, shop.name, repr(shop.brand), page.stamp),
        *(g.proxy_path, g.proxy_parameters.get("lang"), token, hash(stored), is_silent(page.settings)),
    )

    def draw() -> tuple[str, datetime]:
        story = read_story(stored)
        until = reads_alike_until(story, clock.now(), zone_named(shop.time_zone))
        return _draw(runtime, story, ViewerKind.PRIVATE, token), until

    return answer_in_theme(drawn_pages.find_or_draw(drawn_from, clock.now(), draw))


def _draw(runtime: Runtime, story: Story, kind: ViewerKind, token: str | None) -> str:
    page = shop_page(runtime.database, g.shop_id)
    now, is_quiet = clock.now(), is_silent(page.settings)
    viewer = _viewer(runtime, page, now, kind, token, story.locale)
    status = sum_up(story, now, is_silent=is_quiet)
    return render_page(story, status, page.settings, page.guides, viewer, is_silent=is_quiet)


def _show_form(notice: FormNotice | None = None, number: str | None = None) -> Response:
    runtime = current()
    page = shop_page(runtime.database, g.shop_id)
    viewer = _viewer(runtime, page, clock.now(), ViewerKind.ANONYMOUS, None, None)
    typed = g.proxy_parameters.get("order", "") if number is None else number
    return answer_in_theme(render_form(page.settings, viewer, typed[:64], notice))


def _viewer(
    runtime: Runtime,
    page: ShopPage,
    now: datetime,
    kind: ViewerKind,
    token: str | None,
    order_locale: str | None,
) -> PageViewer:
    shop: Shop = g.shop
    return PageViewer(
        kind=kind,
        language=_language(order_locale or shop.locale),
        zone=zone_named(shop.time_zone),
        now=now,
        shop_name=shop.brand.get("name") or shop.name or shop.domain,
        proxy_path=g.proxy_path,
        brand=shop.brand,
        token=token,
        channels=sign_up_channels(runtime.settings, page) if kind is ViewerKind.PRIVATE else (),
        mails_links=mails_links(runtime.settings),
    )


def _language(locale: str | None) -> str:
    asked = g.proxy_parameters.get("lang")
    if asked is None and request.method == "POST":
        asked = typed_fields().get("lang")
    return chosen_language(asked, locale)
