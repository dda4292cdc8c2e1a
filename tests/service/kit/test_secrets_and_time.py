"""Encryption, fingerprints and business time."""

from datetime import timedelta
from pathlib import Path

import pytest

from service.kit.clock import Clock
from service.kit.crypto import Cipher, UnreadableSecret, new_key
from service.kit.errors import Refused


def test_a_secret_is_readable_with_its_key_and_with_none_else() -> None:
    token = Cipher([new_key()]).encrypt("shpat_secret")

    assert b"shpat" not in token
    with pytest.raises(UnreadableSecret):
        Cipher([new_key()]).decrypt(token)


def test_keys_rotate_without_losing_a_secret_or_a_fingerprint() -> None:
    old, new = new_key(), new_key()
    before, during = Cipher([old]), Cipher([new, old])

    assert during.decrypt(before.encrypt("shpat_secret")) == "shpat_secret"
    assert Cipher([new]).decrypt(during.encrypt("shpat_new")) == "shpat_new"
    assert during.fingerprint(1, "ada@example.com") == before.fingerprint(1, "ada@example.com")


def test_a_changed_ciphertext_is_refused() -> None:
    cipher = Cipher([new_key()])
    token = cipher.encrypt("shpat_secret")

    with pytest.raises(UnreadableSecret):
        cipher.decrypt(token[:-4] + b"AAAA")


def test_fingerprints_ignore_case_and_differ_from_shop_to_shop() -> None:
    cipher = Cipher([new_key()])

    assert cipher.fingerprint(1, " Ada@Example.com") == cipher.fingerprint(1, "ada@example.com")
    assert cipher.fingerprint(1, "ada@example.com") != cipher.fingerprint(2, "ada@example.com")


def test_moved_time_is_the_same_for_every_process_that_shares_the_folder(tmp_path: Path) -> None:
    mine, theirs = Clock(tmp_path / "offset"), Clock(tmp_path / "offset")
    before = theirs.now()

    mine.advance(timedelta(days=30))
    mine.advance(timedelta(days=1))

    assert Clock(tmp_path / "offset").now() - before >= timedelta(days=31)


def test_production_refuses_to_move_time() -> None:
    with pytest.raises(Refused):
        Clock().advance(timedelta(days=1))
