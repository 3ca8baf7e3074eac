"""Facts of the resident, the stay, the home and the calendar, and days in hospital: one array per key."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from .asof import LONG_AGO
from .cohort import UNCERTAIN_AFTER, Interval, Panel, Status
from .history import History
from .records import by_entity
from .threads import in_threads


def background(history: History, panel: Panel, key: str) -> np.ndarray:
    """float32 per panel row; NaN where the history does not say."""
    return _FACTS[key](history, panel).astype(np.float32)


def birth_days(history: History, residents: pa.Array) -> np.ndarray:
    """Days since 1970-01-01 of each resident's birth."""
    people = history["residents"]
    born = pc.fill_null(people["date_of_birth"].cast(pa.int32()).cast(pa.float64()), np.nan).to_numpy()
    return by_entity(born, people["resident_id"], residents, np.nan)


def _age(history: History, panel: Panel) -> np.ndarray:
    return (panel.clock.day[panel.week] - birth_days(history, panel.residents)[panel.entity]) / 365.25


def _male(history: History, panel: Panel) -> np.ndarray:
    people = history["residents"]
    male = np.array([{"M": 1.0, "F": 0.0}.get(s, np.nan) for s in people["sex"].to_pylist()])
    return by_entity(male, people["resident_id"], panel.residents, np.nan)[panel.entity]


def _of_home(column: str) -> Callable[[History, Panel], np.ndarray]:
    def fact(history: History, panel: Panel) -> np.ndarray:
        values = pc.fill_null(history["homes"][column], np.nan).to_numpy()
        return by_entity(values, history["homes"]["home_id"], panel.homes, np.nan)[panel.home]

    return fact


def _home_type(wanted: str) -> Callable[[History, Panel], np.ndarray]:
    def fact(history: History, panel: Panel) -> np.ndarray:
        kinds = np.array([float(k == wanted) for k in history["homes"]["home_type"].to_pylist()])
        return by_entity(kinds, history["homes"]["home_id"], panel.homes, np.nan)[panel.home]

    return fact


def _of_stay(column: str, wanted: str) -> Callable[[History, Panel], np.ndarray]:
    def fact(history: History, panel: Panel) -> np.ndarray:
        words = history["stays"][column].to_pylist()
        return np.array([np.nan if w is None else float(w == wanted) for w in words])[panel.stay]

    return fact


def _in_hospital(history: History, panel: Panel) -> np.ndarray:
    return (panel.status == Status.IN_HOSPITAL).astype(float)


def _season(wave: Callable) -> Callable[[History, Panel], np.ndarray]:
    def fact(history: History, panel: Panel) -> np.ndarray:
        return wave(2 * np.pi * (panel.clock.day[panel.week] % 365.25) / 365.25)

    return fact


_FACTS: Mapping[str, Callable[[History, Panel], np.ndarray]] = {
    "age": _age,
    "male": _male,
    "imd_decile": _of_home("imd_decile"),
    "beds": _of_home("beds"),
    "nursing": _home_type("nursing"),
    "learning_disability_home": _home_type("learning_disability"),
    "permanent": _of_stay("stay_type", "permanent"),
    "nhs_funded": _of_stay("funding", "nhs"),
    "self_funded": _of_stay("funding", "self"),
    "from_hospital": _of_stay("admitted_from", "hospital"),
    "in_hospital": _in_hospital,
    "year_sine": _season(np.sin),
    "year_cosine": _season(np.cos),
}


def bed_days(history: History, panel: Panel, edges: np.ndarray) -> np.ndarray:
    """float32 (rows, windows): days in hospital in each window, a day in two spells at once counted once.

    A spell without a known discharge runs to t, or 60 days.
    """
    spells = Interval.of(history["spells"], panel.residents, "admitted_at", "discharged_at", "discharge_recorded_at")
    order = spells.order[spells.entity[spells.order] >= 0]
    order = order[np.argsort(spells.entity[order], kind="stable")]
    start = np.searchsorted(spells.entity[order], np.arange(len(panel.residents) + 1)).astype(np.int64)
    out = np.zeros((len(panel), edges.shape[1]), np.float32)
    in_threads(
        _bed_days, len(panel), start, spells.begin[order], spells.end[order], spells.end_known[order],
        spells.known.since[order], spells.known.until[order], panel.entity.astype(np.int64),
        panel.week.astype(np.int64), panel.clock.t, panel.clock.known_at, edges, UNCERTAIN_AFTER, out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _bed_days(
    first, last, start, begin, end, end_known, since, until, entity, week, t, known_at, edges, longest, out
):  # pragma: no cover - compiled
    for row in range(first, last):
        k = week[row]
        covered = LONG_AGO  # spells come by admission: up to here days are counted
        for i in range(start[entity[row]], start[entity[row] + 1]):
            if begin[i] >= t[k] or since[i] >= known_at[k] or until[i] < known_at[k]:
                continue
            stop = min(t[k], begin[i] + longest)
            if end[i] < t[k] and end_known[i] < known_at[k]:
                stop = end[i]
            for w in range(edges.shape[1]):
                inside = stop - max(begin[i], edges[k, w], covered)
                if inside > 0:
                    out[row, w] += inside / 86_400_000_000
            covered = max(covered, stop)
