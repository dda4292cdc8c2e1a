"""Every state of the page in a browser on a phone, in a light and in a dark theme."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from service.shops.theme_assets import STYLE, asset_content
from service.shops.theme_pages import short_page
from service.tracking.page.page_facts import ViewerKind
from service.tracking.page.page_rendering import FormNotice, html_of_preview, render_form
from service.tracking.page.samples import SAMPLES
from service.tracking.status import sum_up
from tests.service.tracking.page.test_pages import NOW, tracking_settings, viewer

BRANDS = ({}, {"accent": "#f2c14e"}, {"accent": "#24543f", "text": "#3b2f2f", "background": "#fff8ee"})


@pytest.fixture(scope="module", params=["light", "dark"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 360, "height": 780}, color_scheme=request.param)
    yield page
    page.close()


def in_document(body: str) -> str:
    style = asset_content(STYLE).decode()
    return (
        '<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Lindenholz</title>'
        '<meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width">'
        f"<style>{style}</style></head><body><main>{body}</main></body></html>"
    )


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_state_is_without_barriers_and_fits_a_phone(phone: Page, sample: str) -> None:
    story = SAMPLES[sample](NOW)
    brand = BRANDS[len(sample) % len(BRANDS)]
    for kind in ViewerKind:
        reader = viewer(kind, brand=brand)
        html = html_of_preview(story, sum_up(story, NOW), tracking_settings(), (), reader)
        phone.set_content(html)
        phone.evaluate("() => document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert violations(phone) == []
        assert phone.evaluate("() => document.documentElement.scrollWidth") <= 360
        expect(phone.get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize("notice", [None, *FormNotice])
def test_the_form_is_without_barriers_whatever_it_says(phone: Page, notice: FormNotice | None) -> None:
    reader = viewer(ViewerKind.ANONYMOUS)
    phone.set_content(in_document(render_form(tracking_settings(), reader, "#1042", notice)))
    assert violations(phone) == []
    for button in phone.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    expect(phone.get_by_label("Bestellnummer")).to_have_value("#1042")


def test_the_pages_that_answer_a_form_are_without_barriers(phone: Page) -> None:
    page = short_page(
        "Deine Antwort ist bei uns. Danke.",
        "Wir lesen jede.",
        back_to="/apps/danke/track?t=x",
        back="Zurück zur Bestellung",
        proxy_path="/apps/danke",
        brand={"accent": "#24543f"},
        language="de",
    )
    phone.set_content(in_document(page))
    assert violations(phone) == []
