"""The demo's processes: started with a log each, watched, restarted, and all ended with the demo, whatever happens."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

from devstore.demo.failures import DemoError, Stopped
from devstore.demo.proc_table import list_children, list_descendants, read_peak_memory

STOP_SECONDS = 10.0
TICK_SECONDS = 0.25
MOST_RESTARTS = 3
HEALTHY_SECONDS = 60.0
TAIL_LINES = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
# looked up before any fork: a child between fork and exec must not import
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


@dataclass
class Child:
    """One process of the demo. `given` is written to its standard input; who `serves_others` is ended last, because
    the others need it to finish what they are at."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    given: str | None = None
    serves_others: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restarts: int = 0
    peak_memory: int = 0
    family: list[int] = field(default_factory=list)

    def start(self, mode: str = "wb") -> None:
        with self.log.open(mode) as log:
            self.process = start_process(self.command, self.environment, log, self.given)
        self.started_at = time.monotonic()

    def read_tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])


class Processes:
    """All processes of one demo. Leaving the `with` block ends every one of them and what they started."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []

    def __enter__(self) -> "Processes":
        if _prctl is not None:
            # orphans of our children become ours, so that the end of the demo reaches them too
            _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for signum in SIGNALS:
            signal.signal(signum, _raise_stopped)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for signum in SIGNALS:
            signal.signal(signum, signal.SIG_IGN)
        for serves_others in (False, True):
            group = [child for child in self._children if child.serves_others is serves_others]
            _end([child.process for child in group if child.process])
        _end_orphans()

    def start(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        *,
        given: str | None = None,
        serves_others: bool = False,
    ) -> None:
        """Start a process that is to live as long as the demo. Its output goes to logs/<name>.log."""
        child = Child(name, command, environment, self._logs / f"{name}.log", given, serves_others)
        self._children.append(child)
        child.start()

    def run(self, name: str, command: list[str], environment: Mapping[str, str], shown: bool = False) -> None:
        """Run a step to its end, on this terminal if `shown`; DemoError when it fails."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as file:
            process = start_process(command, environment, None if shown else file)
        try:
            code = process.wait()
        except BaseException:
            _end([process])
            raise
        if code:
            if shown:
                raise DemoError(f"The step {name} failed; the reason stands above. Nothing is left running.")
            raise DemoError(
                f"{name} failed with {describe_exit(code)}:\n{Child(name, [], {}, log).read_tail()}"
            )

    def watch(self) -> None:
        """Look after everyone once: note peak memory, restart who died; DemoError when that is in vain."""
        for child in self._children:
            if child.process is None:
                continue
            code = child.process.poll()
            if code is not None:
                self._restart(child, code)
                continue
            child.family = list_descendants(child.process.pid)
            peaks = [read_peak_memory(pid) for pid in (child.process.pid, *child.family)]
            child.peak_memory = max(child.peak_memory, *peaks)

    def wait_until(self, holds: Callable[[], bool], within: float, otherwise: str) -> None:
        """Watch everyone until `holds()`; DemoError with `otherwise` after `within` seconds."""
        until = time.monotonic() + within
        while not holds():
            if time.monotonic() > until:
                raise DemoError(f"{otherwise} within {within:.0f} s. The logs are in {self._logs}.")
            self.watch()
            time.sleep(TICK_SECONDS)

    def peak_memory(self) -> dict[str, int]:
        """Highest resident memory of a single process so far, in bytes, by name."""
        return {child.name: child.peak_memory for child in self._children if child.peak_memory}

    def _restart(self, child: Child, code: int) -> None:
        if time.monotonic() - child.started_at > HEALTHY_SECONDS:
            child.restarts = 0
        news = f"{child.name} ended with {describe_exit(code)}"
        last_words = f"{news}. The end of {child.log}:\n{child.read_tail()}"
        if child.restarts == MOST_RESTARTS:
            child.process = None
            raise DemoError(f"{last_words}\nIt was started {MOST_RESTARTS + 1} times in vain.")
        # a worker that ends by itself after many jobs is no news
        if code != 0 or child.restarts:
            told = f"{news}." if child.restarts else last_words
            print(f"\n{told}\nStarting it again.", file=sys.stderr)
        # what it left behind may still hold its port
        for pid in set(child.family) & set(list_children(os.getpid())):
            _send(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        child.restarts += 1
        child.start("ab")


def start_process(
    command: list[str],
    environment: Mapping[str, str],
    output: IO[bytes] | int | None,
    given: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that a Ctrl-C on the terminal reaches only the demo itself."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_end_with_parent if _prctl is not None else None,
    )
    if given is not None and process.stdin is not None:
        process.stdin.write(given.encode())
        process.stdin.close()
    return process


def describe_exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _end_with_parent() -> None:
    assert _prctl is not None
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _raise_stopped(signum: int, frame: object) -> None:
    raise Stopped(signum)


def _end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """SIGTERM, then SIGKILL to whoever is still there after the time limit, families included."""
    alive = [process for process in processes if process.poll() is None]
    for process in alive:
        _send(process.pid, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    for process in alive:
        family = list_descendants(process.pid)
        try:
            process.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            for pid in (process.pid, *family):
                _send(pid, signal.SIGKILL)
            process.wait()


def _end_orphans() -> None:
    """Whatever our children left behind is our child by now (Linux)."""
    for ending, seconds in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
        until = time.monotonic() + seconds
        while left := list_children(os.getpid()):
            for pid in left:
                _send(pid, ending)
                os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > until:
                break
            time.sleep(0.05)


def _send(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return
