"""The truth of a block as rows: the risk of each outcome and horizon on each Monday, and what then happened."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ..threads import in_threads
from . import logbook as m
from . import state as s
from .coding import ALL, qualifies, shares
from .draws import Draws
from .spells import Spells
from .truth import HORIZON, true_risks

DEFAULT = "iau_2019"
TRUTH = pa.schema(
    [
        ("resident_id", pa.string()),
        ("as_of", pa.date32()),
        ("risk", pa.float64()),
        ("risk_se", pa.float64()),
        ("risk_any", pa.float64()),
        ("risk_any_se", pa.float64()),
        ("admitted", pa.bool_()),
        ("admitted_any", pa.bool_()),
    ]
)
UNLISTED = TRUTH.append(pa.field("risk_unlisted", pa.float64()))
TRUTHS = pa.schema(
    [
        ("resident_id", pa.string()),
        ("as_of", pa.date32()),
        ("outcome", pa.string()),
        ("horizon_days", pa.int32()),
        ("risk", pa.float64()),
        ("risk_se", pa.float64()),
        ("admitted", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Snapshots:
    """Residents as they were on Mondays: vectors (n, state.VECTOR), (resident, day) of each, and who they are."""

    vectors: np.ndarray
    of: np.ndarray
    people: np.ndarray  # by resident, on entry
    stream: np.ndarray  # by resident
    spells: Spells  # of all residents, to the end of the simulation

    @property
    def resident(self) -> np.ndarray:
        return self.of[:, 0]

    @property
    def day(self) -> np.ndarray:
        return self.of[:, 1]


@dataclass(frozen=True)
class Risks:
    """One outcome and horizon for each snapshot: risk, its standard error, and whether such an admission came."""

    risk: np.ndarray
    error: np.ndarray
    admitted: np.ndarray


def ages(people: np.ndarray, stream: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Ages in years on `day`; rows of the three belong together."""
    entered = people[:, s.ENTERED].astype(np.int64)
    return people[:, s.AGE] + Draws(stream, entered).u(20) + (day - entered) / 365.25


def risks(at: Snapshots, outcome: str, horizon: int, season: np.ndarray, paths: int) -> Risks:
    """The true risk of a first qualifying admission within `horizon` days; random numbers go with the row."""
    people, stream = at.people[at.resident], at.stream[at.resident]
    qualifying = shares(outcome, people, ages(people, stream, at.day))
    out = np.empty((len(at.vectors), 2))

    def part(a: int, b: int) -> None:
        true_risks(at.vectors[a:b], at.day[a:b], stream[a:b], qualifying.table, qualifying.of[a:b], season, horizon,
                   paths, out[a:b])  # fmt: skip

    in_threads(part, len(out))
    return Risks(out[:, 0], out[:, 1], admitted(at, outcome, horizon))


def admitted(at: Snapshots, outcome: str, horizon: int) -> np.ndarray:
    """bool per snapshot: whether a qualifying admission came within `horizon` days."""
    rows = at.spells.rows
    who, day = rows[:, m.A_RESIDENT], rows[:, m.A_DAY]
    if outcome == ALL:
        counts = rows[:, m.A_CAUSE] != s.ELECTIVE
    else:
        counts = qualifies(outcome, at.spells, np.floor(ages(at.people[who], at.stream[who], day)))
    when = np.sort(who[counts] << 20 | day[counts])
    asked = at.resident << 20 | at.day
    return np.searchsorted(when, asked + horizon) > np.searchsorted(when, asked)


def without_lists(vectors: np.ndarray) -> np.ndarray:
    """The same residents, with no list to come and no review that acts."""
    out = vectors.copy()
    out[:, s.LISTS_FROM], out[:, s.MOVE_LISTS_FROM] = s.NEVER_LISTED, s.NEVER_LISTED
    out[:, s.REVIEW_ON], out[:, s.REVIEWED_UNTIL] = -1, 0
    return out


def truth_columns(at: Snapshots, season: np.ndarray, paths: int, *, unlisted: bool = False) -> dict[str, np.ndarray]:
    """Columns of truth.parquet beside resident and date: the default outcome and any emergency, 28 days.

    `unlisted` adds the default outcome's risk had lists and reviews stopped acting on that Monday.
    """
    main, emergency = (risks(at, name, HORIZON, season, paths) for name in (DEFAULT, ALL))
    without = replace(at, vectors=without_lists(at.vectors)) if unlisted else None
    more = {"risk_unlisted": risks(without, DEFAULT, HORIZON, season, paths).risk} if without else {}
    return more | {
        "risk": main.risk,
        "risk_se": main.error,
        "risk_any": emergency.risk,
        "risk_any_se": emergency.error,
        "admitted": main.admitted,
        "admitted_any": emergency.admitted,
    }
