"""How the demo's shop stands, as the service's own command `danke status` says."""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devstore.demo.failures import DemoError
from devstore.demo.processes import start_process

POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Part:
    """One part of the way. `seconds` is what it took, once it is done."""

    is_done: bool = False
    done: int = 0
    total: int = 0
    seconds: float = 0.0


class Standing:
    """The last known standing. Asking costs the machine something, so it happens seldom and with low priority."""

    def __init__(self, danke: str, shop: str, environment: Mapping[str, str]) -> None:
        self._command = ["nice", "-n", "19", danke, "status", "--shop", shop]
        self._environment = environment
        self._asking: subprocess.Popen[bytes] | None = None
        self._asked_at = float("-inf")
        self.parts: dict[str, Part] = {}

    def refresh(self) -> None:
        """Take the answer if there is one by now, ask again if it is time; never waits."""
        if self._asking is None:
            if time.monotonic() - self._asked_at > POLL_SECONDS:
                self._asking = start_process(self._command, self._environment, subprocess.PIPE)
        elif self._asking.poll() is not None:
            assert self._asking.stdout is not None
            answer = self._asking.stdout.read().decode()
            if self._asking.returncode:
                raise DemoError(f"`{' '.join(self._command[3:])}` failed:\n{answer}")
            self.parts = read_parts(json.loads(answer.splitlines()[-1]))
            self._asking, self._asked_at = None, time.monotonic()


def read_parts(answer: Mapping[str, Any]) -> dict[str, Part]:
    """`import`, `compute` and `publish` of one answer; DemoError when an import has failed."""
    imports = answer["import"]
    for each in imports:
        if each["state"] == "failed":
            raise DemoError(f"The import of {each['kind']} failed: {each['error']}")
    return {
        "import": Part(
            is_done=bool(imports) and all(each["state"] == "done" for each in imports),
            done=sum(each["rows_done"] for each in imports),
            total=sum(each["rows_total"] for each in imports),
            seconds=_measure_span(imports),
        ),
        **{name: _read_work(answer[name]) for name in ("compute", "publish")},
    }


def _read_work(work: Mapping[str, Any]) -> Part:
    is_open = work["is_wanted"] or work["is_running"]
    return Part(bool(work["finished_at"]) and not is_open, work["done"], work["total"], work["seconds"])


def _measure_span(imports: list[dict[str, Any]]) -> float:
    """From the first start to the last end."""
    starts = [datetime.fromisoformat(each["started_at"]) for each in imports if each["started_at"]]
    ends = [datetime.fromisoformat(each["finished_at"]) for each in imports if each["finished_at"]]
    return (max(ends) - min(starts)).total_seconds() if starts and ends else 0.0
