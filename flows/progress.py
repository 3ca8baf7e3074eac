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
    """Pass on what is done, and tell now and then how many of all there are, and how long the rest will take at this
    pace."""
    began = told = time.monotonic()
    for number, one in enumerate(done, 1):
        now = time.monotonic()
        if now - told >= _EVERY or number == of:
            told = now
            say(f"{number:,} of {of:,} {words}" + _left((now - began) / number * (of - number)))
        yield one


def _left(seconds: float) -> str:
    if seconds < _EVERY:
        return ""
    return f", about {seconds:.0f} s to go" if seconds < 120 else f", about {seconds / 60:.0f} min to go"
