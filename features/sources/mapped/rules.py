"""Rows that cannot be, found before they are written: the rules of the contract that an import can keep."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...contract import TABLES, Column
from ...nhs_number import valid

Columns = dict[str, pa.ChunkedArray]
Rule = tuple[str, np.ndarray]

_MANY = 6  # more allowed values than this are not spelt out
_IN_ORDER = {"spells": ("admitted_at", "discharged_at"), "stays": ("moved_in", "moved_out")}
_RECORDS = {"home_events": "home_id", "stays": "resident_id", "events": "resident_id", "objections": "resident_id"}
_DAY_US = 86_400_000_000


class Seen:
    """What the rows kept so far say: which ids there are, and whose each record is."""

    def __init__(self, tables: set[str]) -> None:
        self._ids = {name: pa.array([], pa.string()) for name in tables if TABLES[name].key}
        self._owners = {name: _Owners() for name in _RECORDS}

    def row_rules(self, table: str, columns: Columns) -> list[Rule]:
        """Rules of single rows: (what is wrong, mask of the rows in which it is not)."""
        rules = [_allowed(c, columns[c.name]) for c in TABLES[table].columns if c.allowed and c.name in columns]
        if table in _IN_ORDER and set(_IN_ORDER[table]) <= columns.keys():
            begin, end = _IN_ORDER[table]
            rules.append((f"{end} before {begin}", _not(pc.less(columns[end], columns[begin]))))
        if table == "residents" and "died_on" in columns:
            died = pc.add(columns["died_on"].cast(pa.int64()), _DAY_US)
            born = pc.multiply(columns["date_of_birth"].cast(pa.int32()).cast(pa.int64()), _DAY_US)
            rules.append(("born after death", _not(pc.less(died, born))))
        if "retracted" in columns:
            record = columns.get("record_id", pa.chunked_array([pa.nulls(len(columns["retracted"]), pa.string())]))
            rules.append(("retracted without a record_id", _not(pc.and_(columns["retracted"], pc.is_null(record)))))
        if table == "identities":
            rules.append(("nhs_number: wrong check digit", valid(columns["nhs_number"])))
        return rules + [
            (f"unknown {name[:-3]}", _truth(pc.is_in(columns[name], value_set=self._ids[target])))
            for name, target in (("home_id", "homes"), ("resident_id", "residents"))
            if name in TABLES[table].refers and target in self._ids
        ]

    def other_rules(self, table: str, columns: Columns, good: np.ndarray) -> list[Rule]:
        """Rules between rows, of those that are `good` alone: ids that stand twice, records of two people or homes."""
        rules = []
        for key in TABLES[table].key:
            ids = columns[key].to_pandas().where(good)
            again = (ids.duplicated() & ids.notna()).to_numpy(bool) | _truth(
                pc.is_in(columns[key], value_set=self._ids[table])
            )
            rules.append((f"the same {key} twice", ~again | ~good))
            self._ids[table] = pa.concat_arrays([self._ids[table], columns[key].filter(good & ~again).combine_chunks()])
        if table in _RECORDS and "record_id" in columns:
            rules.append((f"record under two {_RECORDS[table][:-3]}s", ~self._strangers(table, columns, good)))
        return rules

    def _strangers(self, table: str, columns: Columns, good: np.ndarray) -> np.ndarray:
        """Mask of the rows whose record, of this source, was another's before."""
        rows = np.flatnonzero(good & _truth(pc.is_valid(columns["record_id"])))
        key = [columns[name] for name in ("source", "record_id") if name in columns]
        out = np.zeros(len(good), bool)
        out[rows] = self._owners[table].differ(_hashes(key)[rows], _hashes([columns[_RECORDS[table]]])[rows])
        return out


class _Owners:
    """The first owner of each record, both as 64-bit hashes, which keeps tens of millions in memory."""

    def __init__(self) -> None:
        self._keys = self._first = np.empty(0, np.uint64)

    def differ(self, keys: np.ndarray, owners: np.ndarray) -> np.ndarray:
        """Whether each record's first owner, here or before, is another than that given."""
        fresh = np.flatnonzero(~np.isin(keys, self._keys))
        new, at = np.unique(keys[fresh], return_index=True)
        place = np.searchsorted(self._keys, new)
        self._keys = np.insert(self._keys, place, new)
        self._first = np.insert(self._first, place, owners[fresh][at])
        return self._first[np.searchsorted(self._keys, keys)] != owners


def _hashes(columns: list[pa.ChunkedArray]) -> np.ndarray:
    frame = pd.DataFrame({str(n): column.to_pandas().astype(object) for n, column in enumerate(columns)})
    return pd.util.hash_pandas_object(frame, index=False).to_numpy(np.uint64)


def _allowed(column: Column, values: pa.ChunkedArray) -> Rule:
    among = pc.is_in(values, value_set=pa.array(sorted(column.allowed)))
    spelt = ", ".join(sorted(column.allowed)) if len(column.allowed) <= _MANY else "the NHS Data Dictionary's codes"
    return f"{column.name}: not one of {spelt}", _truth(pc.or_(among, pc.is_null(values)))


def _truth(mask: pa.ChunkedArray) -> np.ndarray:
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)


def _not(mask: pa.ChunkedArray) -> np.ndarray:
    return ~_truth(mask)
