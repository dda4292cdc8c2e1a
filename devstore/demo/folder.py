"""What one demo remembers between its starts: a folder with secrets, ports and the name of its history."""

import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from devstore.demo.failures import DemoError

EXAMPLE_SHOP = "the example shop"


class DemoFolder:
    """DATA_DIR of a demo. One demo at a time may hold it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.store = self.path / "devstore"
        self.logs = self.path / "logs"
        for folder in (self.path, self.store, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = (self.path / "demo.lock").open("w")
        self._file = self.path / "demo.env"
        self._values = _read_values(self._file)

    def lock(self) -> None:
        """Hold the folder until this process ends; DemoError when another demo does."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                f"Another demo is running in {self.path}. Set DATA_DIR to another folder."
            ) from None

    def recall(self, name: str, make: Callable[[], str]) -> str:
        """A value of an earlier start, else `make` one and keep it."""
        if name not in self._values:
            self._keep(name, make())
        return self._values[name]

    def recall_port(self, name: str) -> int:
        """A free port on loopback, the same one as last time if it is still free."""
        port = int(self.recall(name, find_free_port))
        if not port_is_free(port):
            self._keep(name, find_free_port())
        return int(self._values[name])

    @property
    def history(self) -> str | None:
        """Fingerprint of the history that the store was filled with; None before it was."""
        return self._values.get("HISTORY")

    def keep_history(self, orders: Path | None) -> None:
        """Remember that the store is filled, and with what."""
        self._keep("HISTORY_NAME", orders.name if orders else EXAMPLE_SHOP)
        self._keep("HISTORY", fingerprint(orders))

    def check_history(self, orders: Path | None) -> None:
        """DemoError when the folder holds another history than the one asked for."""
        if self.history not in (None, fingerprint(orders)):
            wanted = orders.name if orders else EXAMPLE_SHOP
            raise DemoError(
                f"{self.path} holds the history of {self._values['HISTORY_NAME']}, not of {wanted}.\n"
                f"Remove that folder (rm -r {self.path}) or set DATA_DIR to another one."
            )

    def forget_store(self) -> None:
        """Remove a store that was not filled to its end."""
        shutil.rmtree(self.store)
        self.store.mkdir(mode=0o700)

    def _keep(self, name: str, value: str) -> None:
        self._values[name] = value
        fresh = self._file.with_suffix(".new")
        with open(fresh, "w", opener=_open_private, encoding="utf-8") as file:
            file.writelines(f"{key}={kept}\n" for key, kept in self._values.items())
        fresh.replace(self._file)


def fingerprint(orders: Path | None) -> str:
    """Names a history by its content, so that a moved file is still the same."""
    if orders is None:
        return "example"
    with orders.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def make_encryption_key(danke: str) -> str:
    """A key as the service itself makes it."""
    made = subprocess.run([danke, "keys", "new"], check=True, capture_output=True, text=True)
    return made.stdout.strip()


def make_secret() -> str:
    return secrets.token_hex(32)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read_values(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines())
    return {name: value for name, _, value in pairs if value}
