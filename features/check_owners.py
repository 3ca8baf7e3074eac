"""A record has one owner, a resident or a home, or corrections would go to the wrong one: told by marks of its ids.

A mark is a 64-bit hash, so rows with different marks are of different records; those with one mark are compared.
A record that moves is withdrawn of the one and told anew of the other (docs/contract.md): only the last word counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ._hashing import hash_rows, repeated
from .check_found import Finding, truth
from .problems import Severity
from .rules import Rule, Tables, found, rule

_PARTS = 12  # bits of a mark by which marks are looked at in parts that stay in the processor's cache


@dataclass(frozen=True)
class Owned:
    """The columns that tell the records of a table apart, and whose a record is."""

    table: str
    key: tuple[str, ...]
    owner: str
    severity: Severity
    says: str

    @property
    def where(self) -> str:
        return f"{self.table}.{self.key[-1]}"

    @property
    def rule(self) -> str:
        return f"{self.where} has one {self.owner}"


OWNED: Mapping[str, Owned] = {
    "home_events": Owned("home_events", ("record_id",), "home_id", "error", "record under two homes"),
    "stays": Owned("stays", ("record_id",), "resident_id", "error", "record under two residents"),
    # Providers number their own spells, so one number may honestly stand for two.
    "spells": Owned("spells", ("spell_id",), "resident_id", "warning", "spell_id under two residents"),
    "events": Owned("events", ("source", "record_id"), "resident_id", "error", "record under two residents"),
    "objections": Owned("objections", ("record_id",), "resident_id", "error", "record under two residents"),
}


def one_owner(owned: Owned) -> Rule:
    """The rule that each record of a table has one owner."""

    @rule(owned.rule, *(f"{owned.table}.{column}" for column in (*owned.key, owned.owner)))
    def find(t: Tables) -> Iterable[Finding]:
        return misplaced(t, owned, several(t, owned))

    return find


def misplaced(t: Tables, owned: Owned, rows: np.ndarray) -> tuple[Finding, ...]:
    """The finding of rows whose record has several owners."""
    hint = "Give every record an id of its own; one that moves is retracted where it was"
    return found(t, owned.where, owned.says, owned.severity, rows, hint)


@dataclass(frozen=True)
class Marked:
    """The rows that have an id, their marks, and which of these another row has too (positions, ascending)."""

    rows: np.ndarray
    marks: np.ndarray
    again: np.ndarray


def marked(t: Tables, owned: Owned) -> Marked:
    """The marks of a table's rows."""
    return t.kept(("marks", owned.table), lambda: _marked(t[owned.table], owned.key))


def _marked(table: pa.Table, key: tuple[str, ...]) -> Marked:
    rows = np.flatnonzero(truth(pc.is_valid(table[key[-1]])))
    marks = hash_rows(table, key)
    marks = marks if len(rows) == len(marks) else marks[rows]
    return Marked(rows, marks, twice(marks))


def claims(t: Tables, owned: Owned) -> Marked:
    """The same of the rows alone that are the last word on their record, of one owner."""
    return t.kept(("claims", owned.table), lambda: _claims(t, owned))


def _claims(t: Tables, owned: Owned) -> Marked:
    known = marked(t, owned)
    stands = ~truth(t[owned.table]["retracted"])[known.rows]
    # A row whose mark no other row has is the only version of its record.
    stands[known.again] = t.current(owned.table, rows=known.rows[known.again])
    place = np.cumsum(stands) - 1
    still = place[known.again[stands[known.again]]]
    marks = known.marks[stands]
    return Marked(known.rows[stands], marks, still[twice(marks[still])])


def twice(marks: np.ndarray, after: int = 0) -> np.ndarray:
    """Positions (ascending) of the marks that occur more than once; all marks agree in the first `after` bits."""
    part = ((marks << np.uint64(after)) >> np.uint64(64 - _PARTS)).astype(np.uint16)
    order = np.argsort(part, kind="stable")
    return np.sort(order[repeated(marks[order], part[order].astype(np.int32))])


def several(t: Tables, owned: Owned) -> np.ndarray:
    """Rows of records that have several owners among these rows."""
    known = claims(t, owned)
    rows, marks = known.rows[known.again], known.marks[known.again]
    if not len(rows):
        return rows
    doubtful = rows[_doubtful(marks, t.words(owned.table, owned.owner)[1][rows])]
    return doubtful[_several(t, owned, doubtful)] if len(doubtful) else doubtful


def _doubtful(marks: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Mask of the rows whose mark is of several owners, the missing one included."""
    order = np.argsort(marks, kind="stable")
    begin = np.flatnonzero(np.append(True, marks[order][1:] != marks[order][:-1]))
    least, most = (of.reduceat(owner[order], begin) for of in (np.minimum, np.maximum))
    mask = np.empty(len(marks), bool)
    mask[order] = np.repeat(least != most, np.diff(np.append(begin, len(marks))))
    return mask


def _several(t: Tables, owned: Owned, rows: np.ndarray) -> np.ndarray:
    """The same by the ids themselves; a missing owner is none."""
    frame = texts(t, owned, rows).to_pandas()
    return (frame.groupby(list(owned.key), dropna=False)[owned.owner].transform("nunique") > 1).to_numpy()


def texts(t: Tables, owned: Owned, rows: np.ndarray) -> pa.Table:
    """Ids and owners of some rows, written out."""
    some = t[owned.table].select([*owned.key, owned.owner]).take(pa.array(rows))
    return pa.table({name: some[name].cast(pa.string()) for name in some.column_names})
