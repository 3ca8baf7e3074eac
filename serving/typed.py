"""Rows out of JSON by the annotations of their fields: what does not fit is named with its path.

Each kind's reader is put together once, since a week of lists holds millions of values.
"""

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Row = TypeVar("Row")
_Reader = Callable[[Any], Any]


class _Misfit(Exception):
    """A value that does not fit, and where it stands below the reader that was asked."""

    def __init__(self, value: Any, at: str = "") -> None:
        super().__init__(value, at)
        self.value, self.at = value, at

    def below(self, step: str) -> "_Misfit":
        return _Misfit(self.value, step + self.at)


def decoded(value: Any, kind: type[Row], called: str) -> Row:
    """The row of a `kind` that `rows.to_jsonable` was given; ValueError names the field of `called` that does not
    fit."""
    asked: Any = kind
    try:
        return _reader(asked)(value)
    except _Misfit as misfit:
        raise ValueError(f"{called}{misfit.at}: {misfit.value!r} does not fit") from None


@cache
def _reader(kind: Any) -> _Reader:
    """A function of a value of JSON that gives the value of the annotated type, or raises _Misfit."""
    origin = get_origin(kind)
    if origin in (types.UnionType, Union):
        inner = _reader(next(arg for arg in get_args(kind) if arg is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if origin is Literal:
        return _choice_reader(get_args(kind))
    if is_dataclass(kind):
        return _row_reader(kind)
    return {date: _date, float: _float}.get(kind) or _exact_reader(kind)


def _row_reader(kind: Any) -> _Reader:
    """A field with a default may be missing: the row was written before there was such a field."""
    hints = get_type_hints(kind)
    readers = {name: _reader(hint) for name, hint in hints.items()}
    plain = {name: _plain(hint) for name, hint in hints.items()}
    needed = frozenset(f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)

    def read(value: Any) -> Any:
        if type(value) is not dict or not needed <= value.keys() <= readers.keys():
            raise _Misfit(value)
        made = {}
        for name, inner in value.items():
            if type(inner) is plain[name]:  # most values by far: the call that would say so is spared
                made[name] = inner
                continue
            try:
                made[name] = readers[name](inner)
            except _Misfit as misfit:
                raise misfit.below(f".{name}") from None
        return kind(**made)

    return read


def _plain(kind: Any) -> Any:
    """The type whose values need no more than to be of it; None where there is none."""
    if get_origin(kind) in (types.UnionType, Union):
        return _plain(next(arg for arg in get_args(kind) if arg is not type(None)))
    return kind if kind in (str, int, float, bool) else None


def _tuple_reader(kinds: tuple[Any, ...]) -> _Reader:
    """Of any length when the last of `kinds` is `...`, else of one value each."""
    many = kinds[-1] is Ellipsis
    readers = [_reader(kind) for kind in kinds if kind is not Ellipsis]

    def read(value: Any) -> Any:
        if type(value) is not list or not (many or len(value) == len(readers)):
            raise _Misfit(value)
        made = []
        for inner, reader in zip(value, readers * len(value) if many else readers, strict=True):
            try:
                made.append(reader(inner))
            except _Misfit as misfit:
                raise misfit.below(f"[{len(made)}]") from None
        return tuple(made)

    return read


def _choice_reader(choices: tuple[Any, ...]) -> _Reader:
    def read(value: Any) -> Any:
        if value not in choices:
            raise _Misfit(value)
        return value

    return read


def _exact_reader(kind: type) -> _Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise _Misfit(value)
        return value

    return read


def _date(value: Any) -> date:
    if type(value) is not str:
        raise _Misfit(value)
    return date.fromisoformat(value)


def _float(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise _Misfit(value)
    return float(value)
