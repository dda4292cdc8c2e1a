"""HMAC-SHA256 under the app's client secrets: the one place where signatures are computed and compared.

While a secret is being rotated Shopify keeps signing with the old one for up to an hour, so two are taken
(shopify.dev: client secrets, rotate and revoke client credentials).
"""

import hmac
from collections.abc import Callable, Sequence


def usable_secrets(secrets: Sequence[str]) -> list[str]:
    """The secrets that are not blank. A single text is a mistake: its letters would each become a secret."""
    if isinstance(secrets, str):
        raise TypeError("secrets must be a sequence of texts, not one text")
    return [secret for secret in secrets if secret.strip()]


def signed_by_any(message: bytes, given: str, secrets: Sequence[str], encode: Callable[[bytes], str]) -> bool:
    """Whether `given` is the encoded HMAC-SHA256 of `message` under one of the secrets; False without any.

    Compares in constant time, tries every secret, and takes any text (`compare_digest` alone refuses
    non-ASCII text).
    """
    given_bytes = given.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(encode(hmac_sha256(message, secret)).encode("ascii"), given_bytes)
        for secret in usable_secrets(secrets)
    ]
    return any(matches)


def hmac_sha256(message: bytes, secret: str) -> bytes:
    """The 32 bytes of HMAC-SHA256 of `message` under `secret` (UTF-8)."""
    return hmac.digest(secret.encode("utf-8"), message, "sha256")
