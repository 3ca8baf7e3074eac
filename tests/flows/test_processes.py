"""Several processes at the same work: one that dies is replaced, and none outlives the one that made them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORK = "import time; from flows.processes import share; share(2, lambda: time.sleep(60))"


@pytest.fixture
def made() -> Iterator[subprocess.Popen]:
    process = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT)
    yield process
    process.kill()
    process.wait()


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        return " Z" in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def soon(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_one_that_dies_is_replaced_and_all_stop_with_the_first(made: subprocess.Popen) -> None:
    assert soon(lambda: len(children(made.pid)) == 2)
    first = children(made.pid)
    os.kill(first[0], signal.SIGKILL)
    assert soon(lambda: len(set(children(made.pid)) - set(first)) == 1)
    left = children(made.pid)
    made.send_signal(signal.SIGTERM)
    assert made.wait(20) == 0
    assert all(gone(pid) for pid in left)


def test_none_outlives_one_that_is_killed(made: subprocess.Popen) -> None:
    assert soon(lambda: len(children(made.pid)) == 2)
    left = children(made.pid)
    made.kill()
    assert soon(lambda: all(gone(pid) for pid in left))
