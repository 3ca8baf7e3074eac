"""Where a table's rows lie in a folder, and how they are read raw: whole, or in parts that fit in memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from .store.layout import read_layout

_NULLS = ["", "NULL", "null", "NA", "N/A", "NaN", "nan"]
_ROWS = 1 << 18  # rows of a part


def locate(root: Path, name: str) -> Path | None:
    """Where a table's data set is: a Parquet or CSV file, or a folder of either."""
    for candidate in (root / f"{name}.parquet", root / f"{name}.csv", root / name):
        if candidate.exists():
            return candidate
    return None


def files_of(root: Path, name: str) -> list[Path]:
    """The files of a table, in the order in which they are read; none for a table that is not there."""
    layout = read_layout(root)
    if layout and name in layout.tables:
        return [root / part.file for part in layout.files(name)]
    source = locate(root, name)
    return files_in(source) if source else []


def files_in(source: Path) -> list[Path]:
    """The files of a data set."""
    if not source.is_dir():
        return [source]
    return sorted(p for p in source.rglob("*") if p.suffix in {".csv", ".parquet"})


def read_whole(source: Path) -> pa.Table:
    """Every row of a data set, all of Parquet or all of CSV."""
    files = files_in(source)
    if files and all(p.suffix == ".csv" for p in files):
        return pa.concat_tables([_read_csv(p) for p in files], promote_options="permissive")
    import pyarrow.dataset as ds  # brings pandas, which costs a third of a second

    data = ds.dataset([str(p) for p in files], format="parquet")
    return data.to_table()


def read_in_parts(file: Path) -> Iterator[pa.Table]:
    """The rows of one file, a part at a time; the first has none, so that its columns are seen whatever there is."""
    if file.suffix == ".csv":
        with csv.open_csv(file, convert_options=_as_text(file)) as reader:
            yield reader.schema.empty_table()
            yield from (pa.table(batch) for batch in reader)
        return
    with pq.ParquetFile(file) as stored:
        yield stored.schema_arrow.empty_table()
        yield from (pa.table(batch) for batch in stored.iter_batches(_ROWS, use_threads=False))


def _read_csv(path: Path) -> pa.Table:
    return csv.read_csv(path, convert_options=_as_text(path))


def _as_text(path: Path) -> csv.ConvertOptions:
    """Every column as text: types are the contract's business, so that each value that does not fit is named."""
    with path.open(encoding="utf-8-sig") as stream:
        header = csv.open_csv(pa.BufferReader(stream.readline().encode() + b"\n")).schema.names
    return csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=_NULLS
    )
