"""Rows of a table on their way into blocks, in bounded memory: sorted by block a run at a time, read block by block."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from .batches import read_batches, write_batches
from .blocks import block_of
from .layout import PASSING

_ROWS = 1 << 20  # rows held before a run is written: about 150 MB of events


@contextmanager
def passing(root: Path) -> Iterator[Path]:
    """A folder within `root` for as long as it is needed; one that a killed process left goes with the next sweep."""
    with tempfile.TemporaryDirectory(prefix=PASSING, dir=root) as folder:
        yield Path(folder)


class Runs:
    """Files in a folder of passing use, each with one record batch a block."""

    def __init__(self, folder: Path, schema: pa.Schema, blocks: int) -> None:
        folder.mkdir()
        self._folder, self._schema, self._blocks = folder, schema, blocks
        self._held: list[pa.Table] = []
        self._files: list[Path] = []
        self.rows = np.zeros(blocks, np.int64)

    def add(self, table: pa.Table) -> None:
        """Rows in any order."""
        self._held.append(table)
        if sum(len(one) for one in self._held) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are held; needed once before blocks are read."""
        table = pa.concat_tables([self._schema.empty_table(), *self._held]).combine_chunks()
        self._held = []
        if not table.num_rows:
            return
        block = block_of(table["resident_id"], self._blocks)
        table = table.take(pa.array(np.argsort(block, kind="stable"))).combine_chunks()
        counts = np.bincount(block, minlength=self._blocks)
        self.rows += counts
        path = self._folder / f"{len(self._files)}.arrow"
        write_batches(path, table, np.cumsum(counts))
        self._files.append(path)

    def block(self, number: int) -> pa.Table:
        """All rows of a block."""
        return read_batches(self._files, number, self._schema)
