"""What an import read, kept and dropped, and why; and the report made from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..codelists.maps import resolve
from ..problems import Problem

_MOST_CODES = 40


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


@dataclass(frozen=True)
class Unmapped:
    """A code of the source that the lists do not know."""

    code: str
    rows: int


@dataclass(frozen=True)
class ImportReport:
    """What became of a source: rows by file and by table of the history, what was dropped, which codes are known."""

    kind: str
    read: Mapping[str, int]
    dropped: tuple[Dropped, ...]
    written: Mapping[str, int]
    notes: tuple[str, ...]
    mapped_rows: int
    unmapped_rows: int
    unmapped: tuple[Unmapped, ...]
    span: tuple[str, str]
    without_stay: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def problems(self) -> tuple[Problem, ...]:
        """What was dropped, as errors of the source."""
        return tuple(Problem(d.file, "", d.reason, "error", d.rows, d.example) for d in self.dropped)


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

    def report(self, kind: str, written: Mapping[str, int], span: tuple[str, str], without_stay: int) -> ImportReport:
        known = resolve(list(self.codes))
        unmapped = [Unmapped(code, rows) for code, rows in self.codes.most_common() if known[code] is None]
        missing = sum(one.rows for one in unmapped)
        return ImportReport(
            kind,
            dict(self.read),
            self.dropped,
            dict(written),
            (
                *self.notes,
                *(f"{what}: {rows:,} passed over" for what, rows in sorted(self.passed_over.items()) if rows),
            ),
            self.codes.total() - missing,
            missing,
            tuple(unmapped[:_MOST_CODES]),
            span,
            without_stay,
        )
