"""Answers of the embedded page: documents for people, HTML and JSON for its script."""

from collections.abc import Sequence

from flask import g, jsonify, request
from flask.typing import ResponseReturnValue

from service.admin.addresses import bounce_address
from service.admin.catalogue import words_for
from service.admin.guards import BOUNCED, TokenNeverAccepted, is_fetch
from service.admin.rendering import render, render_document, render_section
from service.admin.section import Section, View, Viewer
from service.kit.errors import DankeError, NotFound, Unavailable
from service.kit.logs import log
from service.kit.runtime import current
from service.shopify.access_tokens import ClientRefused, InvalidSubjectToken
from service.shopify.errors import ShopifyRefused, ShopifyUnavailable
from service.shops.models import Shop
from service.shops.queries import this_shop
from service.shops.scopes import missing_scopes

_EXPLANATIONS: tuple[tuple[type[DankeError], str], ...] = (
    (TokenNeverAccepted, "error.token"),
    (InvalidSubjectToken, "error.token"),
    (ClientRefused, "error.client"),
    (ShopifyUnavailable, "error.shopify_away"),
    (ShopifyRefused, "error.shopify_refused"),
    (Unavailable, "error.shopify_away"),
    (NotFound, "error.not_found"),
)


def viewer_of(shop: Shop | None) -> Viewer:
    """Who looks: in the language of the admin (`locale`), else the shop's; in the shop's time zone."""
    locale = request.args.get("locale") or (shop.locale if shop else None)
    words = words_for(locale, shop.time_zone if shop else None)
    runtime = current()
    return Viewer(words, runtime.settings, runtime.cipher, request.args.to_dict())


def answer_page(sections: Sequence[Section], navigation: Sequence[Section]) -> ResponseReturnValue:
    """These sections as a document, or as its `main` for a fetch."""
    with current().database.reading(g.shop_id) as unit:
        shop = this_shop(unit)
        viewer = viewer_of(shop)
        views = [(section, section.read(unit, viewer)) for section in sections]
    words, is_alone = viewer.words, len(sections) == 1
    facts = {
        "shop_name": shop.name or shop.domain,
        "heading": words.text(sections[0].title if is_alone else "page.heading"),
        "is_alone": is_alone,
        "missing_scopes": sorted(missing_scopes(shop.scopes)),
        "needs": _needs(views),
        "sections": [render_section(section, view, words, is_alone=is_alone) for section, view in views],
    }
    if is_fetch():
        return str(render("main.html", words, **facts))
    return str(render_document("main.html", words, viewer.settings, navigation=navigation, **facts))


def answer_error(error: DankeError) -> ResponseReturnValue:
    """JSON for a fetch; for a person a page that says what happened and what to do."""
    if is_fetch():
        return jsonify({"code": int(error.status), "message": str(error)}), int(error.status)
    log.warning("admin.error_page", error=str(error), kind=type(error).__name__)
    viewer = viewer_of(None)
    query = {name: value for name, value in request.args.items() if name != BOUNCED}
    document = render_document(
        "error.html",
        viewer.words,
        viewer.settings,
        navigation=(),
        heading=viewer.words.text("error.heading"),
        explanation=viewer.words.text(_explanation(error)),
        again=bounce_address(request.path, query),
    )
    return str(document), int(error.status)


def _needs(views: Sequence[tuple[Section, View]]) -> list[tuple[str, str]]:
    return [(section.key, need) for section, view in views for need in view.needs]


def _explanation(error: DankeError) -> str:
    return next((key for kind, key in _EXPLANATIONS if isinstance(error, kind)), "error.unexpected")
