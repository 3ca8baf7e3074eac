"""Records that lie in several blocks, and so are under several owners: found in bounded memory.

Each block leaves the marks of its records in a file, in order of their first bits. A share of all marks, those that
begin alike, is then looked through at a time. Records of marks that several blocks have are compared by their ids.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import pyarrow as pa

from ._hashing import hash_rows
from .check_found import Finding
from .check_owners import Owned, claims, misplaced, several, texts, twice
from .rules import Tables

R = TypeVar("R")
_TOGETHER = 1 << 22  # marks of a share, about: some hundred MB while they are compared
_COMPARED = 1 << 20  # marks: more than that in several blocks are no chance, and are believed


class Over(Protocol):
    """Work on each number, in order, perhaps in several processes; `words` say what is counted."""

    def __call__(self, work: Callable[[int], R], given: Sequence[int], words: str, /) -> Iterable[R]: ...


def in_turn(work: Callable[[int], R], given: Sequence[int], words: str, /) -> Iterable[R]:
    """One after the other, in this process."""
    return map(work, given)


@dataclass(frozen=True)
class Across:
    """The records of one table over all blocks, of which `open_block` reads what tells them apart."""

    owned: Owned
    rows: int
    folder: Path
    blocks: int
    open_block: Callable[[int], Tables]

    @property
    def bits(self) -> int:
        """A share of the marks is those that agree in so many first bits."""
        return max(1, (self.rows // _TOGETHER).bit_length())

    @property
    def shares(self) -> int:
        return 1 << self.bits

    def keep(self, block: int, tables: Tables) -> None:
        """Leave the marks of a block's records."""
        known = claims(tables, self.owned)
        once = np.ones(len(known.marks), bool)
        once[known.again] = False
        marks = np.concatenate([known.marks[once], np.unique(known.marks[known.again])])
        share = (marks >> np.uint64(64 - self.bits)).astype(np.uint16)
        ends = np.cumsum(np.bincount(share, minlength=self.shares)).astype(np.uint64)
        np.concatenate([ends, marks[np.argsort(share, kind="stable")]]).tofile(self._file(block))

    def findings(self, over: Over) -> list[tuple[Finding, ...]] | None:
        """Each block's finding of records with several owners, here or in other blocks; None where no block shares a
        record with another, so that what was found in each is all there is."""
        name = f"parts of all {self.owned.table} compared"
        shared = np.concatenate(list(over(self._shared, range(self.shares), name)))
        if 0 < len(shared) <= _COMPARED:
            shared = self._confirmed(shared, over)
        if not len(shared):
            return None
        words = f"blocks of {self.owned.table} counted"
        return list(over(lambda k: self._finding(k, shared), range(self.blocks), words))

    def _file(self, block: int) -> Path:
        return self.folder / f"{self.owned.table}-{block:04d}.marks"

    def _shared(self, share: int) -> np.ndarray:
        """The marks (ascending) of a share that several blocks have."""
        marks = np.concatenate([self._kept(block, share) for block in range(self.blocks)])
        return np.unique(marks[twice(marks, after=self.bits)])

    def _kept(self, block: int, share: int) -> np.ndarray:
        """A share of a block's marks. Read, not mapped: pages of a mapped file count as memory of the process."""
        file = self._file(block)
        ends = np.fromfile(file, np.uint64, self.shares).astype(np.int64)
        begin = ends[share - 1] if share else 0
        return np.fromfile(file, np.uint64, ends[share] - begin, offset=8 * (self.shares + begin))

    def _confirmed(self, shared: np.ndarray, over: Over) -> np.ndarray:
        """Those marks whose records, by their ids, are of several owners."""
        words = f"blocks of {self.owned.table} compared"
        parts = over(lambda k: self._owners(k, shared), range(self.blocks), words)
        key, owner = list(self.owned.key), self.owned.owner
        least, most = f"{owner}_min", f"{owner}_max"
        whole = pa.concat_tables(parts).group_by(key).aggregate([(least, "min"), (most, "max")]).to_pandas()
        wrong = whole[whole[f"{least}_min"].notna() & (whole[f"{least}_min"] != whole[f"{most}_max"])]
        schema = pa.schema([(name, pa.string()) for name in key])
        return np.unique(hash_rows(pa.Table.from_pandas(wrong[key], schema, preserve_index=False), key))

    def _owners(self, block: int, shared: np.ndarray) -> pa.Table:
        """The first and the last owner, by name, of each of a block's records with these marks."""
        tables = self.open_block(block)
        rows = texts(tables, self.owned, self._rows(tables, shared))
        return rows.group_by(list(self.owned.key)).aggregate([(self.owned.owner, "min"), (self.owned.owner, "max")])

    def _finding(self, block: int, shared: np.ndarray) -> tuple[Finding, ...]:
        tables = self.open_block(block)
        rows = np.union1d(several(tables, self.owned), self._rows(tables, shared))
        return misplaced(tables, self.owned, rows)

    def _rows(self, tables: Tables, shared: np.ndarray) -> np.ndarray:
        known = claims(tables, self.owned)
        return known.rows[np.isin(known.marks, shared)]
