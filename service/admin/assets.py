"""The page's own script and style sheet, cached by browsers under the hash of their content."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from service.kit.errors import NotFound
from service.kit.guards import open_to_all

_FOLDER = files("service.admin") / "static"
_TYPES: Final = {"admin.js": "text/javascript", "admin.css": "text/css"}
_FOREVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("admin_assets", __name__)


def asset_address(name: str) -> str:
    """Where the page finds `name`; another content has another address."""
    return f"/admin-assets/{_digest(name)}/{name}"


@blueprint.get("/admin-assets/<digest>/<name>")
@open_to_all("the same script and style sheet for everybody; they hold no data")
def show_asset(digest: str, name: str) -> ResponseReturnValue:
    """The file; only under its own digest may it be kept (a page of another release may ask for it too)."""
    if name not in _TYPES:
        raise NotFound("There is no such file.")
    response = Response(_content(name), content_type=f"{_TYPES[name]}; charset=utf-8")
    response.headers["Cache-Control"] = _FOREVER if digest == _digest(name) else "no-store"
    return response


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:16]
