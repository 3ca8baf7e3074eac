"""A synthetic county as a resident history: blocks of beds simulated, written down and joined."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..codelists.outcomes import definitions
from ..contract import TABLES
from ..store.growing import new_tables
from ..write import TableFile, written_aside
from . import state as s
from .block import County, write_block
from .dirt import Dirt, silences
from .drivers import DRIVERS, drivers, ill_now, medians
from .home_journal import home_columns, home_event_columns
from .homes import home_weeks, make_homes
from .planted import SCHEMA, stopped
from .risks import TRUTH, TRUTHS, UNLISTED
from .rollout import NO_REVIEWS, REVIEWS, ROLLOUT, Reviews, rollout_columns, with_lists
from .simulate import World
from .span import make_calendar

LONGEST = 182  # days: the longest horizon of a true risk
_ANEW = 0.385  # residents who come to a bed in a year, after the first


@dataclass(frozen=True)
class SyntheticSummary:
    """Rows written per table and what the truth says: mean risks, observed shares and the oracle's AUROC."""

    folder: Path
    homes: int
    rows: dict[str, int]
    mean_risk: float = float("nan")
    admitted_share: float = float("nan")
    mean_risk_any: float = float("nan")
    admitted_any_share: float = float("nan")
    oracle_auroc: float = float("nan")


@dataclass(frozen=True)
class Size:
    """How large and from when: `residents` overrides the number of beds in use of the homes."""

    homes: int = 61
    weeks: int = 156
    residents: int | None = None
    seed: int = 1
    end: date = date(2026, 11, 16)

    def __post_init__(self) -> None:
        if self.homes < 1 or self.weeks < 1:
            raise ValueError("need homes and weeks of at least 1")


@dataclass(frozen=True)
class Truth:
    """What is told of the truth: on the last `weeks` Mondays or those given, from so many simulated futures each.

    `also` names outcomes and horizons in days beside the potentially avoidable and any emergency admission in 28 days;
    `drivers` asks for what drives each risk on the last Monday, by feature group.
    """

    weeks: int = 26
    paths: int = 200
    mondays: tuple[date, ...] = ()
    also: tuple[tuple[str, int], ...] = ()
    drivers: bool = False

    def __post_init__(self) -> None:
        if self.weeks < 0 or self.paths < 1:
            raise ValueError("need truth of 0 weeks or more and paths of at least 1")
        if wrong := [name for name, days in self.also if name not in definitions() or not 0 < days <= LONGEST]:
            raise ValueError(f"unknown outcome, or a horizon outside 1 to {LONGEST} days: {', '.join(wrong)}")


def synthesise(
    out: Path,
    size: Size | None = None,
    truth: Truth | None = None,
    dirt: Dirt | None = None,
    reviews: Reviews = NO_REVIEWS,
    *,
    block_beds: int = 1_000,
    progress: Callable[[str], None] | None = None,
) -> SyntheticSummary:
    """Write a resident history, and the truth behind it, to the folder `out` as Parquet.

    The history ends with an export on Monday `size.end` at 06:00 London. `dirt` says how often records are late, wrong
    or lost, and planted.parquet where; `reviews` what lists do, and reviews.parquet to whom. truth.parquet holds the
    true risks, truths.parquet those of further outcomes. A large history is in blocks. The same arguments give the same
    rows, and those of a bed do not depend on other beds: `block_beds` changes memory and the order of rows, no value.
    Raises ValueError for impossible arguments, FileExistsError if `out` holds others' files.
    """
    size, truth, dirt = size or Size(), truth or Truth(), dirt or Dirt()
    say = progress or (lambda _: None)
    out = Path(out)
    with written_aside(out) as aside:
        county = make_county(size, truth, dirt, reviews)
        beds = len(county.world.bed_home)
        with new_tables(aside, _residents(beds, size.weeks)) as tables:
            beside = _beside(county, aside, reviews.listed > 0)
            county.files |= {**tables, **beside}
            for first in range(0, beds, block_beds):
                write_block(county, first, min(first + block_beds, beds))
                say(f"{min(first + block_beds, beds):,} of {beds:,} beds simulated")
            _finish(county)
            for file in beside.values():
                file.close()
    rows = {name: file.rows for name, file in county.files.items()}
    return _summary(out, size.homes, rows, county.truths)


def make_county(size: Size, truth: Truth, dirt: Dirt, reviews: Reviews = NO_REVIEWS) -> County:
    """Everything but the blocks and the files: homes and their weeks, the calendar, what goes wrong and where."""
    mondays = truth.mondays or tuple(size.end - timedelta(days=7 * k) for k in range(truth.weeks))
    calendar = make_calendar(size.end, size.weeks, mondays, max((days for _, days in truth.also), default=0))
    made = with_lists(make_homes(size.homes, size.residents, size.seed), reviews, calendar, size.seed)
    span = calendar.span
    states = home_weeks(size.homes, (span.last - span.begin) // 7 + 2, span.begin, calendar.season, size.seed)
    bed_home = np.repeat(np.arange(size.homes), made.numbers[:, s.H_BEDS].astype(int))
    world = World(made.numbers, states, bed_home, calendar.season, calendar.day_of_year)
    silence = silences(made, span, dirt, size.seed)
    living = np.zeros((size.homes, size.weeks))
    days = np.array(sorted((day - calendar.zero).days for day in mondays), np.int64)
    return County(calendar, made, world, size.seed, truth.paths, living, dirt, silence, days, truth.also, truth.drivers)


def _residents(beds: int, weeks: int) -> int:
    """About how many people a history is of: it must be known before they are."""
    return round(beds * (1 + _ANEW * weeks / 52))


def _beside(county: County, aside: Path, lists: bool) -> dict[str, TableFile]:
    """Files in the folder `aside` that grow beside the history's tables: names, and what is behind the records."""
    schemas = {"identities": TABLES["identities"].schema, "planted": SCHEMA}
    schemas |= {"reviews": REVIEWS, "rollout": ROLLOUT} if lists else {}
    if len(county.mondays):
        schemas["truth"] = UNLISTED if lists else TRUTH
        schemas |= {"truths": TRUTHS} if county.asked else {}
        schemas |= {"drivers": DRIVERS} if county.drivers else {}
    files = {name: TableFile(aside / f"{name}.parquet", schema) for name, schema in schemas.items()}
    for columns in stopped(county.silence, county.homes, county.calendar):
        files["planted"].write(columns)
    return files


def _finish(county: County) -> None:
    """Write what needs no block of beds, or all of them."""
    county.files["homes"].write(home_columns(county.homes))
    events = home_event_columns(county.homes, county.world.weeks, county.living, county.calendar, county.seed)
    county.files["home_events"].write(events)
    if "rollout" in county.files:
        county.files["rollout"].write(rollout_columns(county.homes, county.calendar))
    if "drivers" in county.files:
        _write_drivers(county)


def _write_drivers(county: County) -> None:
    """What drives each risk on the last Monday, beside the usual resident of the whole history."""
    median = medians(np.concatenate([at.vectors for at, _ in county.last]))
    for at, ids in county.last:
        for group, found in drivers(at, median, county.world.season, county.paths).items():
            columns = {
                "resident_id": pa.array(ids, pa.string()),
                "as_of": county.calendar.dates(np.full(len(ids), county.mondays[-1])),
                "feature_group": pa.array([group] * len(ids), pa.string()),
                "log_odds": pa.array(found[:, 0]),
                "risk_without": pa.array(found[:, 1]),
                "ill_now": pa.array(ill_now(at.vectors, group)),
            }
            county.files["drivers"].write(columns)


def _summary(out: Path, homes: int, rows: dict[str, int], truths: list[np.ndarray]) -> SyntheticSummary:
    if not truths:
        return SyntheticSummary(out, homes, rows)
    t = np.concatenate(truths)
    risk, admitted, risk_any, admitted_any = (float(mean) for mean in t.mean(axis=0))
    oracle = auroc(t[:, 0], t[:, 1] > 0)
    return SyntheticSummary(out, homes, rows, risk, admitted, risk_any, admitted_any, oracle)


def auroc(score: np.ndarray, label: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half; NaN when there is one class only."""
    _, index = np.unique(score, return_inverse=True)
    total, cases = np.bincount(index), np.bincount(index, weights=label)
    below = np.cumsum(total - cases) - (total - cases)
    ones, zeros = cases.sum(), (total - cases).sum()
    return float((cases * (below + 0.5 * (total - cases))).sum() / (ones * zeros)) if ones and zeros else float("nan")
