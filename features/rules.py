"""What every rule of acceptance stands on: tables with their sound columns, and what it is to be a rule."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ._hashing import dictionary
from .check_found import Finding, describe, together, truth
from .history import Lags, with_recording_times
from .problems import Problem, Severity
from .records import entities
from .visibility import known, micros

T = TypeVar("T")
Broken = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Tables:
    """Every table as read, of a whole history or of one part; `last` is when the whole one ends.

    `broken` are the (table, column) rules cannot use. A table that could not be read at all is broken as (table, "").
    """

    read: Mapping[str, pa.Table]
    last: int | None = None
    lags: Lags = field(default_factory=Lags)
    broken: Broken = frozenset()

    def __getitem__(self, table: str) -> pa.Table:
        return self.read[table]

    @cached_property
    def _kept(self) -> dict[Any, Any]:
        return {}

    def kept(self, name: Any, make: Callable[[], T]) -> T:
        """What several rules ask for, made once."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def words(self, table: str, column: str) -> tuple[pa.Array, np.ndarray]:
        """The distinct words of a text column, and where among them each row's is (-1: missing)."""
        return self.kept((table, column), lambda: dictionary(self[table][column]))

    def saying(self, table: str, column: str, holds: Callable[[pa.Array], Any], *, missing: bool = False) -> np.ndarray:
        """Rows whose word `holds` is true of, looking at each distinct word once; and those without one if asked."""
        words, at = self.words(table, column)
        mask = np.append(truth(holds(words)), missing)
        return np.flatnonzero(mask[at]) if mask.any() else np.empty(0, np.int64)

    @cached_property
    def people(self) -> pa.Array:
        """Distinct resident ids."""
        return pc.unique(self["residents"]["resident_id"]).drop_null()

    def person(self, table: str) -> np.ndarray:
        """Per row of a table the index in `people`, or -1."""
        return self.kept(("person", table), lambda: self._person(table))

    def _person(self, table: str) -> np.ndarray:
        words, at = self.words(table, "resident_id")
        return np.append(entities(words, self.people), np.int32(-1))[at]

    def of_person(self, column: str, missing: int) -> np.ndarray:
        """An instant of each of `people`, as int64 microseconds."""
        out = np.full(len(self.people), missing, np.int64)
        at = self.person("residents")
        out[at[at >= 0]] = micros(self["residents"][column], missing)[at >= 0]
        return out

    def current(self, table: str, field: str = "recorded_at", rows: np.ndarray | None = None) -> np.ndarray:
        """Mask of the rows that are the last word on their record: not corrected later, not withdrawn.

        `field` is the recording time of the column one looks at (see visibility.known). `rows` are those asked about,
        if not all, with every version of their records.
        """
        if rows is None:
            filled = self.kept(("filled", table), lambda: with_recording_times(self[table], table, self.lags)[0])
        else:
            filled, _ = with_recording_times(self[table].take(pa.array(rows)), table, self.lags)
        when, last = known(filled, field), np.iinfo(np.int64).max
        return (when.until == last) & (when.since < last)


def lacks(broken: Broken, needed: str) -> tuple[str, str] | None:
    """The broken (table, column) behind a need written table.column, or None when it is sound."""
    table, column = needed.split(".")
    return next((b for b in ((table, ""), (table, column)) if b in broken), None)


def _as_found(finding: Finding, rows: int) -> Finding | None:
    return finding


@dataclass(frozen=True)
class Rule:
    """One rule: what it asks for, the table.column it cannot do without (the first is of the table whose rows it looks
    at), how its findings are made in a part of a history, and what becomes of one in the light of all `rows`."""

    name: str
    needs: tuple[str, ...]
    find: Callable[[Tables], Iterable[Finding]]
    told: Callable[[Finding, int], Finding | None] = _as_found

    @property
    def table(self) -> str:
        return self.needs[0].split(".")[0]

    def lacking(self, broken: Broken) -> tuple[str, str] | None:
        return next((one for need in self.needs if (one := lacks(broken, need))), None)


def rule(
    name: str, *needs: str, told: Callable[[Finding, int], Finding | None] = _as_found
) -> Callable[[Callable[[Tables], Iterable[Finding]]], Rule]:
    """Make a rule of a function from tables to findings."""
    return lambda find: Rule(name, needs, find, told)


def found(
    tables: Tables, where: str, says: str, severity: Severity, rows: np.ndarray | pa.ChunkedArray, hint: str,
    kind: tuple[str, ...] = (), words: Mapping[str, int] | None = None,
) -> tuple[Finding, ...]:  # fmt: skip
    """The finding of some rows (a mask or positions) of the table in `where` (table.column); nothing without rows."""
    table, column = where.split(".")
    at = truth(rows)
    at = np.flatnonzero(at) if at.dtype == bool else at
    if not len(at):
        return ()
    example = describe(tables[table], table, column, int(at[0]))
    return (Finding(where, says, severity, len(at), int(at[0]), example, hint, kind, words or {}),)


Findings = Mapping[str, tuple[Finding, ...]]  # by the rule's name


def findings(rules: Iterable[Rule], tables: Tables) -> Findings:
    """What every rule finds whose columns are sound."""
    return {each.name: tuple(each.find(tables)) for each in rules if not each.lacking(tables.broken)}


def joined(rules: Iterable[Rule], parts: Sequence[tuple[Mapping[str, int], Findings]]) -> dict[str, list[Finding]]:
    """The findings by rule of all parts of a history, each with its rows by table."""
    out: dict[str, list[Finding]] = {}
    for each in rules:
        before = np.cumsum([0, *(rows.get(each.table, 0) for rows, _ in parts)]).tolist()
        whole = together((b, of.get(each.name, ())) for b, (_, of) in zip(before, parts, strict=False))
        out[each.name] = [told for one in whole if (told := each.told(one, before[-1]))]
    return out


def problems(rules: Iterable[Rule], all_found: Mapping[str, Iterable[Finding]], broken: Broken) -> list[Problem]:
    """Problems by rule; one warning per broken column names the rules left out."""
    told: list[Problem] = []
    skipped: dict[tuple[str, str], list[str]] = {}
    for each in rules:
        if lacking := each.lacking(broken):
            skipped.setdefault(lacking, []).append(each.name)
        told += [one.problem() for one in all_found[each.name]]
    return told + [_left_out(where, names) for where, names in skipped.items()]


def _left_out(where: tuple[str, str], names: Sequence[str]) -> Problem:
    rules = "; ".join(dict.fromkeys(names))
    return Problem(*where, "rules not checked", "warning", 0, "", f"Mend this first, then these are checked: {rules}")
