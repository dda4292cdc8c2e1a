"""The GraphQL Admin API of one shop: sends documents, waits when Shopify throttles, keeps partial data.

ShopifyAPI builds the address and the token header from a session; sending is ours, because its own client has
no time limit, prints error bodies, and shares the active shop between threads.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import shopify

from service.kit.errors import DankeError
from service.shopify.documents import Document
from service.shopify.errors import AccessTokenRejected, ShopifyRefused, ShopifyUnavailable
from service.shopify.graphql_answers import Answer, Cost, read_answer
from service.shopify.shop_domains import parse_shop_domain
from service.shopify.transport import Transport

API_VERSION = "2026-10"
DEFAULT_PATIENCE_SECONDS = 60.0
_SHORTEST_PAUSE_SECONDS = 0.1
_RETRYABLE_CODES = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT"})


class GraphqlRejected(DankeError):
    """Shopify answered with errors and nothing else; `codes` are its error codes (ACCESS_DENIED,
    MAX_COST_EXCEEDED, ...).
    """

    status, code = HTTPStatus.BAD_GATEWAY, "shopify_refused"

    def __init__(self, message: str, codes: frozenset[str]) -> None:
        super().__init__(message, code="shopify_denied" if "ACCESS_DENIED" in codes else None)
        self.codes = codes


@dataclass(frozen=True, slots=True)
class _Endpoint:
    url: str
    token_header: Mapping[str, str]


class AdminGraphql:
    """Sends documents to one shop under one access token. Cheap to make; holds no connection of its own.

    `patience` is how many seconds `execute` may wait in all while Shopify throttles; `sleep` is replaced in
    tests.
    """

    def __init__(
        self,
        transport: Transport,
        shop_domain: str,
        access_token: str,
        *,
        patience: float = DEFAULT_PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._shop_domain = parse_shop_domain(shop_domain)
        self._access_token = access_token
        self._patience = patience
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"AdminGraphql({self._shop_domain})"

    def execute(self, document: Document, variables: Mapping[str, Any] | None = None) -> Answer:
        """Send `document` and return Shopify's answer, which may hold partial data beside errors.

        Raises GraphqlRejected (errors and no data), AccessTokenRejected (401), ShopifyRefused (another 4xx)
        or ShopifyUnavailable (time-out, 429, 5xx, still throttled when patience ends).
        """
        waited = 0.0
        while True:
            answer = self._send(document, variables)
            if not answer.is_throttled:
                return _accept(document, answer)
            pause = _throttle_pause(document, answer.cost)
            if waited + pause > self._patience:
                raise ShopifyUnavailable("Shopify is throttling this shop.", retry_after=pause)
            self._sleep(pause)
            waited += pause

    def _send(self, document: Document, variables: Mapping[str, Any] | None) -> Answer:
        endpoint = _endpoint(self._transport, self._shop_domain, self._access_token)
        payload = {"query": document.text, "variables": dict(variables or {})}
        response = self._transport.post_json(self._shop_domain, endpoint.url, payload, endpoint.token_header)
        _refuse_status(response)
        return read_answer(response)


def _endpoint(transport: Transport, shop_domain: str, access_token: str) -> _Endpoint:
    session = shopify.Session(shop_domain, API_VERSION, access_token)
    base_url = session.version.api_path(transport.base_url(shop_domain))
    # Not `ShopifyResource.activate_session`: it would make this shop the default of other threads.
    return _Endpoint(f"{base_url}/graphql.json", {"X-Shopify-Access-Token": session.token})


def _refuse_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        raise AccessTokenRejected("Shopify no longer accepts this shop's access token.")
    if status != HTTPStatus.OK:
        raise ShopifyRefused(f"Shopify refused the request (status {status}).", http_status=status)


def _accept(document: Document, answer: Answer) -> Answer:
    if not answer.errors or any(value is not None for value in answer.data.values()):
        return answer
    codes = frozenset(error.code for error in answer.errors if error.code)
    if codes and codes <= _RETRYABLE_CODES:
        raise ShopifyUnavailable(f"{document.name}: Shopify failed internally.", outcome_unknown=True)
    messages = "; ".join(error.message for error in answer.errors[:3])
    raise GraphqlRejected(f"{document.name}: {messages}", codes)


def _throttle_pause(document: Document, cost: Cost | None) -> float:
    """Seconds until the bucket holds what the document asks for (shopify.dev,
    apps/build/apis/graphql-admin/rate-limits).
    """
    if cost is None or cost.restore_rate <= 0:
        return 1.0
    if cost.requested > cost.maximum_available:
        raise GraphqlRejected(
            f"{document.name} costs {cost.requested:g} points, more than the {cost.maximum_available:g} "
            "that this shop ever has.",
            frozenset({"MAX_COST_EXCEEDED"}),
        )
    missing = max(0.0, cost.requested - cost.currently_available)
    return max(_SHORTEST_PAUSE_SECONDS, math.ceil(missing / cost.restore_rate * 10) / 10)
