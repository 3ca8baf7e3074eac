"""What an import read, kept and dropped, and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Batch:
    """Rows of one source table as text; `first` is the number of the first, counted from 1 without the heading."""

    file: str
    first: int
    table: pa.Table

    def __len__(self) -> int:
        return self.table.num_rows


@dataclass(frozen=True)
class Dropped:
    """Rows of a file that were left out for one reason, with the place of the first."""

    file: str
    reason: str
    rows: int
    example: str


class Tally:
    """Counts while an import runs."""

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.notes: list[str] = []
        self.passed_over: Counter[str] = Counter()
        self._dropped: dict[tuple[str, str], tuple[int, str]] = {}

    def drop(self, file: str, reason: str, rows: int, example: str) -> None:
        """So many more rows of a file were left out for this reason."""
        if rows:
            before, first = self._dropped.get((file, reason), (0, example))
            self._dropped[file, reason] = before + rows, first

    def passed(self, batch: Batch, rules: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
        """Mask of the rows that keep every rule; each of the others is counted under the first that it breaks.

        `rules` are (what is wrong, bool (n,) of the rows in which it is not).
        """
        kept = np.ones(len(batch), bool)
        for reason, good in rules:
            broken = np.flatnonzero(kept & ~good)
            if len(broken):
                self.drop(batch.file, reason, len(broken), f"row {batch.first + int(broken[0]):,}")
            kept &= good
        return kept

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(Dropped(file, reason, rows, at) for (file, reason), (rows, at) in self._dropped.items())
