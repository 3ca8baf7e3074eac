"""Changes of coding: concepts that fall silent or swell everywhere, codes no list knows that become frequent, systems.

Counts are of one week's records as known on its Monday, so that the newest week is no emptier than older ones were.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.monitoring.discoveries import adjusted
from models.monitoring.signals import Action, Rules, Signal

RECENT = 4
"""Latest weeks that are looked at together."""
_LEAST = 10.0  # expected records, after over-dispersion, below which silence says nothing
_NEW = 20  # records of a code that no list knows before it is worth a look


@dataclass(frozen=True)
class CodeChange:
    """Records of one concept, unknown code or code system in the latest four weeks against what the reference expects.

    dispersion   how much more weekly counts vary than a Poisson's would, 1 or more
    """

    kind: str
    name: str
    records: float
    expected: float
    dispersion: float
    p: float
    adjusted: float


def code_changes(kind: str, names: Sequence[str], counts: np.ndarray, reference: np.ndarray) -> tuple[CodeChange, ...]:
    """Changes from weekly counts (names, weeks), the last weeks judged against the reference weeks (indices).

    The count is over-dispersed Poisson (McCullagh and Nelder 1989): its variance is `dispersion` times its mean, and
    the reference's mean is uncertain by as much. What is too rare to tell is left out.
    """
    from scipy.stats import t as student

    past = counts[:, reference].astype(float)
    mean = past.mean(axis=1)
    variance = past.var(axis=1, ddof=1)
    dispersion = np.maximum(np.divide(variance, mean, out=np.ones(len(mean)), where=mean > 0), 1.0)
    recent, expected = counts[:, -RECENT:].sum(axis=1).astype(float), RECENT * mean
    # Weeks of one record depend on one another: four weeks vary as four alike, not as four independent ones.
    spread = np.sqrt(np.maximum(expected, 0.5) * dispersion * (RECENT if len(reference) else 1))
    p = 2 * student.sf(np.abs(recent - expected) / spread, max(len(reference) - 1, 1))
    enough = (expected / dispersion >= _LEAST) | (recent >= _NEW)
    chosen = np.flatnonzero(enough).tolist()
    fixed = adjusted(p[chosen])
    return tuple(
        CodeChange(kind, names[j], float(recent[j]), float(expected[j]), float(dispersion[j]), float(p[j]), float(q))
        for j, q in zip(chosen, fixed, strict=True)
    )


def code_signals(rows: Sequence[CodeChange], rules: Rules) -> tuple[Signal, ...]:
    """A concept that is silent everywhere holds lists back: what the model takes for health may be a changed code."""
    found = []
    for row in rows:
        if row.adjusted > rules.note_rate:
            continue
        silent = row.kind == "concept" and row.records == 0
        if not silent and 0.5 * row.expected < row.records < 2 * row.expected:
            continue
        if row.kind == "unknown code" and row.records < row.expected:
            continue
        action: Action = "hold back" if silent and row.adjusted <= rules.acting else "note"
        said = f"{row.kind} {row.name}: {row.records:,.0f} records in four weeks, where {row.expected:,.0f} are usual"
        half = 1.96 * float(np.sqrt(max(row.expected, 0.5) * row.dispersion * RECENT))
        limits = max(0.0, row.expected - half), row.expected + half
        found.append(
            Signal("codes", row.name, row.kind, row.records, row.expected, *limits, row.adjusted, action, said)
        )
    return tuple(found)
