"""Typed rows of a store's files: what was written typed is not typed again."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..contract import INSTANT, Table
from ..problems import Problem
from .layout import Part, part_bytes
from .parts import ORDER, OWN, in_order


def read_blocks(root: Path, blocks: Sequence[Sequence[Part]], table: Table) -> tuple[pa.Table, list[Problem]]:
    """The rows of some blocks, each in order; none and a problem where a file is gone or changed."""

    def read(part: Part) -> pa.Table:
        return _file(root, part, []).read(columns=table.schema.names, use_threads=False).cast(table.schema)

    return _sound(table, lambda: pa.concat_tables([_block([read(part) for part in one], table) for one in blocks]))


def read_coded(
    root: Path, parts: Sequence[Part], table: Table, without: Collection[str] = ()
) -> tuple[pa.Table, list[Problem]]:
    """As `read_blocks`, one block with its repeated words dictionary-encoded and the columns `without` left empty.

    Without a column that orders rows, those of each file stand together.
    """
    words = [f.name for f in table.schema if f.type == pa.string() and f.name not in OWN]
    kept = [f.name for f in table.schema if f.name not in without]

    def read(part: Part) -> pa.Table:
        found = _file(root, part, words).read(columns=kept, use_threads=False)
        empty = {name: pa.nulls(found.num_rows, table.schema.field(name).type) for name in without}
        return pa.table({f.name: empty[f.name] if f.name in empty else found[f.name] for f in table.schema})

    return _sound(table, lambda: _block([read(part) for part in parts], table, without))


def _block(files: Sequence[pa.Table], table: Table, without: Collection[str] = ()) -> pa.Table:
    """The rows of a block's files, of which each is in order by itself."""
    together = pa.concat_tables(files)
    return in_order(together, table.name) if len(files) > 1 and not {*ORDER[table.name]} & {*without} else together


def newest(root: Path, part: Part, columns: Sequence[str]) -> dict[str, tuple[int, int, int | None]]:
    """Rows, how many are missing and the latest of some instants, in UTC microseconds, by what the file says of itself.

    Its bytes are not compared: that is for whoever reads the rows. Raises OSError or ValueError for no such file.
    """
    file = pq.ParquetFile(root / part.file)
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    place = {name: i for i, name in enumerate(file.schema_arrow.names)}
    told = {name: [group.column(place[name]).statistics for group in groups] for name in columns}
    return {
        name: _told(group_stats, file.metadata.num_rows)
        if file.schema_arrow.field(name).type == INSTANT and all(map(_known, group_stats))
        else _counted(file.read(columns=[name])[name])
        for name, group_stats in told.items()
    }


def _known(told: Any) -> bool:
    """Whether a column's statistics leave nothing open: without a minimum all its values are missing."""
    return told is not None and told.has_null_count and (told.has_min_max or not told.num_values)


def _told(groups: Sequence[Any], rows: int) -> tuple[int, int, int | None]:
    latest = max((one.max_raw for one in groups if one.has_min_max), default=None)
    return rows, sum(one.null_count for one in groups), latest


def _counted(values: pa.ChunkedArray) -> tuple[int, int, int | None]:
    return len(values), values.null_count, pc.max(values.cast(INSTANT).cast(pa.int64())).as_py()


def _sound(table: Table, read: Callable[[], pa.Table]) -> tuple[pa.Table, list[Problem]]:
    try:
        return read(), []
    except (pa.ArrowException, ValueError, KeyError) as fault:
        hint = str(fault).splitlines()[0]
        return table.schema.empty_table(), [Problem(table.name, "", "cannot be read", "error", 0, "", hint)]


def _file(root: Path, part: Part, words: Sequence[str]) -> pq.ParquetFile:
    return pq.ParquetFile(pa.BufferReader(part_bytes(root, part)), read_dictionary=words)
