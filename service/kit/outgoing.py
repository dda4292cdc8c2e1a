"""One bounded HTTP call to somebody who is not Shopify: carriers, and those who deliver SMS and WhatsApp.

Which failures mean that nothing was sent, Shopify's transport reads here too.
"""

import json as json_text
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Any

import httpx

from service.kit import clock
from service.kit.errors import Unavailable

MOST_BYTES = 1_000_000
_CONNECT_SECONDS = 5.0
NOT_SENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    *(httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL),
)
"""Failures before anything was sent: the request surely was not carried out."""


class Unreachable(Unavailable):
    """Nothing was sent: the call surely had no effect and may be repeated."""

    code = "unreachable"


class NoAnswer(Unavailable):
    """The call was sent and no whole answer came back: whether it had its effect is not known."""

    code = "no_answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, whatever its status; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json_text.loads(self.body)
        except ValueError:
            return None

    def retry_after(self) -> float | None:
        """Seconds that `Retry-After` asks for, as a number or as a date; None where there is nothing sensible."""
        wish = self.headers.get("retry-after", "").strip()
        seconds = _seconds_of(wish)
        return seconds if seconds is not None and 0 <= seconds < float("inf") else None


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    seconds: float = 10.0,
) -> Answer:
    """Send one request and return the whole answer (at most 1 MB), whatever its status; follows no redirects.

    `json` or `form` becomes the body; `seconds` bounds the whole call. Neither addresses nor headers get into the
    log or into a message. Raises Unreachable (surely not delivered) or NoAnswer (delivered, or maybe).
    """
    until = time.monotonic() + seconds
    limits = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
    try:
        with _client().stream(
            method,
            url,
            headers=dict(headers or {}),
            json=json,
            data=dict(form) if form else None,
            timeout=limits,
        ) as response:
            body = b"".join(_bounded(response, until))
            return Answer(response.status_code, dict(response.headers), body)
    except NOT_SENT as error:
        # Not chained: httpx's exceptions hold the request, and with it the key.
        raise Unreachable(f"The other side could not be reached ({type(error).__name__}).") from None
    except httpx.HTTPError as error:
        raise NoAnswer(f"No whole answer came back ({type(error).__name__}).") from None


def quieten_request_logs() -> None:
    """Keep addresses out of the log: httpx writes them whole at INFO, and some of them are credentials."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


@cache
def _client() -> httpx.Client:
    quieten_request_logs()
    return httpx.Client(
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": f"Danke/{version('danke')}", "Accept": "application/json"},
        # An idle connection may be closed while a request goes out on it, and the answer would be lost.
        limits=httpx.Limits(max_keepalive_connections=0),
        # A proxy of the environment never stands between this machine and itself.
        mounts={"all://127.0.0.1": None, "all://localhost": None},
    )


def _bounded(response: httpx.Response, until: float) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MOST_BYTES:
            raise NoAnswer("The answer was larger than 1 MB.")
        if time.monotonic() > until:
            raise NoAnswer("The answer took too long.")
        yield chunk


def _seconds_of(wish: str) -> float | None:
    try:
        return float(wish)
    except ValueError:
        pass
    try:
        return (parsedate_to_datetime(wish) - clock.machine_now()).total_seconds()
    except (ValueError, TypeError):
        return None
