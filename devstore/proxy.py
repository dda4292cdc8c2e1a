"""The app proxy: requests below the shop's own address that are signed and forwarded to the app.

Signature: https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies. What a visitor sends
is passed on, also under the names that Shopify itself uses; telling them apart is the app's business.
"""

import hashlib
import hmac
import ssl
import time
from urllib.parse import quote, urlencode, urlsplit

import httpx
from flask import Blueprint, Response, abort, current_app, request
from werkzeug.datastructures import Headers

from devstore.config import read_proxy_path
from devstore.visitor import Visitor, open_page, open_storefront, read_visitor

blueprint = Blueprint("proxy", __name__)
PREFIXES = ("a", "apps", "community", "tools")
TIMEOUT = httpx.Timeout(10, connect=2)
TLS = ssl.create_default_context()  # takes longer to build than a request to make
MAX_ANSWER = 10_000_000
FORWARDED = ("Accept", "Accept-Language", "Content-Type", "User-Agent", "X-Requested-With")
STRIPPED = {
    "connection", "content-encoding", "content-length", "keep-alive", "pragma", "proxy-authenticate", "server",
    "set-cookie", "set-cookie2", "trailer", "transfer-encoding", "upgrade", "www-authenticate", "x-powered-by",
    "content-security-policy", "x-frame-options", "date",
}  # fmt: skip
THIRD_PARTY_ERROR = "There was an error in the third-party application."


class AppUnreachable(Exception):
    """The app did not answer, or not in time, or with too much."""


def sign_parameters(pairs: list[tuple[str, str]], secret: str) -> str:
    """Hex HMAC-SHA256 over decoded ``key=value`` texts, repeated keys joined by commas, sorted, without separators."""
    grouped: dict[str, list[str]] = {}
    for key, value in pairs:
        if key != "signature":
            grouped.setdefault(key, []).append(value)
    message = "".join(sorted(f"{key}={','.join(values)}" for key, values in grouped.items()))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


@blueprint.route(f"/<any({', '.join(PREFIXES)}):prefix>/<subpath>", methods=["GET", "POST", "PUT", "DELETE"])
@blueprint.route(f"/<any({', '.join(PREFIXES)}):prefix>/<subpath>/", methods=["GET", "POST", "PUT", "DELETE"])
@blueprint.route(
    f"/<any({', '.join(PREFIXES)}):prefix>/<subpath>/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"]
)
def forward_to_app(prefix: str, subpath: str, rest: str = "") -> Response | tuple[str, int]:
    """Answer with what the app says; Liquid is rendered in the theme, everything else is passed through."""
    with current_app.extensions["store"].reading() as db:
        visitor = read_visitor(db)
        declaration = current_app.extensions["declaration"]
        mine = read_proxy_path(db, declaration)
        installed = db.execute("SELECT 1 FROM installation WHERE uninstalled_at IS NULL").fetchone()
    if not installed or mine != (prefix, subpath) or not declaration.proxy_url:
        abort(404)
    try:
        answer = _fetch(
            _make_address(declaration.proxy_url, rest), _make_parameters(f"/{prefix}/{subpath}", visitor)
        )
    except AppUnreachable:
        return THIRD_PARTY_ERROR, 502
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/liquid":
        kept = Headers(
            [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in STRIPPED]
        )
        return Response(answer.content, answer.status_code, kept)
    with open_page("page") as page:
        html = open_storefront().render_app_answer(page, answer.text)
    return Response(html, answer.status_code, mimetype="text/html")


def _make_address(declared: str, rest: str) -> str:
    """The declared proxy URL on the address where the app really runs (``shopify app dev`` rewrites it likewise)."""
    path = urlsplit(declared).path.rstrip("/")
    app_url: str = current_app.extensions["config"].app_url
    return app_url.rstrip("/") + path + (f"/{quote(rest)}" if rest else "")


def _make_parameters(path_prefix: str, visitor: Visitor) -> list[tuple[str, str]]:
    config = current_app.extensions["config"]
    pairs = list(request.args.items(multi=True))
    pairs += [
        ("shop", config.shop), ("logged_in_customer_id", str(visitor.customer_id or "")),
        ("path_prefix", path_prefix), ("timestamp", str(int(time.time()))),
    ]  # fmt: skip
    return [*pairs, ("signature", sign_parameters(pairs, config.client_secret))]


def _fetch(address: str, parameters: list[tuple[str, str]]) -> httpx.Response:
    headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
    headers |= {"X-Forwarded-For": request.remote_addr or "", "X-Forwarded-Host": request.host}
    try:
        with httpx.Client(timeout=TIMEOUT, verify=TLS, follow_redirects=True, max_redirects=3) as client:
            url = f"{address}?{urlencode(parameters)}"
            deadline = time.monotonic() + 10
            with client.stream(request.method, url, headers=headers, content=request.get_data()) as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                        raise AppUnreachable(address)
            return httpx.Response(answer.status_code, headers=_decoded_headers(answer), content=body)
    except httpx.HTTPError as error:
        raise AppUnreachable(address) from error


def _decoded_headers(answer: httpx.Response) -> list[tuple[str, str]]:
    """The headers without the encoding that reading the body has already undone."""
    undone = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in undone]
