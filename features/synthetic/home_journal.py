"""What is on record about a home: the table `homes` and its dated events."""

import numpy as np
import pyarrow as pa

from ..write import instant_array, text_array
from . import state as s
from .homes import ROUND_DAYS, TYPE_NAMES, Homes
from .span import DAY, HOUR, Calendar
from .texts import TRAINING

CODES = (
    "cqc_rating", "outbreak", "manager_vacancy", "agency_share", "occupancy", "training", "round_held",
    "discharge_offered",
)  # fmt: skip
RATING, OUTBREAK, VACANCY, AGENCY, OCCUPANCY, TRAINED, ROUND, OFFER = range(8)
SPARE_BEDS = 1.07


def home_columns(homes: Homes) -> dict[str, pa.Array]:
    """Columns of `homes`; telephone numbers are from the range kept for drama (Ofcom: 01632 960000 to 960999)."""
    n, numbers = len(homes), homes.numbers
    kind, day = numbers[:, s.H_TYPE].astype(int), numbers[:, s.H_ROUND].astype(int)
    return {
        "home_id": pa.array(homes.ids, pa.string()),
        "name": pa.array(homes.names, pa.string()),
        "home_type": text_array(kind, TYPE_NAMES),
        "beds": pa.array(np.ceil(numbers[:, s.H_BEDS] * SPARE_BEDS)),
        "practice": pa.array(homes.practices, pa.string()),
        "pcn": pa.array(homes.pcns, pa.string()),
        "region": pa.array(["East of England"] * n, pa.string()),
        "imd_decile": pa.array(homes.imd.astype(np.float64)),
        "phone": pa.array([f"01632 960{i % 1000:03d}" for i in range(n)], pa.string()),
        "email": pa.array([f"{home}@example.org" for home in homes.ids], pa.string()),
        "round_day": text_array(day, ROUND_DAYS),
    }


def home_event_columns(
    homes: Homes, weeks: np.ndarray, living: np.ndarray, calendar: Calendar, seed: int
) -> dict[str, pa.Array]:
    """Columns of `home_events`; `weeks` as from homes.home_weeks, `living` residents by (home, week of the history)."""
    rows: list[tuple[int, int, int, float, int, float]] = []  # home, day, code, value, text, days until recorded
    first, end = calendar.span.first, calendar.span.end
    for h in range(len(homes)):
        rng = np.random.Generator(np.random.Philox(key=[seed, 0x4A4F5552_0000 + h]))
        rows += _ratings(h, first, end, rng)
        rows += _switches(h, weeks, calendar, rng)
        rows += _monthly(h, homes, living, first, end, rng)
        rows += _rounds(h, homes, first, end, rng)
        rows += _others(h, homes, first, end, rng)
    table = np.array(rows, np.float64)
    order = np.lexsort((table[:, 2], table[:, 1], table[:, 0]))
    return _columns(table[order], homes, calendar)


def _columns(table: np.ndarray, homes: Homes, calendar: Calendar) -> dict[str, pa.Array]:
    time = calendar.midnight[table[:, 1].astype(int)] + 9 * HOUR
    recorded = time + (table[:, 5] * DAY).astype(np.int64)
    kept = recorded < calendar.cutoff
    value = table[kept, 3]
    return {
        "home_id": text_array(table[kept, 0].astype(int), homes.ids),
        "time": instant_array(time[kept]),
        "code": text_array(table[kept, 2].astype(int), CODES),
        "value": pa.array(value, mask=np.isnan(value)),
        "text": text_array(table[kept, 4].astype(int), TRAINING),
        "recorded_at": instant_array(recorded[kept]),
    }


def _ratings(h, first, end, rng):
    day, out = first - int(rng.integers(30, 900)), []
    while day < end:
        level = float(rng.choice([1.0, 2.0, 3.0, 4.0], p=[0.02, 0.18, 0.75, 0.05]))
        out.append((h, day, RATING, level, -1, 30.0 + 20 * rng.random()))
        day += int(rng.integers(400, 1100))
    return out


def _switches(h, weeks, calendar, rng):
    """Outbreaks and vacancies when they begin and end, from the state of the weeks."""
    out = []
    start = (calendar.span.first - calendar.span.begin) // 7
    stop = (calendar.span.end - calendar.span.begin) // 7
    for column, code in ((0, OUTBREAK), (1, VACANCY)):
        on = weeks[h, :, column] > 0
        for w in range(start, stop):
            if on[w] != on[w - 1]:
                day = calendar.span.begin + 7 * w + int(rng.integers(0, 3))
                out.append((h, day, code, float(on[w]), -1, (2 if code == OUTBREAK else 15) * rng.random() + 0.2))
    return out


def _monthly(h, homes, living, first, end, rng):
    out = []
    agency, beds = homes.numbers[h, s.H_AGENCY], np.ceil(homes.numbers[h, s.H_BEDS] * SPARE_BEDS)
    for day in range(first, end, 28):
        share = float(np.clip(agency + rng.normal(0, 0.03), 0, 0.9))
        full = living[h, min((day - first) // 7, living.shape[1] - 1)] / beds
        out.append((h, day, AGENCY, round(share, 3), -1, 3 + 8 * rng.random()))
        out.append((h, day, OCCUPANCY, round(float(min(full, 1.5)), 3), -1, 1 + 5 * rng.random()))
    return out


def _rounds(h, homes, first, end, rng):
    if homes.numbers[h, s.H_TYPE] == s.LEARNING:
        return []
    days = np.arange(first + int(homes.numbers[h, s.H_ROUND]), end, 7)
    held = days[rng.random(len(days)) < 0.86]
    return [(h, int(day), ROUND, np.nan, -1, 0.3 + 2 * rng.random()) for day in held]


def _others(h, homes, first, end, rng):
    years = (end - first) / 365.25
    out = [
        (h, int(rng.integers(first, end)), TRAINED, np.nan, int(rng.integers(len(TRAINING))), 10 * rng.random())
        for _ in range(rng.poisson(2 * years))
    ]
    for _ in range(rng.poisson(0.45 * homes.numbers[h, s.H_BEDS] * years)):
        out.append((h, int(rng.integers(first, end)), OFFER, float(rng.random() < 0.62), -1, 3 * rng.random() + 0.1))
    return out
