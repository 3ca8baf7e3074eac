"""SHAP values of many rows: path-dependent TreeSHAP (Lundberg et al. 2020), leaf by leaf, as an integral.

Let every feature be known with chance t, each by itself. A row then reaches a leaf with a chance that is a product, of
one factor for each feature on the leaf's path: t + (1 - t) * cover where the row meets what the path asks of the
feature, (1 - t) * cover where it does not; cover is the share of rows that went that way when the tree was fitted. A
feature's Shapley value is the mean over t from 0 to 1 of what knowing it changes (Owen, Management Science 1972;18:64):
(1 - cover), or -cover, times the other factors. For m features that is a polynomial in t of degree m - 1, whose mean
Gauss and Legendre's rule takes exactly from m / 2 points, rounded up. Paths of any length take the same few additions
of like terms, and no difference of large ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit

from features.threads import in_threads
from models.trees import HANDFUL, Trees


@dataclass(frozen=True, eq=False)
class Leaves:
    """Every leaf of a bag as what its path asks of a row, each feature once.

    first       (leaves + 1,) of each leaf's conditions, and value (leaves,) its part of the margin
    feature, low, high, nan  (conditions,) met by values from low to high, both inclusive, and by NaN where nan
    cover       (conditions,) share of rows that went this way wherever the path asks it
    points, weights  (k + 1, k) where no leaf needs more than k points: row n holds the n points of Gauss and Legendre's
                rule between 0 and 1
    base        the mean of the margin over the rows that the trees were fitted on
    """

    first: np.ndarray
    value: np.ndarray
    feature: np.ndarray
    low: np.ndarray
    high: np.ndarray
    nan: np.ndarray
    cover: np.ndarray
    points: np.ndarray
    weights: np.ndarray
    base: float


class _Node(NamedTuple):
    feature: int
    threshold: float
    above: float
    nan_left: bool
    left: int
    right: int
    left_share: float


class _Asked(NamedTuple):
    """Of one feature, by a path."""

    low: float = -math.inf
    high: float = math.inf
    nan: bool = True
    cover: float = 1.0


def leaves_of(trees: Trees, shares: Sequence[float]) -> Leaves:
    """The leaves of a bag whose boosters count for these shares of the margin."""
    with np.errstate(over="ignore"):
        above = np.nextafter(trees.threshold, np.float32(np.inf))  # the least float32 that goes right
    columns = (trees.feature, trees.threshold, above, trees.nan_left, trees.left, trees.right, trees.left_share)
    nodes = [_Node(*node) for node in zip(*(column.tolist() for column in columns), strict=True)]
    paths = [path for low, high in pairwise(trees.first_node.tolist()) for path in _paths(nodes[low:high])]
    asked = [one for path in paths for one in path.values()]
    first_leaf = trees.first_node[trees.first_tree] + trees.first_tree
    value = trees.value * np.repeat(shares, np.diff(first_leaf))
    reached = [math.prod(one.cover for one in path.values()) for path in paths]
    points, weights = _rules(max(map(len, paths)))
    return Leaves(
        first=np.cumsum([0, *map(len, paths)]),
        value=value,
        feature=np.array([feature for path in paths for feature in path], np.int64),
        low=np.array([one.low for one in asked], np.float32),
        high=np.array([one.high for one in asked], np.float32),
        nan=np.array([one.nan for one in asked], np.bool_),
        cover=np.array([one.cover for one in asked], np.float64),
        points=points,
        weights=weights,
        base=math.fsum(value * reached),
    )


def _paths(nodes: Sequence[_Node]) -> list[dict[int, _Asked]]:
    """What the path to each leaf of a tree asks of each feature on it."""
    found: list[dict[int, _Asked]] = [{} for _ in range(2 * len(nodes) + 1)]
    for node, path in zip(nodes, found, strict=False):  # a node's own path is known before its turn
        low, high, nan, cover = path.get(node.feature, _Asked())
        yes = _Asked(low, min(high, node.threshold), nan and node.nan_left, cover * node.left_share)
        no = _Asked(max(low, node.above), high, nan and not node.nan_left, cover * (1 - node.left_share))
        found[node.left], found[node.right] = path | {node.feature: yes}, path | {node.feature: no}
    return found[len(nodes) :]


def _rules(features: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss and Legendre's points and weights between 0 and 1, up to what so many features on a path need."""
    most = (features + 1) // 2
    points, weights = np.zeros((most + 1, most)), np.zeros((most + 1, most))
    for n in range(1, most + 1):
        x, w = np.polynomial.legendre.leggauss(n)
        points[n, :n], weights[n, :n] = (x + 1) / 2, w / 2
    return points, weights


def shap_values(leaves: Leaves, X: np.ndarray) -> np.ndarray:
    """What each feature adds to the margin (n, p) of rows X (n, p), taken as float32."""
    out = np.empty(X.shape)
    in_threads(
        _explain, len(X), np.ascontiguousarray(X, np.float32), leaves.first, leaves.value, leaves.feature, leaves.low,
        leaves.high, leaves.nan, leaves.cover, leaves.points, leaves.weights, out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _explain(
    first, last, X, start, value, feature, low, high, nan, cover, points, weights, out
):  # pragma: no cover - compiled
    """Rows `first` to `last`."""
    features = X.shape[1]
    x, total = np.empty((features, HANDFUL), np.float32), np.empty((features, HANDFUL))
    met = np.empty((2 * points.shape[1], HANDFUL), np.bool_)
    product = np.empty(HANDFUL)
    for begin in range(first, last, HANDFUL):
        rows = min(HANDFUL, last - begin)
        for j in range(features):
            for r in range(rows):
                x[j, r] = X[begin + r, j]
                total[j, r] = 0.0
        for leaf in range(len(value)):
            base, end = start[leaf], start[leaf + 1]
            for i in range(base, end):
                j, least, most, with_nan = feature[i], low[i], high[i], nan[i]
                for r in range(rows):
                    inside = (x[j, r] >= least) & (x[j, r] <= most)
                    met[i - base, r] = inside | (with_nan & np.isnan(x[j, r]))
            n = (end - base + 1) // 2
            for k in range(n):
                t, whole = points[n, k], weights[n, k] * value[leaf]
                for r in range(rows):
                    product[r] = whole
                for i in range(base, end):
                    no = (1.0 - t) * cover[i]
                    yes = t + no
                    for r in range(rows):
                        product[r] *= yes if met[i - base, r] else no
                # Each feature's own factor is taken out again, and what knowing the feature changes is put in.
                without = -1.0 / (1.0 - t)
                for i in range(base, end):
                    j, within = feature[i], (1.0 - cover[i]) / (t + (1.0 - t) * cover[i])
                    for r in range(rows):
                        total[j, r] += product[r] * (within if met[i - base, r] else without)
        for r in range(rows):
            for j in range(features):
                out[begin + r, j] = total[j, r]
