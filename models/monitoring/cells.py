"""Sums by home and week: all that the tests of inputs, feeds and scores need of the rows.

Weekly rows of one resident repeat one another and residents of one home are alike, so neither is the unit of any
test here: the home is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SAMPLE = 512


@dataclass(frozen=True, eq=False)
class Cells:
    """For each of p columns: total (p, homes, weeks) over rows that have a value, and how many have one.

    `rows` (homes, weeks) counts all rows.
    """

    names: tuple[str, ...]
    total: np.ndarray
    known: np.ndarray
    rows: np.ndarray

    @property
    def missing(self) -> "Cells":
        """The same cells for the share of rows without a value."""
        every = np.broadcast_to(self.rows, self.known.shape)
        return Cells(self.names, every - self.known, every, self.rows)

    def of(self, homes: np.ndarray) -> "Cells":
        """These homes (indices, which may repeat: a draw of homes)."""
        return Cells(self.names, self.total[:, homes], self.known[:, homes], self.rows[homes])

    def upto(self, weeks: slice | np.ndarray) -> "Cells":
        """These weeks."""
        return Cells(self.names, self.total[..., weeks], self.known[..., weeks], self.rows[..., weeks])


def cells(
    names: Sequence[str], columns: np.ndarray, home: np.ndarray, week: np.ndarray, shape: tuple[int, int]
) -> Cells:
    """Cells of columns (n, p), NaN where missing; home and week (n,) are codes below `shape` (homes, weeks)."""
    at = home.astype(np.int64) * shape[1] + week
    size = shape[0] * shape[1]
    total, known = (np.empty((len(names), *shape)) for _ in range(2))
    for j in range(len(names)):
        values = columns[:, j].astype(np.float64)
        there = ~np.isnan(values)
        known[j] = np.bincount(at[there], minlength=size).reshape(shape)
        total[j] = np.bincount(at[there], values[there], minlength=size).reshape(shape)
    return Cells(tuple(names), total, known, np.bincount(at, minlength=size).reshape(shape).astype(float))


def ranks(X: np.ndarray, reference: np.ndarray, seed: int = 1) -> np.ndarray:
    """Each value's place (n, p) among the reference rows' values of its feature, 0 to 1, ties in the middle.

    A mean of places is the chance that a row outranks one of the reference (Mann-Whitney), so it does not hang on a
    few large values and needs no unit. `reference` is a mask (n,); a sample of it says the places closely enough.
    """
    out = np.full(X.shape, np.nan, np.float32, order="F")
    order = np.random.default_rng(seed).permutation(np.flatnonzero(reference))
    for j in range(X.shape[1]):
        column = np.ascontiguousarray(X[:, j])
        known = column[order]
        among, count = np.unique(known[~np.isnan(known)][:_SAMPLE], return_counts=True)
        if len(among):
            out[:, j] = _places(column, among, np.cumsum(count))
    return out


def _places(column: np.ndarray, among: np.ndarray, upto: np.ndarray) -> np.ndarray:
    at = np.searchsorted(among, column)  # NaN sorts last
    here = np.minimum(at, len(among) - 1)
    below = np.r_[0, upto][at]
    same = np.where(among[here] == column, upto[here] - np.r_[0, upto][here], 0)
    return np.where(np.isnan(column), np.nan, (below + same / 2) / upto[-1])
