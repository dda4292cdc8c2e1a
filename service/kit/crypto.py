"""Secrets at rest: values encrypted with keys that rotate, and keyed fingerprints to look people up by."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from service.kit.errors import DankeError

_TOKEN_BYTES = 24


class UnreadableSecret(DankeError):
    """A stored value can't be decrypted with any configured key."""


def new_key() -> str:
    """A fresh key for ENCRYPTION_KEYS."""
    return Fernet.generate_key().decode("ascii")


class Cipher:
    """Encrypts with the first key, decrypts with any. Fingerprints and tokens use the last one, which stays for good:
    they must be the same for ever."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._fingerprint_key = hashlib.sha256(b"fingerprint:" + keys[-1].encode("ascii")).digest()
        self._token_key = hashlib.sha256(b"token:" + keys[-1].encode("ascii")).digest()

    def encrypt(self, text: str) -> bytes:
        """Authenticated encryption of `text` (AES-128-CBC with HMAC-SHA256, as Fernet defines it)."""
        return self._fernet.encrypt(text.encode("utf-8"))

    def decrypt(self, token: bytes) -> str:
        """The text again; raises UnreadableSecret when the token was changed or its key is gone."""
        try:
            return self._fernet.decrypt(token).decode("utf-8")
        except InvalidToken as error:
            raise UnreadableSecret("A stored secret can't be decrypted: check ENCRYPTION_KEYS.") from error

    def fingerprint(self, shop_id: int, text: str) -> str:
        """Keyed hash (64 hex digits) of `text`, trimmed and lower-cased; differs from shop to shop."""
        message = f"{shop_id}:{text.strip().lower()}".encode()
        return hmac.new(self._fingerprint_key, message, hashlib.sha256).hexdigest()

    def derive_token(self, purpose: str, text: str) -> str:
        """An unguessable text (192 bits, 32 characters of base64url) that always follows from the same purpose and
        text: what is derived need not be stored."""
        message = f"{purpose}:{text}".encode()
        digest = hmac.new(self._token_key, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:_TOKEN_BYTES]).decode("ascii")
