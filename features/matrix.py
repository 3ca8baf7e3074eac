"""The feature matrix: rows that say who and when, a float32 block that says what, one Parquet file on disk."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

KEY = ("resident_id", "as_of")
_NAMES = b"homeround.features"
_ROWS_PER_GROUP = 262_144


class MatrixError(ValueError):
    """A matrix that breaks its own rules: shape, names or a repeated (resident, as-of) row."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """Features of (resident, as-of) rows, in the order of `rows`.

    rows    table of n rows: resident_id, as_of (date32), home_id, pcn, practice, home_type, status and, for
            training, state, label and any_label (1, 0, or null where the row is not usable for fitting),
            followed_days and any_followed_days (to the admission, death, leaving or the horizon's end), admitted_on,
            the day of the first admission that the label counts, and the row's groups for examining fairness
            (subgroups.py)
    X       float32 (n, p); NaN where a value is missing
    names   the p feature names, in the order of the columns of X
    """

    rows: pa.Table
    X: np.ndarray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_shape(self)
        _check_names(self)
        _check_key(self.rows)

    def __len__(self) -> int:
        return self.rows.num_rows

    def take(self, mask: np.ndarray) -> "Matrix":
        """The rows where the boolean mask (n,) holds, in the same order."""
        mask = np.asarray(mask, dtype=bool)
        return Matrix(self.rows.filter(pa.array(mask)), self.X[mask], self.names)

    def present(self, rows: np.ndarray) -> np.ndarray:
        """The share (p,) of these rows, by position, with a value, by feature; 0 without rows. They are not copied."""
        known = np.zeros(len(self.names), np.int64)
        for start in range(0, len(rows), _ROWS_PER_GROUP):
            known += (~np.isnan(self.X[rows[start : start + _ROWS_PER_GROUP]])).sum(axis=0)
        return known / max(len(rows), 1)

    def column(self, name: str) -> np.ndarray:
        """One feature by name, float32 (n,)."""
        return self.X[:, self.names.index(name)]

    @staticmethod
    def together(parts: Sequence["Matrix"]) -> "Matrix":
        """The rows of all parts, which have the same columns, in the order of resident and as-of."""
        rows = pa.concat_tables([part.rows for part in parts]).combine_chunks()
        order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in KEY]).to_numpy()
        X = np.empty((len(order), len(parts[0].names)), np.float32)
        place, start = np.empty(len(order), np.int64), 0
        place[order] = np.arange(len(order))
        for part in parts:
            X[place[start : start + len(part)]] = part.X
            start += len(part)
        return Matrix(rows.take(pa.array(order)), X, parts[0].names)

    def write(self, path: Path | str) -> None:
        """Write one Parquet file, aside first and then renamed, so that a reader never sees half of it."""
        path = Path(path)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._write(aside)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)

    def _write(self, path: Path) -> None:
        fields = [*self.rows.schema, *(pa.field(name, pa.float32()) for name in self.names)]
        schema = pa.schema(fields, metadata={_NAMES: json.dumps(list(self.names)).encode()})
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for start in range(0, max(len(self), 1), _ROWS_PER_GROUP):
                writer.write_table(self._block(start, schema))

    def _block(self, start: int, schema: pa.Schema) -> pa.Table:
        rows = self.rows.slice(start, _ROWS_PER_GROUP)
        block = np.asfortranarray(self.X[start : start + _ROWS_PER_GROUP])
        features = [pa.chunked_array([block[:, j]], pa.float32()) for j in range(block.shape[1])]
        return pa.table([*rows.columns, *features], schema=schema)

    @staticmethod
    def read(path: Path | str) -> "Matrix":
        """Read what `write` wrote. Raises MatrixError for a Parquet file that is no feature matrix."""
        with pq.ParquetFile(path) as file:
            metadata = file.schema_arrow.metadata or {}
            if _NAMES not in metadata:
                raise MatrixError(f"{path} is not a feature matrix: its schema names no features")
            names = tuple(json.loads(metadata[_NAMES]))
            rows = [name for name in file.schema_arrow.names if name not in set(names)]
            table = file.read(columns=rows).replace_schema_metadata(None)
            return Matrix(table, _read_features(file, names), names)


def _read_features(file: pq.ParquetFile, names: tuple[str, ...]) -> np.ndarray:
    # Filled group by group: the whole table and the whole block are never held at once.
    X = np.empty((file.metadata.num_rows, len(names)), dtype=np.float32)
    start = 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=list(names))
        for j, name in enumerate(names):
            X[start : start + table.num_rows, j] = table.column(name).to_numpy()
        start += table.num_rows
    return X


def _check_shape(matrix: Matrix) -> None:
    if matrix.X.dtype != np.float32:
        raise MatrixError(f"features must be float32, not {matrix.X.dtype}")
    expected = (matrix.rows.num_rows, len(matrix.names))
    if matrix.X.shape != expected:
        raise MatrixError(f"features are {matrix.X.shape} but rows and names say {expected}")


def _check_names(matrix: Matrix) -> None:
    names, columns = matrix.names, matrix.rows.column_names
    repeated = sorted({name for name in names if names.count(name) > 1} | (set(names) & set(columns)))
    if repeated:
        raise MatrixError(f"names used twice: {', '.join(repeated)}")
    missing = [name for name in KEY if name not in columns]
    if missing:
        raise MatrixError(f"rows lack {', '.join(missing)}")


def _check_key(rows: pa.Table) -> None:
    who = rows["resident_id"].combine_chunks().dictionary_encode()
    when = rows["as_of"].cast(pa.int32()).combine_chunks()
    if who.null_count or when.null_count:
        raise MatrixError("resident_id and as_of may not be null")
    codes = np.asarray(who.indices, dtype=np.int64)
    key = np.sort((codes << 32) + np.asarray(when, dtype=np.int64))
    twice = key[1:][key[1:] == key[:-1]]
    if len(twice):
        raise MatrixError(f"{len(np.unique(twice))} (resident_id, as_of) pairs occur more than once")


def as_of_days(rows: pa.Table) -> np.ndarray:
    """The as-of column as datetime64[D] (n,)."""
    return pc.cast(rows["as_of"], pa.date32()).to_numpy().astype("datetime64[D]")
