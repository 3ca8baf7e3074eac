"""Run one piece of work in a process of its own and read wall, CPU and peak memory from the operating system."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """Seconds, and MiB of the largest process; `told` is what the work printed as its last line of JSON, if any.

    `lines` is all that it printed.
    """

    wall: float
    cpu: float
    peak_mib: float
    told: dict[str, float]
    lines: tuple[str, ...]


def run(command: Sequence[str], **env: str) -> Run:
    """Run a command to its end; RuntimeError with its last words if it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | env, text=True)
    assert process.stdout is not None
    lines = process.stdout.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} failed: {' / '.join(lines[-3:])}")
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, told, tuple(lines))


def median_of(times: int, command: Sequence[str], **env: str) -> Run:
    """The run with the median wall time of several."""
    runs = sorted((run(command, **env) for _ in range(times)), key=lambda r: r.wall)
    return runs[len(runs) // 2]


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def tell(**figures: float) -> None:
    """What a measured piece of work says of itself, with its own peak memory in MiB."""
    print(json.dumps(figures | {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
