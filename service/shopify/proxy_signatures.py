"""App-proxy requests: which shop and which customer does Shopify vouch for?

Source of the signature: shopify.dev, apps/build/online-store/app-proxies (decoded `name=value` texts, sorted,
joined without a separator, HMAC-SHA256 in hex). `verify_proxy_request` accepts a request that

- carries all of Shopify's own parameters in their exact formats (the customer's id is there and empty for a
  guest) and, beside them, only names that the route allows,
- carries each name once,
- is at most 90 seconds away from now, and
- is signed over a text that reads in one way only: in it, `name=` of a known name stands exactly where a
  parameter begins.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import methodcaller
from urllib.parse import unquote_plus

from service.kit.errors import Unauthorized
from service.shopify.shop_domains import InvalidShopDomain, ShopDomain, parse_shop_domain
from service.shopify.signatures import hmac_sha256, signed_by_any

SHOPIFY_PARAMETERS = frozenset({"shop", "path_prefix", "timestamp", "logged_in_customer_id"})
LARGEST_SKEW_SECONDS = 90

_SIGNATURE = "signature"
_RESERVED = SHOPIFY_PARAMETERS | {_SIGNATURE}
_LONGEST_QUERY = 8_192
_MOST_PARAMETERS = 64
_PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PATH_PREFIX = re.compile(r"/(?:a|apps|community|tools)/[A-Za-z0-9_-]{1,30}")
_CUSTOMER_ID = re.compile(r"(?:[1-9][0-9]{0,18})?")
_LARGEST_CUSTOMER_ID = 2**63 - 1
_TIMESTAMP = re.compile(r"[0-9]{1,11}")

Pairs = Sequence[tuple[str, str]]


class InvalidProxyRequest(Unauthorized):
    """The request did not come through Shopify's app proxy as it stands, or is too old."""


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """What Shopify vouches for.

    `customer_id` is None for a guest; `parameters` are the allowed ones that were sent.
    """

    shop_domain: ShopDomain
    path_prefix: str
    customer_id: int | None
    timestamp: int
    parameters: dict[str, str]


def verify_proxy_request(
    query_string: bytes | str, allowed: frozenset[str], secrets: Sequence[str], now: datetime
) -> ProxyRequest:
    """Read and verify the query of an app-proxy request.

    `allowed` are the names that this route takes beside Shopify's own; `now` is the machine's time (aware),
    not a shifted one, because Shopify's timestamp is. Raises InvalidProxyRequest (401) for whatever is not
    accepted, and ValueError if `allowed` itself could not be told apart (see `check_allowed_names`).
    """
    check_allowed_names(allowed)
    pairs = parse_proxy_query(query_string)
    values = _index_once(pairs, allowed)
    request = _read_values(values, allowed)
    if abs(now.timestamp() - request.timestamp) > LARGEST_SKEW_SECONDS:
        raise InvalidProxyRequest("The request is too old, or from the future.")
    texts = _sorted_texts(values)
    signed_text = b"".join(texts)
    _require_one_reading(signed_text, len(texts), allowed)
    if not signed_by_any(signed_text, values[_SIGNATURE], secrets, bytes.hex):
        raise InvalidProxyRequest("The request's signature is wrong.")
    return request


def proxy_signature(pairs: Pairs, secret: str) -> str:
    """Shopify's signature (lower-case hex) of decoded parameters.

    A name given several times counts once, its values joined by commas.
    """
    return hmac_sha256(signing_text(pairs), secret).hex()


def signing_text(pairs: Pairs) -> bytes:
    """The text that Shopify signs: `name=value` of all but the signature, sorted bytewise, not separated."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return b"".join(_sorted_texts(joined))


def parse_proxy_query(query_string: bytes | str) -> list[tuple[str, str]]:
    """Decoded parameters in the order sent, blank values kept.

    Raises InvalidProxyRequest if oversized or not UTF-8.
    """
    if len(query_string) > _LONGEST_QUERY:
        raise InvalidProxyRequest("The query is too long.")
    try:
        text = query_string.decode("ascii") if isinstance(query_string, bytes) else query_string
        parts = [part.partition("=") for part in text.split("&") if part]
        pairs = [(_decode(name), _decode(value)) for name, _, value in parts]
    except ValueError as error:
        raise InvalidProxyRequest("The query can't be read.") from error
    if len(pairs) > _MOST_PARAMETERS:
        raise InvalidProxyRequest("The query has too many parameters.")
    return pairs


def _decode(text: str) -> str:
    # most names and values need no decoding, and every storefront request comes through here
    if "%" not in text and "+" not in text:
        return text
    return _unquote(text)


@lru_cache(maxsize=256)
def _unquote(text: str) -> str:
    # remembered because it is nearly always a shop's path prefix
    return unquote_plus(text, encoding="utf-8", errors="strict")


@lru_cache(maxsize=64)
def check_allowed_names(allowed: frozenset[str]) -> None:
    """Raise ValueError unless every name is plain and no known name ends with another.

    Only then has a signed text one reading.
    """
    for name in allowed:
        if name in _RESERVED or _PARAMETER_NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} can't be a parameter of an app-proxy route")
    known = _RESERVED | allowed
    for name in known:
        for other in known - {name}:
            if name.endswith(other):
                raise ValueError(f"app-proxy parameter {name!r} ends with {other!r}: rename one of them")


def _sorted_texts(values: Mapping[str, str]) -> list[bytes]:
    # surrogatepass: a lone surrogate must not raise here; it never matches a signature of Shopify's.
    texts = [
        f"{name}={value}".encode("utf-8", "surrogatepass")
        for name, value in values.items()
        if name != _SIGNATURE
    ]
    return sorted(texts)


def _index_once(pairs: Pairs, allowed: frozenset[str]) -> dict[str, str]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise InvalidProxyRequest("A parameter is repeated.")
    if not _known_names(allowed).issuperset(values):
        raise InvalidProxyRequest("A parameter is not one of this address.")
    if not _RESERVED.issubset(values):
        missing = min(_RESERVED.difference(values))
        raise InvalidProxyRequest(f"The parameter {missing} is missing.")
    return values


@lru_cache(maxsize=64)
def _known_names(allowed: frozenset[str]) -> frozenset[str]:
    return _RESERVED | allowed


def _read_values(values: dict[str, str], allowed: frozenset[str]) -> ProxyRequest:
    return ProxyRequest(
        shop_domain=_shop_domain(values["shop"]),
        path_prefix=_matching(_PATH_PREFIX, values["path_prefix"], "path_prefix"),
        customer_id=_customer_id(values["logged_in_customer_id"]),
        timestamp=int(_matching(_TIMESTAMP, values["timestamp"], "timestamp")),
        parameters={name: values[name] for name in allowed if name in values},
    )


def _shop_domain(value: str) -> ShopDomain:
    try:
        shop_domain = parse_shop_domain(value)
    except InvalidShopDomain as error:
        raise InvalidProxyRequest("The parameter shop names no shop.") from error
    if shop_domain != value:
        raise InvalidProxyRequest("The parameter shop is not in Shopify's spelling.")
    return shop_domain


def _customer_id(value: str) -> int | None:
    number = int(_matching(_CUSTOMER_ID, value, "logged_in_customer_id") or 0)
    if number > _LARGEST_CUSTOMER_ID:
        raise InvalidProxyRequest("The parameter logged_in_customer_id is malformed.")
    return number or None


def _matching(pattern: re.Pattern[str], value: str, name: str) -> str:
    if pattern.fullmatch(value) is None:
        raise InvalidProxyRequest(f"The parameter {name} is malformed.")
    return value


def _require_one_reading(signed_text: bytes, parameters: int, allowed: frozenset[str]) -> None:
    # each parameter's own name stands before an equals sign, and no known name ends with another: so any further
    # known name before one begins inside of a value
    before_equals = signed_text.split(b"=")[:-1]
    if sum(map(_ends_with_name(allowed), before_equals)) != parameters:
        raise InvalidProxyRequest("A value could be mistaken for a parameter.")


@lru_cache(maxsize=64)
def _ends_with_name(allowed: frozenset[str]) -> Callable[[bytes], bool]:
    return methodcaller("endswith", tuple(name.encode("ascii") for name in sorted(_known_names(allowed))))
