"""The same work on many things in several processes, results in the order of the things.

Each process is a fork: it shares what was read before, starts at once, and is handed no more than the number of the
thing to work on, so that `work` may be any function and the things need no pickling. Such work is our own code on one
thread: it calls neither Prefect nor a log, whose threads a fork does not have.
"""

import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import Any, TypeVar

from features.problems import HomeroundError
from features.threads import alone

from .processes import end_with
from .progress import counted

T = TypeVar("T")
R = TypeVar("R")


class Over:
    """`map` over so many processes; with one, in this process. What `work` raises is raised here.

    `at_once` things are handed to a process together: few enough that none is left with much at the end.
    """

    def __init__(self, processes: int, at_once: int = 16) -> None:
        self._processes, self._at_once = processes, at_once

    def __call__(self, work: Callable[[T], R], given: Iterable[T], /) -> Iterator[R]:
        things = given if isinstance(given, Sequence) else list(given)
        processes = min(self._processes, -(-len(things) // self._at_once))
        return _forked(work, things, processes, self._at_once) if processes > 1 else map(work, things)


def all_of(processes: int, work: Callable[[int], R], given: Sequence[int], words: str, /) -> list[R]:
    """Work on each in several processes, and tell how far it is."""
    return list(counted(Over(processes, at_once=1)(work, given), len(given), words))


def _forked(work: Callable[[T], R], things: Sequence[T], processes: int, at_once: int) -> Iterator[R]:
    watched, alive = os.pipe()  # the second end is closed when this process is gone
    try:
        pool = ProcessPoolExecutor(processes, get_context("fork"), _begin, (work, things, watched, alive))
        try:
            yield from pool.map(_do, range(len(things)), chunksize=at_once)
        finally:
            pool.shutdown(cancel_futures=True)
    except BrokenProcessPool:
        raise HomeroundError(
            f"one of {processes} processes was ended from outside, perhaps for want of memory: "
            "run again with fewer ([model] threads)"
        ) from None
    finally:
        os.close(watched)
        os.close(alive)


_own: dict[str, Any] = {}


def _begin(work: Callable[[T], R], things: Sequence[T], watched: int, alive: int) -> None:
    """In the new process: what it works on, and that it ends when the one that made it does."""
    os.close(alive)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that made it decides what ends
    end_with(watched, signal.SIGKILL)
    Finalize(None, os._exit, (0,), exitpriority=0)  # sooner than Python would wait for threads that a fork lacks
    alone()
    gc.freeze()  # what was there before is shared: going through it would copy it
    gc.disable()  # until a thing is done: what it makes is looked through once, and not over and over
    _own.update(work=work, things=things)


def _do(number: int) -> Any:
    done = _own["work"](_own["things"][number])
    gc.collect()
    return done
