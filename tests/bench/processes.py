"""Run a command and add up the memory of all of its processes while it works."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.5  # seconds between two looks


@dataclass(frozen=True)
class Work:
    """Wall and CPU seconds of a command with its processes, and the most MiB they held together at a time.

    A page that several share is counted once (proportional set size); the file cache of the system is not counted.
    """

    wall: float
    cpu: float
    peak_mib: float
    exit_code: int
    lines: tuple[str, ...]


def work(command: Sequence[str], **env: str) -> Work:
    """Run a command to its end, whatever its exit code."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | env, text=True, start_new_session=True)
    held, over = [0.0], threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, held, over))
    watch.start()
    assert process.stdout is not None
    lines = process.stdout.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    over.set()
    watch.join()
    cpu = usage.ru_utime + usage.ru_stime
    return Work(wall, cpu, max(held), os.waitstatus_to_exitcode(status), tuple(lines))


def _watch(session: int, held: list[float], over: threading.Event) -> None:
    while not over.wait(_EVERY):
        held.append(sum(_mib(pid) for pid in _of_session(session)))


def _of_session(session: int) -> list[Path]:
    return [path for path in Path("/proc").iterdir() if path.name.isdigit() and _session(path) == session]


def _session(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, IndexError, ValueError):
        return -1


def _mib(process: Path) -> float:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
