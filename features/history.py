"""The one door to a resident history: typed tables in which every recording time is known."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .coerce import coerce
from .contract import INSTANT, PSEUDONYMOUS, RECORDED, TABLES, Table
from .datasets import files_of, locate, read_in_parts, read_whole
from .problems import HistoryError, Problem
from .store.layout import present_digest, read_layout
from .store.reading import read_blocks


@dataclass(frozen=True)
class Lags:
    """Days between an event and its recording, used where a row does not say; `source` is by feed name."""

    source: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"care_record": 1, "gp": 2, "community": 3, "urgent_care": 5})
    )
    default: float = 3
    admission: float = 3
    discharge: float = 5
    coding: float = 42
    death: float = 7
    move: float = 3


@dataclass(frozen=True)
class History:
    """Typed tables of the contract without identities; `assumed` counts recording times taken from the lags."""

    root: Path
    tables: Mapping[str, pa.Table]
    assumed: Mapping[str, int]
    warnings: tuple[Problem, ...]

    def __getitem__(self, table: str) -> pa.Table:
        return self.tables[table]


def open_history(root: Path | str, lags: Lags | None = None) -> History:
    """Read every pseudonymous table; raises HistoryError with all problems of presence, shape and type at once."""
    root, lags = Path(root), lags or Lags()
    tables: dict[str, pa.Table] = {}
    problems: list[Problem] = []
    assumed: dict[str, int] = {}
    for name in PSEUDONYMOUS:
        typed, found = read_table(root, TABLES[name])
        problems += found
        tables[name], assumed[name] = with_recording_times(typed, name, lags)
    if errors := [p for p in problems if p.severity == "error"]:
        raise HistoryError(errors)
    return History(root, MappingProxyType(tables), MappingProxyType(assumed), tuple(problems))


def read_table(root: Path, table: Table) -> tuple[pa.Table, list[Problem]]:
    """One typed table; an absent optional table is empty."""
    try:
        layout = read_layout(root)
    except HistoryError as fault:
        return table.schema.empty_table(), list(fault.problems)
    if layout and table.name in layout.tables:
        return read_blocks(root, layout.tables[table.name], table)
    source = locate(root, table.name)
    if source is None:
        empty = table.schema.empty_table()
        if table.optional:
            return empty, []
        hint = f"Put {table.name}.parquet, {table.name}.csv or a folder {table.name}/ there"
        return empty, [Problem(table.name, "", "table is missing", "error", 0, "", hint)]
    return read_data_set(source, table)


def read_data_set(source: Path, table: Table) -> tuple[pa.Table, list[Problem]]:
    """The typed table of one file or folder, whatever its name."""
    try:
        raw = read_whole(source)
    except _UNREADABLE as fault:
        return table.schema.empty_table(), [_unreadable(table, source, fault)]
    return coerce(raw, table)


def typed_parts(root: Path, table: Table) -> Iterator[tuple[pa.Table, list[Problem]]]:
    """As `read_table`, in parts that fit in memory; a part's problems are of its own rows."""
    layout = read_layout(root)
    if layout and table.name in layout.tables:
        yield from (read_blocks(root, [parts], table) for parts in layout.tables[table.name])
        return
    files = files_of(root, table.name)
    if not files:
        yield read_table(root, table)
    for file in files:
        try:
            for raw in read_in_parts(file):
                yield coerce(raw, table)
        except _UNREADABLE as fault:
            yield table.schema.empty_table(), [_unreadable(table, file, fault)]


_UNREADABLE = (pa.ArrowException, OSError, ValueError, KeyError)


def _unreadable(table: Table, source: Path, fault: Exception) -> Problem:
    hint = _without_row((str(fault).splitlines() or [type(fault).__name__])[0])
    return Problem(table.name, "", "cannot be read", "error", 0, source.name, hint)


def _without_row(fault: str) -> str:
    """Arrow quotes a CSV row that has too many cells; it may hold a name."""
    return re.sub(r"(got \d+): .*", r"\1", fault)


def with_recording_times(table: pa.Table, name: str, lags: Lags) -> tuple[pa.Table, int]:
    """Fill missing recording times with the field's own time plus its source's lag; also how many rows were filled."""
    filled = 0
    for time_name, recorded_name in RECORDED.get(name, ()):
        needed = _needed(table, time_name, recorded_name)
        rows = np.flatnonzero(needed)
        if not len(rows):
            continue
        filled += len(rows)
        assumed = _assumed(table.take(pa.array(rows)), time_name, recorded_name, lags)
        at = table.schema.get_field_index(recorded_name)
        table = table.set_column(at, recorded_name, pc.replace_with_mask(table[at], pa.array(needed), assumed))
    return table, filled


def missing_recordings(table: pa.Table, name: str) -> int:
    """How many recording times of a table are missing, and would be filled."""
    return sum(int(_needed(table, *pair).sum()) for pair in RECORDED.get(name, ()))


def _needed(table: pa.Table, time_name: str, recorded_name: str) -> np.ndarray:
    """Mask of the rows that do not say when what they tell was recorded."""
    if not table[recorded_name].null_count:
        return np.zeros(table.num_rows, bool)
    told = pc.is_valid(_value(table, recorded_name, time_name))
    return pc.and_(pc.is_null(table[recorded_name]), told).to_numpy()


def _value(table: pa.Table, recorded_name: str, time_name: str) -> pa.ChunkedArray:
    """What a recording time tells the recording of."""
    return table["primary_diagnosis" if recorded_name == "coded_at" else time_name]


def _assumed(rows: pa.Table, time_name: str, recorded_name: str, lags: Lags) -> pa.Array:
    """The recording times of rows that state none."""
    time = rows[time_name]
    if recorded_name == "coded_at":
        time = pc.coalesce(time, rows["admitted_at"])
    assumed = pc.add(time.cast(pa.int64()), _lag(rows, recorded_name, lags)).cast(INSTANT)
    return assumed.combine_chunks()


def _lag(table: pa.Table, recorded_name: str, lags: Lags) -> pa.Array | pa.Scalar:
    """Microseconds from a field's time to its recording."""
    fixed = {
        "coded_at": lags.coding,
        "discharge_recorded_at": lags.discharge,
        "died_recorded_at": lags.death,
        "moved_out_recorded_at": lags.move,
    }
    if recorded_name in fixed:
        return _micros(fixed[recorded_name])
    if "spell_id" in table.column_names:
        return _micros(lags.admission)
    if "moved_in" in table.column_names:
        return _micros(lags.move)
    if "source" not in table.column_names:
        return _micros(lags.default)
    by_source = pc.index_in(table["source"].cast(pa.string()), pa.array(list(lags.source), pa.string()))
    days = pa.array([*(_micros(d) for d in lags.source.values())], pa.int64())
    return pc.fill_null(pc.take(days, by_source), _micros(lags.default))


def _micros(days: float) -> pa.Scalar:
    return pa.scalar(timedelta(days=days) // timedelta(microseconds=1), pa.int64())


def digest(root: Path | str) -> str:
    """SHA-256 over the bytes of every pseudonymous table, so that the same content has the same name anywhere.

    A history in blocks says what its files hold, and reading refuses other bytes: it need not be read for this.
    """
    if layout := read_layout(Path(root)):
        return present_digest(Path(root), layout)
    total = hashlib.sha256()
    for name in PSEUDONYMOUS:
        source = locate(Path(root), name)
        if source is None:
            continue
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                total.update(f"{name}/{path.relative_to(source) if path != source else ''}".encode())
                with path.open("rb") as stream:
                    total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()
