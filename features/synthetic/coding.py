"""Which admissions of the simulation are coded to an outcome: as chances before they happen, and as facts after."""

from dataclasses import dataclass

import numpy as np

from ..codelists.outcomes import definition
from . import logbook as m
from . import state as s
from .spells import CODED, PRIMARY, SECONDARY, Spells, diagnoses, procedures

CAUSES = s.ELECTIVE + 1
_METHOD = "21"
ALL = "all_emergency"


@dataclass(frozen=True)
class Shares:
    """float64 (profile, [avoidable, other], cause), and each resident's profile: chronic conditions and age."""

    table: np.ndarray
    of: np.ndarray


def shares(outcome: str, people: np.ndarray, ages: np.ndarray) -> Shares:
    """Of admissions by cause, the share coded to the outcome, for residents as on entry with ages in years.

    The primary diagnosis is drawn by weight, and a chronic condition is written down as a secondary one in the share
    `spells.CODED` of admissions; exact for definitions that look at one chronic condition at a time.
    """
    flags = np.column_stack([people[:, column] > 0 for _, column in SECONDARY])
    profiles, of = np.unique(np.column_stack([flags, np.floor(ages)]), axis=0, return_inverse=True)
    cases = [(flag, cause, code, weight) for (cause, flag), codes in PRIMARY.items() for code, weight in codes]
    primary = np.array([code for _, _, code, _ in cases], object)
    fall = np.array(["W190" if code[0] == "S" else "" for code in primary], object)
    table = np.zeros((len(profiles), 2, CAUSES))
    for i, profile in enumerate(profiles):
        chronic = [code for (code, _), has in zip(SECONDARY, profile[:-1], strict=True) if has]
        for part, codes in ((CODED, chronic), (1 - CODED, [])):
            hit = _hits(outcome, primary, fall, codes, profile[-1])
            for (flag, cause, _, weight), counts in zip(cases, hit, strict=True):
                table[i, 0 if flag else 1, cause] += part * weight * counts
    for (cause, flag), weighted in PRIMARY.items():
        table[:, 0 if flag else 1, cause] /= sum(weight for _, weight in weighted)
    return Shares(table, of.ravel())


def _hits(outcome: str, primary: np.ndarray, fall: np.ndarray, chronic: list[str], age: float) -> np.ndarray:
    rows = len(primary)
    secondary = np.array([";".join([*(c for c in chronic if c != p), *([f] if f else [])])
                          for p, f in zip(primary, fall, strict=True)], object)  # fmt: skip
    method = np.full(rows, _METHOD, object)
    found = definition(outcome).classify(primary, secondary, procedures(primary), method, np.full(rows, age))
    return np.array([category is not None for category in found])


def qualifies(outcome: str, spells: Spells, ages: np.ndarray) -> np.ndarray:
    """bool per spell of the simulation: an emergency admission that is coded to the outcome."""
    primary, secondary, operations = diagnoses(spells)
    planned = spells.rows[:, m.A_CAUSE] == s.ELECTIVE
    method = np.where(planned, "11", _METHOD).astype(object)
    found = definition(outcome).classify(primary, secondary, operations, method, ages)
    return np.array([category is not None for category in found], bool) & ~planned
