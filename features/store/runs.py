"""Rows of a table on their way into blocks, in bounded memory: sorted by block a run at a time, read block by block."""

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..contract import TABLES
from .batches import read_batches, write_batches
from .blocks import block_of
from .layout import PASSING, blocks_of
from .parts import ORDER, OWN

_ROWS = 1 << 20  # rows held before a run is written: about 100 MB of events
_WORD = pa.dictionary(pa.int32(), pa.string())


@contextmanager
def passing(root: Path) -> Iterator[Path]:
    """A folder within `root` for as long as it is needed; one that a killed process left goes with the next sweep."""
    with tempfile.TemporaryDirectory(prefix=PASSING, dir=root) as folder:
        yield Path(folder)


class Runs:
    """Files in a folder of passing use, each with one record batch a block; `rows` counts those written by block.

    A table that is not of residents is one block.
    """

    def __init__(self, folder: Path, name: str, blocks: int) -> None:
        folder.mkdir()
        self._folder, self._by = folder, ORDER[name][0]
        self._schema = TABLES[name].schema
        self._coded = pa.schema(
            [(f.name, _WORD if f.type == pa.string() and f.name not in OWN else f.type) for f in self._schema]
        )
        self._held: list[pa.Table] = []
        self._files: list[Path] = []
        self.rows = np.zeros(blocks_of(name, blocks), np.int64)

    def add(self, table: pa.Table) -> None:
        """Rows in any order."""
        self._held.append(table.cast(self._coded))
        if sum(len(one) for one in self._held) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are held; needed once before blocks are read."""
        table = pa.concat_tables([self._coded.empty_table(), *self._held]).combine_chunks()
        self._held = []
        if not table.num_rows:
            return
        table = _few_coded(table, len(self.rows))
        block = block_of(table[self._by], len(self.rows))
        small = block.astype(np.min_scalar_type(len(self.rows)))  # numbers of two bytes sort seven times as fast
        table = table.take(pa.array(np.argsort(small, kind="stable"))).combine_chunks()
        counts = np.bincount(block, minlength=len(self.rows))
        self.rows += counts
        path = self._folder / f"{len(self._files)}.arrow"
        write_batches(path, table, np.cumsum(counts))
        self._files.append(path)

    def block(self, number: int) -> pa.Table:
        """All rows of a block, in the order in which they came."""
        return read_batches(self._files, number, self._schema)


def _few_coded(table: pa.Table, blocks: int) -> pa.Table:
    """Words stay coded only where they are few: whoever reads a block reads a run's dictionaries whole."""
    for at, name in enumerate(table.column_names):
        column = table[name]
        if column.type == _WORD and len(column.chunk(0).dictionary) * blocks > len(table):
            table = table.set_column(at, name, column.cast(pa.string()))
    return table


def open_runs(folder: Path, names: Collection[str], blocks: int) -> Mapping[str, Runs]:
    """Runs of each of these tables, in `folder`."""
    return {name: Runs(folder / name, name, blocks) for name in names}
