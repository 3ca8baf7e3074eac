"""A bag of boosters as arrays: what LightGBM's text says of every tree, as the compiled loops read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

HANDFUL = 128
"""Rows that the compiled loops take through a tree together, few enough for their values to stay in the cache."""

_ZERO = np.float32(1e-35)  # LightGBM takes values up to this far from zero for zero
_LEFT, _NAN = 2, 8  # bits of decision_type: where what is missing goes, and that NaN is what is missing
_FITTED = {0, _LEFT, _NAN, _NAN | _LEFT}


@dataclass(frozen=True, eq=False)
class Trees:
    """The trees of all boosters of a bag, one after the other.

    width       features of a row
    first_tree  (boosters + 1,) of each booster, and first_node (trees + 1,) of each tree; a tree of k nodes has k + 1
                leaves, so its leaves begin at its first node plus its own number
    feature, threshold, nan_left  (nodes,) a row goes left where its value is at most the threshold, or where it is NaN
                and nan_left; a node stands after the one it hangs from
    left, right (nodes,) what is below, counted within the tree: a node, or k plus a leaf
    left_share  (nodes,) of a node's rows that went left when the tree was fitted
    value       (leaves,) what a row that ends there adds to the margin
    """

    width: int
    first_tree: np.ndarray
    first_node: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    nan_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    left_share: np.ndarray
    value: np.ndarray


def read(texts: Sequence[str]) -> Trees:
    """The trees of these boosters in LightGBM's text format. Raises ValueError for kinds of trees that we never fit."""
    sections = [[_fields(part) for part in text.split("\nTree=")] for text in texts]
    widths = {int(header["max_feature_idx"]) + 1 for header, *_ in sections}
    if len(widths) > 1 or any(header["num_class"] != "1" for header, *_ in sections):
        raise ValueError("the boosters of a bag must be of one outcome over the same features")
    trees = [_tree(fields) for _, *own in sections for fields in own]
    return Trees(
        width=widths.pop(),
        first_tree=np.cumsum([0, *(len(own) - 1 for own in sections)]),
        first_node=np.cumsum([0, *(len(tree["feature"]) for tree in trees)]),
        **{name: np.concatenate([tree[name] for tree in trees]) for name in trees[0]},
    )


def _fields(section: str) -> dict[str, str]:
    """name=value, line by line, up to the first empty line."""
    pairs = (line.partition("=") for line in section.split("\n\n", 1)[0].split("\n"))
    return {name: value for name, _, value in pairs}


def _tree(fields: Mapping[str, str]) -> dict[str, np.ndarray]:
    kind = _numbers(fields, "decision_type", np.int64)
    if not set(kind.tolist()) <= _FITTED or fields.get("is_linear", "0") != "0":
        raise ValueError("trees with categories, with zero as missing or with lines in their leaves cannot be read")
    threshold, inner = _numbers(fields, "threshold", np.float64), len(kind)
    below = (_numbers(fields, name, np.int64) for name in ("left_child", "right_child"))
    left, right = (np.where(child < 0, inner + ~child, child).astype(np.int32) for child in below)
    rows = np.concatenate([_numbers(fields, f"{name}_count", np.float64) for name in ("internal", "leaf")])
    return {
        "feature": _numbers(fields, "split_feature", np.int64),
        "threshold": _of_float32(threshold),
        "nan_left": np.where(kind & _NAN, kind & _LEFT, threshold >= 0) > 0,  # else NaN counts as zero
        "left": left,
        "right": right,
        "left_share": rows[left] / rows[:inner],
        "value": _numbers(fields, "leaf_value", np.float64),
    }


def _numbers(fields: Mapping[str, str], name: str, kind: type) -> np.ndarray:
    return np.array(fields.get(name, "").split(), kind)


def _of_float32(threshold: np.ndarray) -> np.ndarray:
    """The float32 thresholds that part float32 values exactly as these do."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    near = np.where(near > threshold, below, near)
    # No threshold parts values that all count as zero.
    return np.where(np.abs(near) > _ZERO, near, np.where(near < 0, np.nextafter(-_ZERO, -2 * _ZERO), _ZERO))
