"""ID tokens as Shopify's admin gives them to App Bridge."""

import time
from typing import Any

import jwt


def id_token(shop: str, *, client_id: str, secret: str, **claims: Any) -> str:
    """A token of a staff member of `shop` (a myshopify domain), valid for a minute; `claims` replace its own."""
    now = int(time.time())
    usual = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": client_id,
        "sub": "90314500123",
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    }
    return jwt.encode(usual | claims, secret, algorithm="HS256")
