"""The one way out to Shopify over HTTP: time limits, pooled connections, and nothing carried from one shop to
another.

`SHOPIFY_BASE_URL` says where a shop is reached. By default that is the shop itself (`https://{shop}`). With
another address (a development store on this machine) the connection and the `Host` header go to that address
and the shop's own domain travels in `X-Forwarded-Host`, so one address can stand for several shops.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from types import TracebackType
from typing import Any

import httpx

from service.kit.outgoing import NOT_SENT, quieten_request_logs
from service.shopify.errors import ShopifyUnavailable, parse_retry_after
from service.shopify.shop_domains import parse_shop_domain

DEFAULT_BASE_URL = "https://{shop}"
DEFAULT_TIMEOUT_SECONDS = 15.0
_CONNECT_SECONDS = 5.0
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429


class Transport:
    """One pooled HTTP client, safe to share between threads and shops. Close it when done (or use `with`).

    It keeps no cookies and follows no redirects; access tokens live in single requests only.
    `timeout` is in seconds and applies to each wait for the other side.
    """

    def __init__(
        self, base_url_template: str = DEFAULT_BASE_URL, timeout: float = DEFAULT_TIMEOUT_SECONDS
    ) -> None:
        self._base_url_template = base_url_template.rstrip("/")
        quieten_request_logs()
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": f"Danke/{version('danke')}"},
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=30.0),
            # A proxy of the environment never stands between this machine and itself.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the pooled connections back."""
        self._client.close()

    def base_url(self, shop_domain: str) -> str:
        """Where this shop is reached, without a slash at the end. Raises InvalidShopDomain."""
        return self._base_url_template.replace("{shop}", parse_shop_domain(shop_domain))

    def post_json(
        self,
        shop_domain: str,
        url: str,
        payload: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """POST `payload` to the shop and return the whole answer, whatever 2xx to 4xx status it has.

        Raises ShopifyUnavailable on time-outs, broken connections, 429 and 5xx.
        """
        sent_headers = {"Accept": "application/json", **self._shop_headers(shop_domain), **(headers or {})}
        try:
            response = self._client.post(url, json=payload, headers=sent_headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Not chained: httpx's exceptions hold the request, and with it the access token.
            raise _unreachable(error) from None
        _refuse_unavailable(response)
        return response

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """GET an absolute address as a stream (results of bulk operations); sends no access token.

        Raises httpx.HTTPError when the connection breaks, also while the body is read.
        """
        with self._client.stream("GET", url, headers=dict(headers)) as response:
            yield response

    def _shop_headers(self, shop_domain: str) -> dict[str, str]:
        if self._base_url_template == DEFAULT_BASE_URL:
            return {}
        return {"X-Forwarded-Host": shop_domain}


def _unreachable(error: Exception) -> ShopifyUnavailable:
    return ShopifyUnavailable(
        f"Shopify could not be reached ({type(error).__name__}).",
        outcome_unknown=not isinstance(error, NOT_SENT),
    )


def _refuse_unavailable(response: httpx.Response) -> None:
    if response.status_code == _TOO_MANY_REQUESTS or response.status_code >= _SERVER_ERROR:
        raise ShopifyUnavailable(
            f"Shopify answered with status {response.status_code}.",
            retry_after=parse_retry_after(response.headers),
            outcome_unknown=response.status_code >= _SERVER_ERROR,
        )
