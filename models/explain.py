"""Why a resident's chance is what it is: SHAP values in calibrated log-odds, summed by feature group.

The values are those of path-dependent TreeSHAP (Lundberg et al. 2020), as LightGBM and `shap.TreeExplainer` give them,
and add up to the calibrated log-odds exactly; `shapley.py` says how they are made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.model import Model

UNGROUPED = "Other"


@dataclass(frozen=True, eq=False)
class Grouped:
    """Contributions by group: values (n, g) in calibrated log-odds, base (n,); base + row sum = log-odds."""

    groups: tuple[str, ...]
    values: np.ndarray
    base: np.ndarray

    @property
    def log_odds(self) -> np.ndarray:
        """Calibrated log-odds (n,)."""
        return self.base + self.values.sum(axis=1)


def group_names(names: Sequence[str], groups: Mapping[str, str]) -> tuple[str, ...]:
    """Groups in the order in which the features first name them."""
    return tuple(dict.fromkeys(groups.get(name) or UNGROUPED for name in names))


def sum_by_group(values: np.ndarray, names: Sequence[str], groups: Mapping[str, str]) -> np.ndarray:
    """Feature contributions (n, p) summed into (n, g), columns as in `group_names`."""
    labels = group_names(names, groups)
    position = {label: i for i, label in enumerate(labels)}
    member = np.zeros((len(names), len(labels)))
    for i, name in enumerate(names):
        member[i, position[groups.get(name) or UNGROUPED]] = 1.0
    return values @ member


def grouped_contributions(model: Model, X: np.ndarray) -> Grouped:
    """Contributions of rows X (n, p), in the model's feature order, by group."""
    values, base = model.contributions(X)
    return Grouped(group_names(model.names, model.groups), sum_by_group(values, model.names, model.groups), base)


def top_groups(grouped: Grouped, k: int) -> list[list[tuple[str, float]]]:
    """For each row, up to k groups that raise the risk most, largest first; groups that lower it are left out."""
    order = np.argsort(-grouped.values, axis=1, kind="stable")[:, :k]
    return [
        [(grouped.groups[j], float(row[j])) for j in best if row[j] > 0]
        for row, best in zip(grouped.values, order, strict=True)
    ]
