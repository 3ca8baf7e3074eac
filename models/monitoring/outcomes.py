"""Calibration as outcomes become known: observed over expected, and the slope, on the latest weeks since training."""

from dataclasses import dataclass

import numpy as np

from models.evaluation import Metric
from models.judged import Judged
from models.metrics import calibration_slope, observed_expected
from models.monitoring.signals import Action, Rules, Signal

_LEAST_EVENTS = 20


@dataclass(frozen=True)
class Calibrated:
    """Observed over expected with its interval, the slope, and the p-value of being off by more than the tolerance."""

    ratio: Metric
    slope: Metric
    p: float


def calibrated(judged: Judged, rules: Rules) -> Calibrated | None:
    """Of the model's chances on the latest `outcome_weeks` as-ofs; None with fewer than 20 events or 3 homes.

    Weekly rows of one resident share admissions. The p-value takes homes as the unit, so that what repeats within a
    resident or a home adds no certainty.
    """
    days = np.unique(judged.as_of)[-rules.outcome_weeks :]
    rows = judged.take(np.isin(judged.as_of, days))
    if rows.y.sum() < _LEAST_EVENTS or len(np.unique(rows.home)) < 3:
        return None
    chance = rows.chances["model"]
    ratio = rows.metric("observed_expected", "model", lambda w: observed_expected(rows.y, chance, w))
    slope = rows.metric("calibration_slope", "model", lambda w: calibration_slope(rows.y, chance, w))
    return Calibrated(ratio, slope, beyond(rows.y, chance, rows.home, rules.tolerance))


def beyond(y: np.ndarray, chance: np.ndarray, home: np.ndarray, tolerance: float) -> float:
    """Two-sided p-value (t, by home) that observed over expected lies within 1 / tolerance and tolerance."""
    from scipy.stats import t as student

    code = np.unique(home, return_inverse=True)[1]
    observed, expected = np.bincount(code, y), np.bincount(code, chance)
    ratio = observed.sum() / expected.sum()
    if ratio <= 0:
        return float("nan")
    homes = len(observed)
    error = np.sqrt(homes / (homes - 1) * np.square(observed - ratio * expected).sum()) / observed.sum()
    z = max(abs(np.log(ratio)) - np.log(tolerance), 0.0) / error if error > 0 else 0.0
    return float(min(1.0, 2 * student.sf(z, homes - 1)))


def outcome_action(p: float, rules: Rules) -> Action:
    """What the p-value of being off by more than the tolerance asks for."""
    if p <= rules.acting:
        return "retrain"
    return "note" if p <= rules.note_rate else "none"


def outcome_signals(found: Calibrated | None, rules: Rules) -> tuple[Signal, ...]:
    """Retrain when chances are off by more than the tolerance; a note when the slope's interval leaves 0.8 to 1.25."""
    if found is None:
        return ()
    out = []
    ratio, slope = found.ratio, found.slope
    action = outcome_action(found.p, rules)
    if action != "none":
        said = f"{ratio.events} residents' weeks had the outcome, where {ratio.events / ratio.value:.0f} were expected"
        out.append(
            Signal("outcomes", "observed_expected", "", ratio.value, 1.0, ratio.low, ratio.high, found.p, action, said)
        )
    if slope.high < 0.8 or slope.low > 1.25:
        way = "too extreme" if slope.high < 0.8 else "too much alike"
        said = f"the model's chances are {way}: calibration slope {slope.value:.2f}"
        nothing = float("nan")
        out.append(
            Signal("outcomes", "calibration_slope", "", slope.value, 1.0, slope.low, slope.high, nothing, "note", said)
        )
    return tuple(out)
