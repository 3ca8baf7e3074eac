"""Tables of a source folder, CSV or Parquet, a batch at a time and as text: values are the reader's business."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from ..problems import HistoryError, Problem
from .quotes import Ended, doubtful, ends, stray_quote
from .tally import Batch, Tally

_DELIMITERS = ",\t;|"
_BLOCK = 16 << 20
_NULLS = ["", "NULL", "null", "NA", "NaN", "nan", "\\N"]


class Source(Protocol):
    """What a reader asks for: a folder of files and the schema of a database both have it."""

    def __contains__(self, table: str) -> bool: ...

    def columns(self, table: str) -> set[str]:
        """Names of a table's columns, in lower case."""

    def batches(self, table: str, columns: Sequence[str], tally: Tally) -> Iterator[Batch]:
        """The table's rows with these columns as text, null where the source has no such column; none without a table.

        Raises HistoryError for a table that cannot be read to its end.
        """


@dataclass(frozen=True)
class Folder:
    """The files of a source by table name in lower case; a table may be a file or a folder of parts."""

    root: Path
    files: dict[str, tuple[Path, ...]]

    def __contains__(self, table: str) -> bool:
        return table in self.files

    def batches(self, table: str, columns: Sequence[str], tally: Tally) -> Iterator[Batch]:
        """The table's rows with these columns as text, null where the source has no such column; none without a file.

        Raises HistoryError for a file that cannot be read to its end.
        """
        for path in self.files.get(table, ()):
            first = 1
            for raw in _parquet(path) if _is_parquet(path) else _csv(path, tally):
                tally.read[path.name] += raw.num_rows
                yield Batch(path.name, first, _chosen(raw, columns, path))
                first += raw.num_rows

    def columns(self, table: str) -> set[str]:
        """Names of a table's columns, in lower case."""
        path = self.files[table][0]
        names = pq.read_schema(path).names if _is_parquet(path) else _heading(path)[0]
        return {name.lower().strip() for name in names}


def whole(source: Source, table: str, columns: Sequence[str], tally: Tally) -> Batch:
    """All rows at once; meant for tables of a row per person or visit."""
    parts = list(source.batches(table, columns, tally))
    if not parts:
        return Batch(table, 1, pa.table({name: pa.array([], pa.string()) for name in columns}))
    return Batch(parts[0].file, 1, pa.concat_tables([part.table for part in parts]).combine_chunks())


def open_folder(root: Path) -> Folder:
    """Every CSV and Parquet table in a folder, names in any case."""
    found: dict[str, tuple[Path, ...]] = {}
    for path in sorted(root.iterdir()):
        parts = sorted(p for p in path.rglob("*") if _is_table(p)) if path.is_dir() else [path]
        if parts and all(_is_table(p) for p in parts):
            name = (path.name if path.is_dir() else path.stem).lower()
            found[name] = (*found.get(name, ()), *parts)
    return Folder(root, found)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".parquet", ".tsv", ".txt")


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _chosen(raw: pa.Table, columns: Sequence[str], path: Path) -> pa.Table:
    names = {name.lower().strip(): name for name in raw.column_names}
    try:
        return pa.table({c: text(raw[names[c]]) if c in names else pa.nulls(len(raw), pa.string()) for c in columns})
    except pa.ArrowException as fault:
        raise _unreadable(path, str(fault)) from None


def text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values as a CSV file would have them: times in ISO 8601, with the zone if there is one; blanks are missing."""
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        zone = "%z" if pa.types.is_timestamp(kind) and kind.tz else ""
        return pc.strftime(values, format=f"%Y-%m-%dT%H:%M:%S{zone}")
    values = values.cast(pa.string())
    return pc.if_else(pc.is_in(values, value_set=pa.array(_NULLS)), None, values)


def _parquet(path: Path) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(1 << 18):
                yield pa.table(batch)
    except (pa.ArrowException, OSError) as fault:
        raise _unreadable(path, str(fault)) from None


def _csv(path: Path, tally: Tally) -> Iterator[pa.Table]:
    header, delimiter = _heading(path)
    doubts = []

    def odd(row: csv.InvalidRow) -> str:
        says = f"{row.actual_columns} cells where the heading has {row.expected_columns}"
        tally.read[path.name] += 1
        tally.drop(path.name, says, 1, f"row {row.number}" if row.number else "")
        doubts.append("\n" in row.text or "\r" in row.text)
        return "skip"

    options = {
        "read_options": csv.ReadOptions(block_size=_BLOCK, column_names=header, skip_rows=1),
        "parse_options": csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=odd),
        "convert_options": csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=_NULLS
        ),
    }
    ended = False
    try:
        with Ended(path, delimiter, len(header)) as stream:
            for batch in csv.open_csv(stream, **options):
                table = pa.table(batch)
                doubts.append(stream.quoted and doubtful(table, delimiter))
                ended = ends(table)
                if len(table) > ended:
                    yield table.slice(0, len(table) - ended)
    except (pa.ArrowException, OSError) as fault:
        why = _not_text(path) or stray_quote(path, delimiter, len(header)) or str(fault).splitlines()[0]
        raise _unreadable(path, why) from None
    if not ended or any(doubts):
        why = stray_quote(path, delimiter, len(header)) or ("" if ended else "a quote is open at its end")
        if why:
            raise _unreadable(path, why)


def _heading(path: Path) -> tuple[list[str], str]:
    with path.open("rb") as stream:
        line = stream.readline()
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _unreadable(path, "line 1 is not UTF-8 text") from None
    delimiter = max(_DELIMITERS, key=text.count)
    names = [name.strip().strip('"') for name in text.split(delimiter)]
    if len(set(names)) < len(names):
        raise _unreadable(path, "a column name stands twice in the heading")
    return names, delimiter


def _not_text(path: Path) -> str:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as fault:
                return f"line {number:,} is not UTF-8 text, from character {fault.start + 1}"
    return ""


def _unreadable(path: Path, why: str) -> HistoryError:
    return HistoryError([Problem(path.name, "", "cannot be read", "error", 0, "", why)])
