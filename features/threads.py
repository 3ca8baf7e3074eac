"""Compiled loops on every core: a range of the work for each thread, since compiled code holds no interpreter lock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba

_LEAST = 64  # pieces of work that are worth a thread
_RANGES = 8  # per thread, so that an uneven range does not leave the others waiting


def in_threads(loop: Callable[..., None], size: int, *arguments: object) -> None:
    """Call `loop(first, last, *arguments)` for ranges that together cover 0 to `size`; NUMBA_NUM_THREADS limits."""
    threads = min(numba.config.NUMBA_NUM_THREADS, size // _LEAST)  # type: ignore[attr-defined]
    if threads < 2:
        loop(0, size, *arguments)
        return
    step = -(-size // (threads * _RANGES))
    with ThreadPoolExecutor(threads) as pool:
        done = [pool.submit(loop, low, min(low + step, size), *arguments) for low in range(0, size, step)]
        for one in done:
            one.result()


def alone() -> None:
    """From now on one thread: this process is one of several that share the cores."""
    numba.config.NUMBA_NUM_THREADS = 1  # type: ignore[attr-defined]
