"""Addresses that the page may send a browser to, load scripts from, or be framed by."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from service.settings import SHOPIFY_BASE_URL_DEFAULT, Settings

_ADMIN = "https://admin.shopify.com"
_OWN_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")


def is_own_path(text: str) -> bool:
    """Whether `text` is a path of this app with an optional query: no scheme, host, fragment or control character."""
    return _OWN_PATH.fullmatch(text) is not None


def bounce_address(path: str, query: Mapping[str, str]) -> str:
    """Where App Bridge fetches a fresh ID token and then comes back to `path` with `query`.

    Source: shopify.dev, "patch id token" page: the same query without `id_token`, plus `shopify-reload`.
    """
    kept = {name: value for name, value in query.items() if name not in {"id_token", "shopify-reload"}}
    back = f"{path}?{urlencode(kept)}" if kept else path
    return f"/session-bounce?{urlencode({**kept, 'shopify-reload': back})}"


def document_policy(settings: Settings, shop_domain: str | None) -> str:
    """The Content-Security-Policy of a document for one shop (a checked myshopify domain; None when not known).

    Only that shop's admin may frame it. Outside production so may the development store that
    SHOPIFY_BASE_URL names.
    """
    frames = [f"https://{shop_domain}"] if shop_domain else []
    frames.append(_ADMIN)
    if not settings.is_production and settings.shopify_base_url != SHOPIFY_BASE_URL_DEFAULT:
        frames.append(_origin(settings.shopify_base_url.replace("{shop}", shop_domain or "")))
    scripts = dict.fromkeys(("'self'", _origin(settings.app_bridge_url), _origin(settings.polaris_url)))
    return "; ".join(
        (
            f"frame-ancestors {' '.join(frames)}",
            f"script-src {' '.join(scripts)}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
