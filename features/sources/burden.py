"""Anticholinergic burden over time: the sum of the scores of the distinct medicines of the last 90 days.

Ninety days span the longest usual supply, so a medicine taken all along stays in the sum between its issues. At one
instant an end stands before an issue: a course that is renewed goes on.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from ..asof import DAY, LONG_AGO, NEVER

WINDOW = 90 * DAY


@dataclass(frozen=True)
class Issues:
    """Medicine records as arrays (n,): whose list it is on and which drug by number, UTC microseconds, the drug's
    score, and whether it is an issue or the end of a course; `recorded` is NEVER where the record does not say.
    """

    whose: np.ndarray
    time: np.ndarray
    drug: np.ndarray
    score: np.ndarray
    issued: np.ndarray
    recorded: np.ndarray


def burden(issues: Issues) -> pd.DataFrame:
    """A row at each instant of a list, in order: `whose`, `time`, `value` and what it rests on.

    It rests on every record of the last 90 days: `latest` is the latest recording among them (LONG_AGO for none) and
    `unsaid` whether any does not say. `until` is the list's next instant, NEVER after its last.
    """
    order = np.lexsort((issues.drug, issues.issued, issues.time, issues.whose))
    whose, time = issues.whose[order], issues.time[order]
    rest = (each[order] for each in (issues.drug, issues.score, issues.issued, issues.recorded))
    value, latest, unsaid = _sums(whose, time, *rest)
    same = whose[1:] == whose[:-1]
    last = np.flatnonzero(np.append(~same | (time[1:] > time[:-1]), True)[: len(whose)])
    follows = np.append(whose[last][1:] == whose[last][:-1], False)[: len(last)]
    until = np.where(follows, np.append(time[last][1:], NEVER)[: len(last)], NEVER)
    columns = {"whose": whose, "time": time, "value": value, "latest": latest, "unsaid": unsaid}
    return pd.DataFrame({name: column[last] for name, column in columns.items()} | {"until": until})


def lapses(found: pd.DataFrame) -> pd.DataFrame:
    """The rows after which nothing was issued for 90 days, with the instant of the `lapse`."""
    run_out = found["until"].to_numpy() - WINDOW >= found["time"].to_numpy()
    open_ended = found[run_out & (found["value"].to_numpy() > 0)]
    return open_ended.assign(lapse=open_ended["time"] + WINDOW)


@njit(cache=True, nogil=True)
def _sums(whose, time, drug, score, issued, recorded):  # pragma: no cover - compiled
    value, unsaid = np.zeros(len(time)), np.zeros(len(time), np.bool_)
    latest = np.full(len(time), LONG_AGO)
    seen = np.full(drug.max() + 1 if len(drug) else 0, -1)
    first = 0
    for row in range(len(time)):
        while whose[first] != whose[row] or time[first] <= time[row] - WINDOW:
            first += 1
        for past in range(row, first - 1, -1):  # the newest record of a drug says whether it goes on
            if recorded[past] == NEVER:
                unsaid[row] = True
            else:
                latest[row] = max(latest[row], recorded[past])
            if seen[drug[past]] != row:
                seen[drug[past]] = row
                if issued[past]:
                    value[row] += score[past]
    return value, latest, unsaid
