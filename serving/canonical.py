"""Rows as canonical JSON text: sorted keys, an indent of one, no NaN; byte for byte what `json.dumps` writes of them.

The standard library indents in Python, value by value, which took most of a list's time. Here each kind of row has its
names, sorted and quoted, put together once.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from json.encoder import encode_basestring as quoted
from math import isfinite
from operator import attrgetter
from typing import Any

_Writer = Callable[[Any, str], str]  # a value, and the line end with the indent of the line it stands on


def text(value: Any) -> str:
    """Dataclasses, tuples, dates and plain values as JSON text. ValueError on a NaN or infinity."""
    return _WRITERS[type(value)](value, "\n")


class _Writers(dict[type, _Writer]):
    """By type; that of a row or of a subclass is found when it is first met."""

    def __missing__(self, kind: type) -> _Writer:
        found = (
            _row_writer(kind)
            if is_dataclass(kind)
            else next((self[base] for base in _BASES if issubclass(kind, base)), None)
        )
        if found is None:
            raise TypeError(f"{kind.__name__} is no value of a row")
        self[kind] = found
        return found


def _row_writer(kind: type) -> _Writer:
    names = sorted(field.name for field in fields(kind))
    values = attrgetter(*names, "__class__")  # with a second name it gives a tuple even of a row with one field

    @cache
    def form(line: str) -> str:
        inner = f"{line} "
        return "{" + inner + f",{inner}".join(f"{quoted(name)}: %s" for name in names) + line + "}"

    def write(row: Any, line: str) -> str:
        inner = f"{line} "
        # Most values are text: the call that would only find that out is spared.
        found = [quoted(v) if type(v) is str else _WRITERS[type(v)](v, inner) for v in values(row)[:-1]]
        return form(line) % tuple(found)

    return write


def _array(values: Any, line: str) -> str:
    if not values:
        return "[]"
    inner = f"{line} "
    return "[" + inner + f",{inner}".join([_WRITERS[type(value)](value, inner) for value in values]) + line + "]"


def _number(value: float, _: str) -> str:
    if not isfinite(value):
        raise ValueError(f"Out of range float values are not JSON compliant: {value!r}")
    return float.__repr__(value)


_WRITERS = _Writers(
    {
        str: lambda value, _: quoted(value),
        type(None): lambda _, __: "null",
        bool: lambda value, _: "true" if value else "false",
        float: _number,
        int: lambda value, _: int.__repr__(value),
        tuple: _array,
        list: _array,
        date: lambda value, _: quoted(value.isoformat()),
    }
)
_BASES = tuple(_WRITERS)
