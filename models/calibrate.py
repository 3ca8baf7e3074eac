"""From margins to chances: a sigmoid for everyone, and one of their own for strata with enough outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.errors import FitError
from models.logistic import fit_intercept, fit_line
from models.strata import MIN_RESIDENTS, Calibration, first_member, present


@dataclass(frozen=True, eq=False)
class CalibrationRows:
    """Rows of the weeks of calibration: features (n, p), resident (n,), margin (n,), outcome (n,), weight (n,)."""

    X: np.ndarray
    resident: np.ndarray
    margin: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    def take(self, mask: np.ndarray) -> "CalibrationRows":
        """The rows under a boolean mask (n,)."""
        return CalibrationRows(self.X[mask], self.resident[mask], self.margin[mask], self.y[mask], self.weight[mask])


def platt(margin: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float, str]:
    """Sigmoid calibration: (a, b, note) of logit p = a * margin + b, a > 0.

    A slope that is not positive would turn the ranking round; then only the level is calibrated (a = 1) and the
    note says so. Raises FitError when the rows hold one outcome only.
    """
    if not 0 < y.mean() < 1:
        raise FitError(f"{int(y.sum())} events among {len(y)} rows to calibrate on: both outcomes are needed")
    b, a = fit_line(y, margin, weight)
    if np.isfinite(a) and a > 0:
        return float(a), float(b), ""
    note = f"the calibration slope was {a:.3g}, not positive: only the level was calibrated"
    return 1.0, float(fit_intercept(y, margin, weight)), note


def calibrate(rows: CalibrationRows, names: Sequence[str]) -> tuple[tuple[float, float, str], tuple[Calibration, ...]]:
    """The shared (a, b, note) and every stratum that the features can tell.

    The shared line is fitted on everyone but those strata that have their own.
    """
    found = [Calibration(name, columns, 0, False, 1.0, 0.0) for name, columns in present(names)]
    stratum = first_member(found, rows.X)
    apart = [rows.take(stratum == i) for i in range(len(found))]
    enough = [_residents(part, 1) >= MIN_RESIDENTS <= _residents(part, 0) for part in apart]
    rest = rows.take(~np.isin(stratum, np.flatnonzero(enough)))
    a, b, note = platt(rest.margin, rest.y, rest.weight)
    notes, strata = [note] if note else [], []
    for one, part, own in zip(found, apart, enough, strict=True):
        line = platt(part.margin, part.y, part.weight) if own else (a, b, "")
        strata.append(replace(one, residents=_residents(part, 1), own=own, a=line[0], b=line[1]))
        notes += [f"{one.name}: {line[2]}"] if line[2] else []
    return (a, b, "; ".join(notes)), tuple(strata)


def _residents(rows: CalibrationRows, outcome: int) -> int:
    return len(np.unique(rows.resident[rows.y == outcome]))
