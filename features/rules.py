"""What every rule of acceptance stands on: tables with their sound columns, and the way from a mask to a problem."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .contract import RECORDED
from .nhs_number import looks_valid
from .problems import Problem, Severity
from .records import entities
from .visibility import known, micros

_LONDON = ZoneInfo("Europe/London")
# What names a row in an example: pseudonyms, times and codes. Rows of identities are told by their number alone.
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "homes": ("home_id",),
    "home_events": ("home_id", "time", "code"),
    "residents": ("resident_id",),
    "stays": ("resident_id", "home_id", "moved_in"),
    "spells": ("spell_id", "resident_id", "admitted_at"),
    "events": ("resident_id", "time", "code"),
    "objections": ("resident_id", "kind", "from"),
    "identities": (),
}


@dataclass(frozen=True)
class Tables:
    """Every table as `read`, and `filled` with recording times; `broken` are the (table, column) rules cannot use.

    A table that could not be read at all is broken as (table, "").
    """

    read: Mapping[str, pa.Table]
    filled: Mapping[str, pa.Table]
    broken: frozenset[tuple[str, str]] = frozenset()

    def __getitem__(self, table: str) -> pa.Table:
        return self.read[table]

    def lacks(self, needed: str) -> tuple[str, str] | None:
        """The broken (table, column) behind a need written table.column, or None when it is sound."""
        table, column = needed.split(".")
        return next((b for b in ((table, ""), (table, column)) if b in self.broken), None)

    @cached_property
    def people(self) -> pa.Array:
        """Distinct resident ids."""
        return pc.unique(self["residents"]["resident_id"]).drop_null()

    @cached_property
    def _persons(self) -> dict[str, np.ndarray]:
        return {}

    def person(self, table: str) -> np.ndarray:
        """Per row of a table the index in `people`, or -1."""
        if table not in self._persons:
            self._persons[table] = entities(self[table]["resident_id"], self.people)
        return self._persons[table]

    def of_person(self, column: str, missing: int) -> np.ndarray:
        """An instant of each of `people`, as int64 microseconds."""
        out = np.full(len(self.people), missing, np.int64)
        at = self.person("residents")
        out[at[at >= 0]] = micros(self["residents"][column], missing)[at >= 0]
        return out

    def current(self, table: str, field: str = "recorded_at") -> np.ndarray:
        """Mask of the rows that are the last word on their record: not corrected later, not withdrawn.

        `field` is the recording time of the column one looks at (see visibility.known).
        """
        when, last = known(self.filled[table], field), np.iinfo(np.int64).max
        return (when.until == last) & (when.since < last)

    @cached_property
    def last(self) -> int | None:
        """When the history ends: at its last recording, or its last time where recordings are not told."""
        told = [self[name][recorded] for name, pairs in RECORDED.items() for _, recorded in pairs]
        untold = [
            self[name][pairs[0][0]]
            for name, pairs in RECORDED.items()
            if name in ("home_events", "spells", "events") and _mostly_empty(self[name][pairs[0][1]])
        ]
        ends = [pc.max(column.cast(pa.int64())).as_py() for column in (*told, *untold)]
        return max((e for e in ends if e is not None), default=None)


def _mostly_empty(column: pa.ChunkedArray) -> bool:
    return column.null_count * 2 > len(column)


@dataclass(frozen=True)
class Rule:
    """One rule: what it asks for, the table.column it cannot do without, and how its problems are found."""

    name: str
    needs: tuple[str, ...]
    find: Callable[[Tables], Iterable[Problem]]


def rule(name: str, *needs: str) -> Callable[[Callable[[Tables], Iterable[Problem]]], Rule]:
    """Make a rule of a function from tables to problems."""
    return lambda find: Rule(name, needs, find)


def run(rules: Iterable[Rule], tables: Tables) -> list[Problem]:
    """Problems of every rule whose columns are sound; one warning per broken column names the rules left out."""
    problems: list[Problem] = []
    skipped: dict[tuple[str, str], list[str]] = {}
    for each in rules:
        if lacking := next((found for need in each.needs if (found := tables.lacks(need))), None):
            skipped.setdefault(lacking, []).append(each.name)
        else:
            problems += each.find(tables)
    return problems + [_left_out(where, names) for where, names in skipped.items()]


def _left_out(where: tuple[str, str], names: Sequence[str]) -> Problem:
    rules = "; ".join(dict.fromkeys(names))
    return Problem(*where, "rules not checked", "warning", 0, "", f"Mend this first, then these are checked: {rules}")


def found(
    tables: Tables, where: str, says: str, severity: Severity, rows: np.ndarray | pa.ChunkedArray, hint: str
) -> tuple[Problem, ...]:
    """The problem of some rows (a mask or positions) of the table in `where` (table.column); nothing without rows."""
    table, column = where.split(".")
    at = truth(rows)
    at = np.flatnonzero(at) if at.dtype == bool else at
    if not len(at):
        return ()
    return (Problem(table, column, says, severity, len(at), describe(tables[table], table, column, int(at[0])), hint),)


def truth(mask: np.ndarray | pa.ChunkedArray | pa.Array) -> np.ndarray:
    """A mask as numpy (null is False); anything of numpy as it is."""
    if isinstance(mask, np.ndarray):
        return mask
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)


def describe(rows: pa.Table, table: str, column: str, at: int) -> str:
    """One row in words that name nobody: its number (from 1, without the header), its ids, time and code, the value."""
    shown = list(_SHOWN[table])
    words = ", ".join(w for w in (_word(rows[name][at]) for name in shown) if w)
    if shown and column and column not in shown:
        words += f"; {column} {_word(rows[column][at]) or 'empty'}"
    return f"row {at + 1:,}" + (f": {words}" if words else "")


def _word(cell: pa.Scalar) -> str:
    value = cell.as_py()
    if pa.types.is_timestamp(cell.type) and value is not None:
        return value.astimezone(_LONDON).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:g}"
    text = "" if value is None else str(value)
    return "(masked)" if looks_valid(text) else text


def nearest(word: str, known_words: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, or ''."""
    plain = {k.lower(): k for k in known_words}
    meant = word.strip().lower().replace(" ", "_").replace("-", "_")
    close = get_close_matches(meant, plain, 1, 0.6)
    return plain[close[0]] if close else ""
