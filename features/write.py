"""Parquet files of the contract, written aside and renamed into place once all are whole."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .store.layout import BLOCKED, LAYOUT

_NEVER = np.iinfo(np.int64).max


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` when the block ends well; FileExistsError if that is there."""
    if out.exists():
        raise FileExistsError(f"{out} is there already: name a new folder")
    with written_aside(out) as aside:
        yield aside


@contextmanager
def written_aside(out: Path, keeps: tuple[str, ...] = ()) -> Iterator[Path]:
    """A folder beside `out` that takes its place when the block ends without an error.

    Raises FileExistsError before any work if `out` exists and holds anything but our tables and `keeps`.
    """
    if (out / LAYOUT).is_file():
        keeps = (*keeps, LAYOUT, *BLOCKED)
    if out.exists() and (
        not out.is_dir() or any(p.suffix != ".parquet" and p.name not in keeps for p in out.iterdir())
    ):
        raise FileExistsError(f"{out} exists and is not a folder of Parquet files: give another folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    _put_back(out)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield aside
        _replace(aside, out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}-old")


def _put_back(out: Path) -> None:
    """What a run that was killed between the two renames had set aside."""
    if _old(out).exists() and not out.exists():
        _old(out).rename(out)


def _replace(aside: Path, out: Path) -> None:
    """Take the place of `out` with its rights; a new folder is its owner's alone, as it holds records of people."""
    if out.exists():
        aside.chmod(out.stat().st_mode & 0o777)
        old = _old(out)
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
        aside.rename(out)
        shutil.rmtree(old)
    else:
        aside.rename(out)


class TableFile:
    """One growing Parquet file of a schema; dictionary arrays are stored as plain text columns."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema, self.rows = schema, 0
        self._writer = pq.ParquetWriter(
            path, schema, compression="zstd", store_schema=False, use_dictionary=True, write_statistics=True
        )

    def write(self, columns: Mapping[str, pa.Array]) -> None:
        """Append rows; columns of the schema that are not given are missing."""
        table = complete(columns, self.schema).cast(self.schema)
        self._writer.write_table(table, row_group_size=1 << 20)
        self.rows += table.num_rows

    def close(self) -> None:
        self._writer.close()


def complete(columns: Mapping[str, pa.Array], schema: pa.Schema) -> pa.Table:
    """The schema's columns in its order, missing where not given; words may still be coded."""
    count = len(next(iter(columns.values())))
    return pa.table({field.name: columns.get(field.name, pa.nulls(count, field.type)) for field in schema})


def write_table(path: Path, table: pa.Table, schema: pa.Schema) -> int:
    """A whole table at once, columns in the schema's order and missing where not given; returns its rows."""
    file = TableFile(path, schema)
    file.write({name: table[name].combine_chunks() for name in table.column_names})
    file.close()
    return table.num_rows


def instant_array(micros: np.ndarray) -> pa.Array:
    """timestamp[us, UTC]; NEVER is missing."""
    return pa.array(micros, pa.int64(), mask=micros == _NEVER).cast(pa.timestamp("us", tz="UTC"))


def text_array(index: np.ndarray, words: list[str] | tuple[str, ...]) -> pa.Array:
    """Words by index; a negative index is missing."""
    return pa.DictionaryArray.from_arrays(
        pa.array(index.astype(np.int32), mask=index < 0), pa.array(words, pa.string())
    )
