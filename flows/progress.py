"""Words about long work as it goes on: steps say them, whoever runs the steps decides where they appear."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
_EVERY = 5.0  # seconds between two lines

_listeners: list[Callable[[str], None]] = []


def say(text: str) -> None:
    """Tell whoever listens what is being done."""
    for listener in _listeners:
        listener(text)


@contextmanager
def told_to(listener: Callable[[str], None]) -> Iterator[None]:
    """Pass on what is said within a block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def counted(done: Iterable[T], of: int, words: str) -> Iterator[T]:
    """Pass on what is done, and tell now and then how much of all there is, how fast it goes, and what is left."""
    began = told = time.monotonic()
    for number, one in enumerate(done, 1):
        now = time.monotonic()
        if now - told >= _EVERY or number == of:
            told = now
            say(f"{number:,} of {of:,} {words}" + _pace(number / max(now - began, 1e-9), of - number))
        yield one


def _pace(a_second: float, left: int) -> str:
    seconds = left / a_second
    if seconds < _EVERY:
        return ""
    rate = f"{a_second:.1f} a second" if a_second >= 1 else f"one in {1 / a_second:.0f} s"
    return f", {rate}, about " + (f"{seconds:.0f} s to go" if seconds < 120 else f"{seconds / 60:.0f} min to go")
