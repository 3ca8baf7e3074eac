"""Entries of a bundle, one at a time: a document of any length in a window of a few entries."""

import json
from collections.abc import Iterator
from typing import IO, Any

_CHUNK = 1 << 16
_BLANK = " \t\r\n"
# No word, number's sign or escape of JSON is longer: further from the window's end, a fault is the text's.
_LONGEST = 16


class Broken(ValueError):
    """The document cannot be read further; says where."""


class _Window:
    """The part of a text that is being read; what has been read is let go."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self._decoder = stream, json.JSONDecoder()
        self._text, self._at, self._gone = "", 0, 0

    def next(self) -> str:
        """The next character that is not blank, left where it is; '' at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> bool:
        """Whether the next character is this one; then it is passed."""
        here = self.next() == wanted
        self._at += here
        return here

    def value(self) -> Any:
        """The JSON value that begins here, read to its end."""
        self.next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as fault:
                if not self._cut(fault) or not self._more():
                    raise self.broken() from None
                continue
            if end < len(self._text) or not self._more():  # a number may go on in what is not read yet
                self._at = end
                return value

    def broken(self) -> Broken:
        return Broken(f"it breaks off or is not JSON after character {self._gone + self._at:,}")

    def _cut(self, fault: Exception) -> bool:
        """Whether the fault may come from where the window ends, and not from the text."""
        if not isinstance(fault, json.JSONDecodeError):
            return False
        return fault.msg.startswith("Unterminated string") or fault.pos > len(self._text) - _LONGEST

    def _more(self) -> bool:
        """Read on, as much again as is held, so that a long value is not begun anew too often."""
        self._gone += self._at
        held = self._text[self._at :]
        found = self._stream.read(max(_CHUNK, len(held)))
        self._text, self._at = held + found, 0
        return bool(found)


def document(stream: IO[str]) -> Iterator[tuple[int, Any]]:
    """What stands in `entry`, numbered from 1; at the end, as number 0, the object without it.

    Raises Broken where the text is not a JSON object or breaks off.
    """
    window, whole = _Window(stream), dict[str, Any]()
    if not window.take("{"):
        raise window.broken()
    while not window.take("}"):
        name = window.value()
        if not isinstance(name, str) or not window.take(":"):
            raise window.broken()
        if name == "entry" and window.next() == "[":
            yield from enumerate(_elements(window), 1)
        else:
            whole[name] = window.value()
        if not window.take(",") and window.next() != "}":
            raise window.broken()
    yield 0, whole


def _elements(window: _Window) -> Iterator[Any]:
    window.take("[")
    while not window.take("]"):
        yield window.value()
        if not window.take(",") and window.next() != "]":
            raise window.broken()
