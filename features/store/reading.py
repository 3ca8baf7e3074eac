"""Typed rows of a store's files: what was written typed is not typed again."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..contract import Table
from ..problems import Problem
from .layout import Part, part_bytes
from .parts import OWN


def read_parts(root: Path, parts: Sequence[Part], table: Table) -> tuple[pa.Table, list[Problem]]:
    """The rows of all parts; none and a problem where a part is gone or changed."""
    return _sound(table, lambda: pa.concat_tables([_read(root, part, table.schema) for part in parts]))


def read_coded(root: Path, part: Part, table: Table, without: Collection[str] = ()) -> tuple[pa.Table, list[Problem]]:
    """As `read_parts`, one part with its repeated words dictionary-encoded and the columns `without` left empty."""
    words = [f.name for f in table.schema if f.type == pa.string() and f.name not in OWN]
    kept = [f.name for f in table.schema if f.name not in without]

    def read() -> pa.Table:
        found = _file(root, part, words).read(columns=kept, use_threads=False)
        empty = {name: pa.nulls(found.num_rows, table.schema.field(name).type) for name in without}
        return pa.table({f.name: empty[f.name] if f.name in empty else found[f.name] for f in table.schema})

    return _sound(table, read)


def _sound(table: Table, read: Callable[[], pa.Table]) -> tuple[pa.Table, list[Problem]]:
    try:
        return read(), []
    except (pa.ArrowException, ValueError, KeyError) as fault:
        hint = str(fault).splitlines()[0]
        return table.schema.empty_table(), [Problem(table.name, "", "cannot be read", "error", 0, "", hint)]


def _read(root: Path, part: Part, schema: pa.Schema) -> pa.Table:
    return _file(root, part, []).read(columns=schema.names, use_threads=False).cast(schema)


def _file(root: Path, part: Part, words: Sequence[str]) -> pq.ParquetFile:
    return pq.ParquetFile(pa.BufferReader(part_bytes(root, part)), read_dictionary=words)
