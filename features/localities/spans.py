"""Rows by whom they are of: those of entity e are `order[start[e] : start[e + 1]]`."""

from dataclasses import dataclass

import numpy as np
from numba import njit


@dataclass(frozen=True)
class Spans:
    """`order` is None where rows stand in that order already."""

    start: np.ndarray
    order: np.ndarray | None

    def gathered(self, entity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of these entities one after the other, and where each one's begin (and the last one's end)."""
        begin = np.concatenate([[0], np.cumsum(self.start[entity + 1] - self.start[entity])])
        at = _gathered(self.start[entity], begin)
        return at if self.order is None else self.order[at], begin

    def rank(self, row: np.ndarray) -> np.ndarray:
        """Which of its entity's rows each of `row` is."""
        assert self.order is not None
        own = self.order[self.start[0] :]
        place = np.zeros(len(self.order), np.int64)
        place[own] = np.arange(self.start[0], self.start[-1]) - np.repeat(self.start[:-1], np.diff(self.start))
        return place[row]


def spans_of(entity: np.ndarray, entities: int) -> Spans:
    """The rows of a table by entity, in the order of the table; rows of -1 are nobody's."""
    order = np.argsort(entity, kind="stable")
    start = np.searchsorted(entity[order], np.arange(entities + 1))
    return Spans(start, order)


@njit(cache=True, nogil=True)
def _gathered(start, begin):  # pragma: no cover - compiled
    at = np.empty(begin[-1], np.int64)
    for i in range(len(start)):
        for k in range(begin[i + 1] - begin[i]):
            at[begin[i] + k] = start[i] + k
    return at
