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
    known = np.column_stack([flags & _read(outcome), np.floor(ages) if _asks_age(outcome) else np.full(len(ages), 80)])
    profiles, of = np.unique(known, axis=0, return_inverse=True)
    cases = [(0 if flag else 1, cause, code, w) for (cause, flag), codes in PRIMARY.items() for code, w in codes]
    table = np.zeros((len(profiles), 2, CAUSES))
    for part, written in ((CODED, True), (1 - CODED, False)):
        hits = _hits(outcome, [code for _, _, code, _ in cases], profiles, written)
        for (side, cause, _, weight), column in zip(cases, hits.T, strict=True):
            table[:, side, cause] += part * weight * column
    for (cause, flag), weighted in PRIMARY.items():
        table[:, 0 if flag else 1, cause] /= sum(weight for _, weight in weighted)
    return Shares(table, of.ravel())


def _read(outcome: str) -> np.ndarray:
    """Which chronic conditions the definition looks at as secondary diagnoses."""
    seen = tuple(code for rule in definition(outcome).rules for code in rule.secondary_seen)
    return np.array([any(code.startswith(s) or s == "*" for s in seen) for code, _ in SECONDARY])


def _asks_age(outcome: str) -> bool:
    asked = definition(outcome)
    limits = [asked.min_age, asked.max_age, *(x for rule in asked.rules for x in (rule.min_age, rule.max_age))]
    return any(limit is not None for limit in limits)


def _hits(outcome: str, primary: list[str], profiles: np.ndarray, written: bool) -> np.ndarray:
    """bool (profile, primary diagnosis): whether it counts, with every chronic condition `written` down or none."""
    codes = np.array([code for code, _ in SECONDARY], object)
    chronic = [codes[row[:-1] > 0].tolist() if written else [] for row in profiles]
    secondary = [
        ";".join([*(c for c in has if c != p), *(["W190"] if p[0] == "S" else [])]) for has in chronic for p in primary
    ]
    first = np.array(primary * len(profiles), object)
    method, ages = np.full(len(first), _METHOD, object), np.repeat(profiles[:, -1], len(primary))
    found = definition(outcome).classify(first, np.array(secondary, object), procedures(first), method, ages)
    return np.array([category is not None for category in found]).reshape(len(profiles), len(primary))


def qualifies(outcome: str, spells: Spells, ages: np.ndarray) -> np.ndarray:
    """bool per spell of the simulation: an emergency admission that is coded to the outcome."""
    primary, secondary, operations = diagnoses(spells)
    planned = spells.rows[:, m.A_CAUSE] == s.ELECTIVE
    method = np.where(planned, "11", _METHOD).astype(object)
    found = definition(outcome).classify(primary, secondary, operations, method, ages)
    return np.array([category is not None for category in found], bool) & ~planned
