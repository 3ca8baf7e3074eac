"""Margins of many rows: a handful of rows goes down a tree together, node by node.

A handful takes every node of a tree, each row moving only at the node where it stands: no branch, and wide
instructions. Values are added in LightGBM's own order, so these are its raw scores to the last bit.
"""

import numpy as np
from numba import njit

from features.threads import in_threads
from models.trees import HANDFUL, Trees


def margins(trees: Trees, X: np.ndarray) -> np.ndarray:
    """Raw score (boosters, n) of rows X (n, p), taken as float32, by each booster of the bag."""
    out = np.empty((len(trees.first_tree) - 1, len(X)))
    in_threads(
        _descend, len(X), np.ascontiguousarray(X, np.float32), trees.first_tree, trees.first_node, trees.feature,
        trees.threshold, trees.nan_left, trees.left, trees.right, trees.value, out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _descend(
    first, last, X, first_tree, first_node, feature, threshold, nan_left, left, right, value, out
):  # pragma: no cover - compiled
    """Rows `first` to `last`."""
    x = np.empty((X.shape[1], HANDFUL), np.float32)
    at, total = np.empty(HANDFUL, np.int32), np.empty(HANDFUL)
    for begin in range(first, last, HANDFUL):
        rows = min(HANDFUL, last - begin)
        for r in range(rows):
            for j in range(X.shape[1]):
                x[j, r] = X[begin + r, j]
        for booster in range(len(first_tree) - 1):
            for r in range(rows):
                total[r] = 0.0
            for tree in range(first_tree[booster], first_tree[booster + 1]):
                low, high = first_node[tree], first_node[tree + 1]
                for r in range(rows):
                    at[r] = 0
                for node in range(low, high):
                    j, most, nan = feature[node], threshold[node], nan_left[node]
                    yes, no, here = left[node], right[node], np.int32(node - low)
                    for r in range(rows):
                        below = yes if (x[j, r] <= most) | (nan & np.isnan(x[j, r])) else no
                        at[r] = below if at[r] == here else at[r]
                leaf = low + tree - (high - low)  # of the first leaf, less the nodes that are counted before it
                for r in range(rows):
                    total[r] += value[leaf + at[r]]
            for r in range(rows):
                out[booster, begin + r] = total[r]
