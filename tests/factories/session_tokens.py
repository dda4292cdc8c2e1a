"""Session tokens as Shopify gives them to UI extensions."""

import time
from typing import Any

import jwt

from tests.conftest import CLIENT_ID, CLIENT_SECRET


def session_token(
    shop: str, customer_id: int | None = None, secret: str = CLIENT_SECRET, **claims: Any
) -> str:
    """A token for a visitor of `shop` (a myshopify domain), valid for five minutes; `claims` replace its own, and None
    leaves one out."""
    now = int(time.time())
    usual = {
        "dest": shop,
        "aud": CLIENT_ID,
        "exp": now + 300,
        "nbf": now,
        "iat": now,
        "jti": "6c992878-dbaf-48d1-bb9d-6d9b59814fd1",
        "sub": None if customer_id is None else f"gid://shopify/Customer/{customer_id}",
    }
    whole = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(whole, secret, algorithm="HS256")


def bearer(shop: str, customer_id: int | None = None, **claims: Any) -> dict[str, str]:
    """The header that an extension sends."""
    return {"Authorization": f"Bearer {session_token(shop, customer_id, **claims)}"}
