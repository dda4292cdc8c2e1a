"""Danke's own processes, started for a test, killed at its will, ended with it."""

import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

DANKE = [sys.executable, "-m", "service.commands.cli"]


@dataclass
class Fleet:
    """Named processes with one environment; each name is a command of `danke`."""

    environment: dict[str, str]
    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return len(self.killed)

    def start(self, name: str, *command: str) -> None:
        """Start `danke command` under `name` (again)."""
        self.commands[name] = list(command)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*DANKE, *command],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """SIGKILL the process and all its children at once, as a lost machine would."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.killed.append(name)

    def replace(self, name: str) -> None:
        """Kill the process and start it again, as a supervisor would."""
        self.kill(name)
        self.start(name, *self.commands[name])

    def replace_any(self, chance: random.Random, names: list[str]) -> None:
        """Kill one of `names` at random."""
        self.replace(chance.choice(names))

    def stop(self) -> None:
        """End everything."""
        for name in list(self.running):
            self.kill(name)

    def log_of(self, name: str) -> str:
        """What the process has written so far."""
        return (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
