"""Style sheet and scripts of the pages that the app proxy shows inside the theme.

They come through the proxy too: the shop's own address, and no braces in Liquid. Browsers keep them under the hash of
their content.
"""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from flask import Blueprint, Response, g
from flask.typing import ResponseReturnValue

from service.kit.errors import NotFound
from service.shops.guards import proxy_guard

STYLE = "danke-page.css"
SUGGESTIONS = "danke-suggestions.js"

_FOLDER = files("service.shops") / "static"
_TYPES: Final = {STYLE: "text/css", SUGGESTIONS: "text/javascript"}
_FOREVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("theme_assets", __name__)


def asset_address(proxy_path: str, name: str) -> str:
    """Where a page finds `name` on the shop's own domain; another content has another address."""
    return f"{proxy_path}/assets/{name}?v={_digest(name)}"


@blueprint.get("/proxy/assets/<name>")
@proxy_guard(parameters={"v"})
def show_theme_asset(name: str) -> ResponseReturnValue:
    """The file; only under its own digest may it be kept (a page of another release may ask for it too)."""
    if name not in _TYPES:
        raise NotFound("There is no such file.")
    response = Response(asset_content(name), content_type=f"{_TYPES[name]}; charset=utf-8")
    is_current = g.proxy_parameters.get("v") == _digest(name)
    response.headers["Cache-Control"] = _FOREVER if is_current else "no-store"
    return response


@cache
def asset_content(name: str) -> bytes:
    """The file as it is sent."""
    return (_FOLDER / name).read_bytes()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(asset_content(name)).hexdigest()[:16]
