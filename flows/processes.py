"""The same work in several processes that share what was read before: each is a fork, so memory is held once.

A process that dies is replaced. When this one is told to stop, so are they; when it is killed, they notice and stop.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

_STOP = (signal.SIGTERM, signal.SIGINT)
_PAUSE = 1.0  # seconds before one that died is replaced, so that what fails at once does not fail all the time


def share(count: int, work: Callable[[], None]) -> None:
    """Run `work` in `count` processes until SIGTERM or SIGINT; each gets SIGTERM then, and is waited for."""
    Shared(count, work).run()


class Shared:
    """The processes at work."""

    def __init__(self, count: int, work: Callable[[], None]) -> None:
        self._count, self._work = count, work
        self._running: set[int] = set()
        self._stopping = False
        self._watched, self._alive = os.pipe()  # the second end is closed when this process is gone

    def run(self) -> None:
        before = {number: signal.signal(number, self._stop) for number in _STOP}
        try:
            while len(self._running) < self._count:
                self._begin()
            while self._running:
                self._running.discard(os.wait()[0])
                if not self._stopping:
                    time.sleep(_PAUSE)
                    self._begin()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _begin(self) -> None:
        if self._stopping:
            return
        # Held back meanwhile: in the new process a signal would still find the handler of this one.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
        pid = os.fork()
        if pid == 0:
            self._become()
        self._running.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)

    def _become(self) -> None:
        code = 1
        try:
            for number in _STOP:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)
            os.close(self._alive)
            end_with(self._watched, signal.SIGTERM)
            self._work()
            code = 0
        finally:
            os._exit(code)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self._stopping = True
        for pid in tuple(self._running):
            _end(pid)


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(pid, signal.SIGTERM)


def end_with(watched: int, number: int) -> None:
    """Send this process a signal when the one that holds the other end of the pipe `watched` is gone."""
    threading.Thread(target=_follow, args=(watched, number), daemon=True).start()


def _follow(watched: int, number: int) -> None:
    os.read(watched, 1)
    os.kill(os.getpid(), number)
