"""Doors of the embedded page: documents for the frame, fetches for its script."""

from http import HTTPStatus

from flask import Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from service.admin import assets, notice_doors, tracking_doors
from service.admin.addresses import is_own_path
from service.admin.answers import answer_page, viewer_of
from service.admin.forms import read_form
from service.admin.guards import page_guard
from service.admin.page_blueprint import page_blueprint
from service.admin.rendering import render
from service.admin.section import Form, Section
from service.admin.sections import SECTIONS
from service.kit.errors import BadInput, NotFound
from service.kit.guards import open_to_all
from service.kit.logs import log
from service.kit.runtime import current
from service.privacy.queries import read_report
from service.recommendations.work_kinds import BACKTEST, REBUILD
from service.shops.guards import merchant_guard
from service.shops.queries import this_shop
from service.work.operations import want

pages = page_blueprint("admin")
BLUEPRINTS = (pages, tracking_doors.blueprint, notice_doors.blueprint, assets.blueprint)
_NAVIGATION = tuple(SECTIONS.values())
_LARGEST_ID = 2**63 - 1


@pages.get("/")
@page_guard()
def show_page() -> ResponseReturnValue:
    """All sections: a document, or for a fetch its `main`."""
    return answer_page(list(SECTIONS.values()), _NAVIGATION)


@pages.get("/sections/<key>")
@page_guard()
def show_section(key: str) -> ResponseReturnValue:
    """One section by itself: a document, or for a fetch its `main`."""
    return answer_page([_section(key)], _NAVIGATION)


@pages.post("/sections/<key>")
@merchant_guard()
def save_section(key: str) -> ResponseReturnValue:
    """Save a section's settings (JSON); 422 says per field what to change."""
    form = _form(key)
    values, errors = read_form(form.schema)
    with current().database.reading(g.shop_id) as unit:
        viewer = viewer_of(this_shop(unit))
        sentences = {field: viewer.words.text(text) for field, text in errors.items()}
        if not sentences and form.check is not None:
            sentences = dict(form.check(unit, viewer, values))
    if sentences:
        return jsonify({"errors": sentences}), HTTPStatus.UNPROCESSABLE_ENTITY
    with current().database.writing(g.shop_id) as unit:
        form.save(unit, viewer, values)
    return jsonify({"message": viewer.words.text(form.saved_text)})


@pages.post("/sections/<key>/preview")
@merchant_guard()
def preview_section(key: str) -> ResponseReturnValue:
    """How unsaved settings would look, as HTML; no content while they are half typed. Nothing is stored."""
    form = _form(key)
    if form.preview is None:
        raise NotFound("This section has no preview.")
    values, errors = read_form(form.preview_schema or form.schema)
    if errors:
        return "", HTTPStatus.NO_CONTENT
    with current().database.reading(g.shop_id) as unit:
        viewer = viewer_of(this_shop(unit))
        facts = form.preview(unit, viewer, values)
    return str(render(form.preview_template, viewer.words, preview=facts))


@pages.post("/rebuild")
@merchant_guard()
def compute_again() -> ResponseReturnValue:
    """Compute all recommendations of the shop again now, and publish what changed."""
    with current().database.writing(g.shop_id) as unit:
        want(unit, REBUILD, urgent=True)
        viewer = viewer_of(this_shop(unit))
    return jsonify({"message": viewer.words.text("recommendations.asked")})


@pages.post("/backtest")
@merchant_guard()
def start_backtest() -> ResponseReturnValue:
    """Measure on the shop's own past how well its recommendations would have met what people bought."""
    with current().database.writing(g.shop_id) as unit:
        want(unit, BACKTEST, urgent=True)
        viewer = viewer_of(this_shop(unit))
    return jsonify({"message": viewer.words.text("proof.backtest_asked")})


@pages.get(f"/privacy/data-requests/<int(max={_LARGEST_ID}):request_id>")
@merchant_guard()
def download_report(request_id: int) -> ResponseReturnValue:
    """All that is stored about the person of a data request, as a JSON file. Who looked when is in the log."""
    runtime = current()
    with runtime.database.reading(g.shop_id) as unit:
        report = read_report(unit, runtime.cipher, request_id)
    log.info("privacy.report_read", shop=g.shop_id, request=request_id)
    name = f"danke-data-request-{request_id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(report, mimetype="application/json", headers=headers)


@pages.get("/session-bounce")
@open_to_all("holds nothing but Shopify's script, which fetches an ID token")
def bounce() -> ResponseReturnValue:
    """App Bridge takes a fresh ID token from here back to `shopify-reload`, a path of this app."""
    if not is_own_path(request.args.get("shopify-reload", "")):
        raise BadInput("shopify-reload must be a path of this app.")
    settings = current().settings
    viewer = viewer_of(None)
    return str(
        render(
            "bounce.html",
            viewer.words,
            api_key=settings.shopify_api_key,
            app_bridge_url=settings.app_bridge_url,
        )
    )


def _section(key: str) -> Section:
    if key not in SECTIONS:
        raise NotFound("There is no such section.")
    return SECTIONS[key]


def _form(key: str) -> Form:
    form = _section(key).form
    if form is None:
        raise NotFound("This section has no settings.")
    return form
