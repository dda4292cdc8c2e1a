"""Session tokens of UI extensions: proof of the shop, and of the customer where one is logged in.

Source: shopify.dev, Session token API of checkout and customer account UI extensions: a JWT (HS256, client secret) with
`dest` (the shop's domain, in checkout without https://), `aud` (client id), `exp` (five minutes), `nbf`, `iat`, `jti`,
and `sub` (the customer's global id) only for somebody logged in to a shop whose customers the app may read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from service.kit.errors import Unauthorized
from service.shopify.gids import InvalidGid, parse_gid
from service.shopify.id_tokens import InvalidIdToken, require_compact_form
from service.shopify.shop_domains import InvalidShopDomain, ShopDomain, parse_shop_domain
from service.shopify.signatures import usable_secrets

LEEWAY_SECONDS = 10
_REQUIRED = ("aud", "dest", "exp", "nbf", "iat")
_TIMES = ("exp", "nbf", "iat")


class InvalidSessionToken(Unauthorized):
    """The token is not one of Shopify's for this app, or not valid now."""


@dataclass(frozen=True, slots=True)
class SessionToken:
    """In which shop the extension runs, and for which customer (None: nobody is logged in)."""

    shop_domain: ShopDomain
    customer_id: int | None


def verify_session_token(token: str, client_id: str, secrets: Sequence[str]) -> SessionToken:
    """Read a token after checking its form, signature, audience, times (10 s of leeway, machine's clock), shop and
    subject. Raises InvalidSessionToken (401) for every token that fails, also for staff members' ID tokens."""
    try:
        require_compact_form(token)
    except InvalidIdToken as error:
        raise InvalidSessionToken("This is not a session token.") from error
    usable = usable_secrets(secrets)
    if not client_id or not usable:
        raise InvalidSessionToken("This service has no client id or secret to check tokens with.")
    for secret in usable:
        claims = _decode(token, client_id, secret)
        if claims is not None:
            return _read_claims(claims, client_id)
    raise InvalidSessionToken("The session token is invalid or has expired.")


def _decode(token: str, client_id: str, secret: str) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=client_id,
            leeway=LEEWAY_SECONDS,
            options={"require": list(_REQUIRED)},
        )
    # claims of any type and size reach the library's arithmetic: what it raises is open-ended, the answer is no
    except Exception:
        return None
    return claims


def _read_claims(claims: dict[str, Any], client_id: str) -> SessionToken:
    if claims["aud"] != client_id:
        raise InvalidSessionToken("The session token is for another app.")
    if any(type(claims[name]) is not int for name in _TIMES):
        raise InvalidSessionToken("The session token lacks its times.")
    subject = claims.get("sub")
    try:
        domain = parse_shop_domain(str(claims["dest"]).removeprefix("https://"))
        return SessionToken(domain, None if subject is None else parse_gid(subject, "Customer"))
    except (InvalidShopDomain, InvalidGid) as error:
        raise InvalidSessionToken("The session token names no shop, or no customer.") from error
