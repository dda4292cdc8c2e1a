"""Shopify's storefront rendering: layout, JSON templates, sections, app blocks and embeds, over python-liquid.

Whatever Shopify would refuse at upload, or print as a Liquid error, stops the page with an error that names the place.
"""

import io
import json
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext
from liquid.exceptions import LiquidError, TemplateNotFoundError
from liquid.loader import BaseLoader, TemplateSource

from devstore.liquid.drops import AllProducts, Drop, find_collection, find_product
from devstore.liquid.filters import PAGE, register_filters
from devstore.liquid.tags import TAGS, Block
from devstore.theme_files import (
    ThemeError,
    check_block_schema,
    read_json_file,
    read_liquid_file,
    resolve_settings,
)

APP_BLOCK = re.compile(r"shopify://apps/(?P<app>[\w-]+)/blocks/(?P<file>[\w-]+)/(?P<id>[\w-]+)")
HEADER_MARK = "<!-- content_for_header -->"


class Section(Drop):
    """A section of a template."""

    fields = frozenset({"id", "settings", "blocks"})

    def __init__(self, section_id: str, settings: dict[str, Any], blocks: list[Block]) -> None:
        self.id, self.settings, self.blocks = section_id, settings, blocks


class Page:
    """One page being rendered: what Liquid may read, and what its parts asked to be put into the head."""

    def __init__(
        self,
        storefront: "Storefront",
        db: sqlite3.Connection,
        *,
        globals_: dict[str, Any],
        template: str,
        locale: str,
        client_id: str,
        installed: bool,
        public_metafields: set[str],
        money_format: str,
        currency: str,
    ) -> None:
        self.storefront, self.db, self.template, self.locale = storefront, db, template, locale
        self.client_id, self.installed, self.public_metafields = client_id, installed, public_metafields
        self.money_format, self.currency = money_format, currency
        self.in_extension = False
        self.layout: object = "theme"
        self.head: list[str] = []
        self.foot: list[str] = []
        self.globals = {**globals_, "all_products": AllProducts(self), PAGE: self}

    @property
    def root(self) -> Path:
        """The folder whose snippets, assets and locales are in use: the extension's inside an app block."""
        return self.storefront.extension if self.in_extension else self.storefront.theme

    @property
    def locales_folder(self) -> Path:
        return self.root / "locales"

    def asset_url(self, name: str) -> str:
        """Address of an asset, with its time of change so that it can be cached for ever."""
        path = self.root / "assets" / Path(name).name
        if not path.exists():
            raise ThemeError(f"There is no asset {name} in {self.root.name}.")
        return f"/_assets/{'extension' if self.in_extension else 'theme'}/{path.name}?v={path.stat().st_mtime_ns:x}"

    def add_once(self, place: list[str], markup: str) -> None:
        """Put something into the head or the foot, once per page."""
        if markup not in place:
            place.append(markup)

    def use_file_parts(self, path: Path) -> None:
        """Add a file's ``{% stylesheet %}`` and ``{% javascript %}`` to the page, once."""
        file = read_liquid_file(path)
        if file.stylesheet:
            self.add_once(self.head, f"<style data-shopify>{file.stylesheet}</style>")
        if file.javascript:
            self.add_once(self.foot, f"<script>(function() {{{file.javascript}}})();</script>")


class Storefront:
    """A theme and the app's theme extension, ready to render pages."""

    def __init__(self, theme: Path, extension: Path, app_handle: str = "danke") -> None:
        self.theme, self.extension, self.app_handle = theme, extension, app_handle
        self.environment = Environment(loader=ThemeLoader())
        register_filters(self.environment)
        for tag in TAGS:
            self.environment.add_tag(tag)

    def render_page(self, page: Page) -> str:
        """The page of a JSON template in the theme's layout."""
        document = read_json_file(self.theme / "templates" / f"{page.template}.json")
        return self.wrap_in_layout(page, self.render_sections(page, document, f"template--{page.template}"))

    def render_app_answer(self, page: Page, source: str) -> str:
        """An ``application/liquid`` answer of the app: in the theme's layout, unless it says ``{% layout none %}``."""
        content = self.render_template(page, self.environment.from_string(source, name="answer of the app"))
        return self.wrap_in_layout(page, content) if page.layout else content

    def wrap_in_layout(self, page: Page, content: str) -> str:
        """The layout around a page's content, with Shopify's part of the head and the app embeds before ``</body>``."""
        embeds = self._render_embeds(page)
        html = self.render_file(
            page,
            self.theme / "layout" / "theme.liquid",
            content_for_layout=content,
            content_for_header=HEADER_MARK,
        )
        html = html.replace(HEADER_MARK, "\n".join(page.head), 1)
        before, end, after = html.rpartition("</body>")
        return before + embeds + "\n".join(page.foot) + end + after

    def render_sections(self, page: Page, document: dict[str, Any], prefix: str) -> str:
        """The sections of a JSON template or section group, in their order."""
        parts = []
        for name in document["order"]:
            one = document["sections"][name]
            if not one.get("disabled"):
                parts.append(
                    self.render_section(page, one, one["type"], f"{prefix}__{name.replace('/', '-')}")
                )
        return "\n".join(parts)

    def render_section(self, page: Page, document: dict[str, Any], kind: str, section_id: str) -> str:
        """One section, with its settings and blocks from a template's JSON."""
        path = self.theme / "sections" / f"{kind}.liquid"
        schema = read_liquid_file(path).schema
        given = document.get("settings", {})
        settings = resolve_settings(schema, given, self.theme / "locales", page.locale, path.name)
        blocks = [
            self._make_block(name, document["blocks"][name]) for name in document.get("block_order", [])
        ]
        accepted = {one["type"] for one in schema.get("blocks", [])}
        for block in blocks:
            if block.type not in accepted and not ("@app" in accepted and APP_BLOCK.fullmatch(block.type)):
                raise ThemeError(f"Section {kind} takes no block of type {block.type}.")
        html = self.render_file(page, path, section=Section(section_id, settings, blocks))
        tag, css = schema.get("tag", "div"), f"shopify-section {schema.get('class', '')}".strip()
        return f'<{tag} id="shopify-section-{section_id}" class="{css}">{html}</{tag}>'

    @staticmethod
    def _make_block(name: str, document: dict[str, Any]) -> Block:
        return Block(name, document["type"], document.get("settings", {}))

    def render_app_block(
        self, page: Page, block: Block, section: Any, targets: Iterable[str] = ("section",)
    ) -> str:
        """An app block as Shopify wraps it; nothing while the app is not installed or ``available_if`` says no."""
        match = APP_BLOCK.fullmatch(block.type)
        if match is None or match["app"] != self.app_handle:
            raise ThemeError(f"{block.type} names no block of the app {self.app_handle}.")
        path = self.extension / "blocks" / f"{match['file']}.liquid"
        schema = check_block_schema(read_liquid_file(path))
        if schema["target"] not in targets:
            raise ThemeError(f"{path.name} has target {schema['target']} and cannot be placed here.")
        self._check_template(page, path, schema)
        if not page.installed:
            return ""
        locales = self.extension / "locales"
        settings = resolve_settings(schema, block.settings, locales, page.locale, path.name)
        drop = Block(block.id, block.type, _load_resources(page, schema, settings), schema["name"])
        page.in_extension = True
        try:
            if not self._is_available(page, schema.get("available_if")):
                return ""
            for name, markup in (
                ("stylesheet", '<link href="{}" rel="stylesheet" type="text/css" media="all">'),
                ("javascript", '<script src="{}" async="async"></script>'),
            ):
                if schema.get(name):
                    page.add_once(page.head, markup.format(page.asset_url(schema[name])))
            html = self.render_file(page, path, block=drop, section=section)
        finally:
            page.in_extension = False
        tag = schema.get("tag", "div") if schema["target"] in ("section", "body") else None
        if not tag:
            return html
        css, handle = f"shopify-block shopify-app-block {schema.get('class', '')}".strip(), match["file"]
        return (
            f'<{tag} id="shopify-block-{block.id}" class="{css}" data-block-handle="{handle}">{html}</{tag}>'
        )

    @staticmethod
    def _check_template(page: Page, path: Path, schema: dict[str, Any]) -> None:
        allowed = schema.get("enabled_on", {}).get("templates", ["*"])
        refused = schema.get("disabled_on", {}).get("templates", [])
        if page.template in refused or not {page.template, "*"} & set(allowed):
            raise ThemeError(f"{path.name} is not enabled on the template {page.template}.")

    def _is_available(self, page: Page, condition: str | None) -> bool:
        if not condition:
            return True
        return self.render_template(page, self.environment.from_string(condition)).strip() == "true"

    def _render_embeds(self, page: Page) -> str:
        """The enabled app embeds: those of the head go into it, those of the body are returned."""
        blocks = read_json_file(self.theme / "config" / "settings_data.json")["current"].get("blocks", {})
        body: list[str] = []
        for name, document in blocks.items():
            match = APP_BLOCK.fullmatch(document["type"])
            if document.get("disabled") or match is None:
                continue
            html = self.render_app_block(
                page, self._make_block(name, document), None, ("head", "compliance_head", "body")
            )
            file = read_liquid_file(self.extension / "blocks" / f"{match['file']}.liquid")
            (body if file.schema["target"] == "body" else page.head).append(html)
        return "\n".join(body)

    def render_file(self, page: Page, path: Path, **variables: Any) -> str:
        """One Liquid file."""
        page.use_file_parts(path)
        return self.render_template(page, self.environment.get_template(str(path)), **variables)

    def render_template(self, page: Page, template: BoundTemplate, **variables: Any) -> str:
        """A parsed template with the page's globals; an app's installation is visible in its own blocks only."""
        scope = {**page.globals, **variables}
        if not page.in_extension:
            scope.pop("app", None)
        buffer = io.StringIO()
        try:
            template.render_with_context(RenderContext(template, globals=scope), buffer)
        except LiquidError as error:
            error.template_name = error.template_name or template.name
            raise
        return buffer.getvalue()


class ThemeLoader(BaseLoader):
    """Finds templates by path, and snippets by name in the folder that the page has in use."""

    def __init__(self) -> None:
        self.parsed: dict[Path, tuple[Any, BoundTemplate]] = {}

    def get_source(
        self, env: Environment, template_name: str, *, context: RenderContext | None = None, **_: object
    ) -> TemplateSource:
        path = self._find(template_name, context)
        return TemplateSource(read_liquid_file(path).source, str(path), None, None)

    def load(
        self, env: Environment, name: str, *, context: RenderContext | None = None, **_: Any
    ) -> BoundTemplate:
        """The parsed template; parsed again only after its file was changed."""
        path = self._find(name, context)
        file = read_liquid_file(path)
        if path not in self.parsed or self.parsed[path][0] is not file:
            self.parsed[path] = (file, env.from_string(file.source, name=path.name, path=path))
        return self.parsed[path][1]

    def _find(self, name: str, context: RenderContext | None) -> Path:
        if context is None:
            return Path(name)
        page: Page = context.resolve(PAGE)
        path = page.root / "snippets" / f"{name}.liquid"
        if not path.exists():
            raise TemplateNotFoundError(name, token=None)
        page.use_file_parts(path)
        return path


def _load_resources(page: Page, schema: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that name a product or a collection become those objects."""
    kinds = {one.get("id"): one["type"] for one in schema.get("settings", [])}
    loaded = dict(settings)
    for name, value in settings.items():
        if kinds[name] == "product" and value:
            loaded[name] = find_product(page, value)
        elif kinds[name] == "product_list" and value:
            loaded[name] = [found for one in value if (found := find_product(page, one))]
        elif kinds[name] == "collection" and value:
            loaded[name] = find_collection(page, value)
    return loaded


def write_head(shop: str, locale: str, currency: str, design_mode: bool = False) -> str:
    """What Shopify itself puts into ``content_for_header``: the script object that themes and apps read."""
    features = json.dumps({"shop": shop, "locale": locale, "currency": {"active": currency, "rate": "1.0"}})
    return f"<script>window.Shopify = Object.assign(window.Shopify || {{}}, {features});</script>"
