"""Who the model learnt from and was judged on, as numbers: no row, no resident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.matrix import Matrix, as_of_days
from models.fit import Panel, panel, text_column
from models.model import AVOIDABLE
from models.splits import TimeSplit

LEAST = 5
HIDDEN = "hidden"


@dataclass(frozen=True)
class Part:
    """Resident-weeks of one use of the data: of how many residents and homes, and how many had the outcome.

    people   residents with the outcome: one admission is the outcome of up to as many weeks as its horizon has
    age      quartiles, NaN where age is no feature
    missing  share of the cells of all features without a value
    """

    name: str
    first: date
    last: date
    weeks: int
    rows: int
    residents: int
    homes: int
    events: int
    people: int
    age: tuple[float, float, float]
    missing: float
    home_types: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Counted:
    """All resident-weeks of the training matrix.

    statuses   of residents living in a home on a Monday: only some are ranked, and they alone teach and are judged
    states     what became of those ranked
    uncoded    emergency admissions without a diagnosis at the cut-off; None where it was not counted
    """

    parts: tuple[Part, ...]
    rows: int
    residents: int
    homes: int
    first: date
    last: date
    statuses: tuple[tuple[str, int], ...]
    states: tuple[tuple[str, int], ...]
    uncoded: int | None = None


def counted(matrix: Matrix, split: TimeSplit, refit: TimeSplit, uncoded: int | None = None) -> Counted:
    """Count a labelled matrix: its parts in the evaluation and in the refit for use.

    Where residents are held out of the fit, the rows that were judged are theirs alone and the evaluation says how
    many: here every resident of those weeks is counted.
    """
    data = panel(matrix)
    who = np.unique(text_column(matrix, "resident_id"), return_inverse=True)[1]
    days = np.unique(as_of_days(matrix.rows)).astype(object)
    named = {
        "fitted, to be judged": split.fit,
        "calibrated, to be judged": split.calibrate,
        "judged": split.test,
        "fitted for use": refit.fit,
        "calibrated for use": refit.calibrate,
    }
    return Counted(
        parts=tuple(_part(name, data, who, dates) for name, dates in named.items()),
        rows=len(matrix),
        residents=len(np.unique(who)),
        homes=len(np.unique(data.home)),
        first=days[0],
        last=days[-1],
        statuses=_tally(text_column(matrix, "status")),
        states=_tally(text_column(matrix, "state")[data.eligible]),
        uncoded=uncoded,
    )


def _part(name: str, data: Panel, who: np.ndarray, dates: tuple[date, ...]) -> Part:
    rows = np.flatnonzero(data.mask(dates))
    y = data.labels[AVOIDABLE][rows] > 0
    return Part(
        name=name,
        first=dates[0],
        last=dates[-1],
        weeks=len(dates),
        rows=len(rows),
        residents=len(np.unique(who[rows])),
        homes=len(np.unique(data.home[rows])),
        events=int(y.sum()),
        people=len(np.unique(who[rows][y])),
        age=_quartiles(data.matrix, rows),
        missing=float(1 - data.matrix.present(rows).mean()),
        home_types=_tally(text_column(data.matrix, "home_type")[rows]),
    )


def _quartiles(matrix: Matrix, rows: np.ndarray) -> tuple[float, float, float]:
    if "age" not in matrix.names:
        return (float("nan"),) * 3
    low, middle, high = np.nanquantile(matrix.column("age")[rows], [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def _tally(values: np.ndarray) -> tuple[tuple[str, int], ...]:
    """How often each value occurs, the most frequent first."""
    names, counts = np.unique(values, return_counts=True)
    order = np.lexsort((names, -counts))
    return tuple((str(names[i]), int(counts[i])) for i in order)


def count(n: float) -> str:
    """A number of residents or of their weeks: never one from 1 to 4."""
    if 0 < n < LEAST:
        return f"fewer than {LEAST}"
    return f"{n:,.0f}"


def tallied(counts: Mapping[str, int] | Sequence[tuple[str, int]]) -> tuple[tuple[str, str], ...]:
    """Parts of a known total: small ones are hidden and, where that is one alone, the next smallest with it, since
    what is left of the total would tell it. Which is the small one is not said."""
    pairs = tuple(counts.items()) if isinstance(counts, Mapping) else tuple(counts)
    hide = {name for name, n in pairs if 0 < n < LEAST}
    if len(hide) == 1:
        rest = [(n, name) for name, n in pairs if n and name not in hide]
        hide |= {min(rest)[1]} if rest else set()
    return tuple((name, HIDDEN if name in hide else f"{n:,}") for name, n in pairs)
