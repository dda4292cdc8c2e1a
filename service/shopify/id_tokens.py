"""ID tokens (formerly "session tokens"): App Bridge's proof of which staff member of which shop is in front
of the screen.

Source: shopify.dev, apps/build/authentication-authorization/id-tokens. ShopifyAPI decodes (HS256 only,
audience, issuer on myshopify.com, issuer and destination equal); what it leaves open is checked here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from shopify import session_token

from service.kit.errors import Unauthorized
from service.shopify.shop_domains import InvalidShopDomain, ShopDomain, parse_shop_domain
from service.shopify.signatures import usable_secrets

_LONGEST_TOKEN = 4_096
_COMPACT_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SHOP_ADDRESS = re.compile(r"https://(?P<host>[^/?#\s]+)(?:/|/admin/?)?")
_HEADER_NAMES = {"alg", "typ", "kid"}
_REQUIRED_TIMES = ("exp", "nbf", "iat")
_LONGEST_CLAIM = 255


class InvalidIdToken(Unauthorized):
    """The token is not one of Shopify's for this app, or not valid now."""


@dataclass(frozen=True, slots=True)
class IdToken:
    """Who asks: staff member `user_id` of `shop_domain` in the admin session `session_id`.

    `expires_at` is aware, in UTC.
    """

    shop_domain: ShopDomain
    user_id: str
    session_id: str
    expires_at: datetime


def verify_id_token(token: str, client_id: str, secrets: Sequence[str]) -> IdToken:
    """Read a token after checking its form, signature, audience, times (10 s of leeway) and shop.

    The times are compared with the machine's clock, as Shopify's are. The shop comes from `dest` and nowhere
    else. Raises InvalidIdToken (401) for every token that fails, whatever it holds.
    """
    require_compact_form(token)
    usable = usable_secrets(secrets)
    if not client_id or not usable:
        raise InvalidIdToken("This service has no client id or secret to check tokens with.")
    for secret in usable:
        claims = _decode(token, client_id, secret)
        if claims is not None:
            return _read_claims(claims, client_id)
    raise InvalidIdToken("The ID token is invalid or has expired.")


def require_compact_form(token: str) -> None:
    """Raise InvalidIdToken unless the text is a JWT of bearable length whose header is as Shopify writes it."""
    if len(token) > _LONGEST_TOKEN or _COMPACT_JWT.fullmatch(token) is None:
        raise InvalidIdToken("This is not an ID token.")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise InvalidIdToken("The ID token's header can't be read.") from error
    if header.get("alg") != session_token.ALGORITHM or not header.keys() <= _HEADER_NAMES:
        raise InvalidIdToken("The ID token is not signed the way Shopify signs.")


def _decode(token: str, client_id: str, secret: str) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = session_token.decode_from_header(
            f"{session_token.PREFIX}{token}", client_id, secret
        )
    # Claims of any type reach ShopifyAPI's string handling: what it raises is open-ended, the answer is no.
    except Exception:
        return None
    return claims


def _read_claims(claims: dict[str, Any], client_id: str) -> IdToken:
    if claims.get("aud") != client_id:
        raise InvalidIdToken("The ID token is for another app.")
    if any(type(claims.get(name)) is not int for name in _REQUIRED_TIMES):
        raise InvalidIdToken("The ID token lacks its times.")
    shop_domain = _shop_of(claims["dest"])
    if shop_domain != _shop_of(claims["iss"]):
        raise InvalidIdToken("The ID token's issuer and shop differ.")
    return IdToken(
        shop_domain=shop_domain,
        user_id=_text_claim(claims, "sub"),
        session_id=_text_claim(claims, "sid"),
        expires_at=_moment(claims["exp"]),
    )


def _shop_of(address: object) -> ShopDomain:
    found = _SHOP_ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if found is None:
        raise InvalidIdToken("The ID token names no shop.")
    try:
        return parse_shop_domain(found["host"])
    except InvalidShopDomain as error:
        raise InvalidIdToken("The ID token names no shop.") from error


def _text_claim(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_CLAIM:
        raise InvalidIdToken(f"The ID token lacks its {name}.")
    return value


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidIdToken("The ID token lacks its times.") from error
