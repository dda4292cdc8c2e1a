"""`make demo` leaves no process behind, whatever happens to it or to them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's process table")

START = """
import os, sys, time
from pathlib import Path
from devstore.demo.failures import DemoError, Stopped
from devstore.demo.processes import Processes

folder = Path(sys.argv[1])

def start(processes, name, code):
    processes.start(name, [sys.executable, "-c", code, str(folder / name)], os.environ)
"""
STAYS = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
LEAVES_ONE = f"""
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    {STAYS}
time.sleep(60)
"""
STAY = """
try:
    with Processes(folder) as processes:
        start(processes, "stays", STAYS)
        start(processes, "orphan", LEAVES_ONE)
        processes.wait_until(lambda: False, 60, "")
except Stopped as stopped:
    sys.exit(128 + stopped.signum)
"""
DIE = """
try:
    with Processes(folder) as processes:
        start(processes, "hasty", "print('out of paper'); raise SystemExit(7)")
        processes.wait_until(lambda: False, 60, "")
except DemoError as error:
    print(error)
"""


def start_demo(folder: Path, course: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"{STAYS=}\n{LEAVES_ONE=}\n{START}{course}", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_pids(*files: Path) -> list[int]:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        texts = [file.read_text() if file.exists() else "" for file in files]
        if all(texts):
            return [int(text) for text in texts]
        time.sleep(0.02)
    raise AssertionError("the processes did not come up")


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_and_what_these_left_behind(
    tmp_path: Path, signum: signal.Signals
) -> None:
    demo = start_demo(tmp_path, STAY)
    pids = wait_for_pids(tmp_path / "stays", tmp_path / "orphan")

    demo.send_signal(signum)

    assert demo.wait(90) == 128 + signum, demo.communicate()
    assert not any(is_running(pid) for pid in pids)


def test_processes_end_when_the_demo_is_killed(tmp_path: Path) -> None:
    demo = start_demo(tmp_path, STAY)
    stays, orphan = wait_for_pids(tmp_path / "stays", tmp_path / "orphan")

    demo.kill()
    demo.wait()
    until = time.monotonic() + 60
    while is_running(stays) and time.monotonic() < until:
        time.sleep(0.02)

    assert not is_running(stays)
    os.kill(orphan, signal.SIGKILL)


def test_a_process_that_keeps_dying_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    said, complained = start_demo(tmp_path, DIE).communicate(timeout=180)

    assert "hasty ended with exit code 7" in said
    assert "out of paper" in said
    assert "It was started 4 times in vain." in said
    assert complained.count("Starting it again.") == 3
