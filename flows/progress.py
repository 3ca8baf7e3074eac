"""Words about long work as it goes on: steps say them, whoever runs the steps decides where they appear."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
