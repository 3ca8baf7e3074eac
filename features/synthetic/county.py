"""A synthetic county as a resident history: blocks of beds simulated, written down and joined."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..contract import TABLES
from . import state as s
from .block import TRUTH, County, write_block
from .dirt import Dirt, silences
from .home_journal import home_columns, home_event_columns
from .homes import home_weeks, make_homes
from .planted import SCHEMA, stopped
from .simulate import World
from .span import make_calendar
from .write import TableFile, write_table, written_aside


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


def synthesise(
    out: Path,
    *,
    homes: int = 61,
    weeks: int = 156,
    seed: int = 1,
    residents: int | None = None,
    end: date = date(2026, 11, 16),
    truth_weeks: int = 26,
    paths: int = 200,
    dirt: Dirt | None = None,
    block_beds: int = 1_000,
    progress: Callable[[str], None] | None = None,
) -> SyntheticSummary:
    """Write a county's resident history, and the truth behind it, to the folder `out` as Parquet.

    `weeks` of history end with an export on Monday `end` at 06:00 London; `residents` overrides the number of beds in
    use. `dirt` says how often records are late, wrong or lost, and planted.parquet where. truth.parquet holds the last
    `truth_weeks` Mondays, with risks from `paths` simulated futures each. The same arguments give the same rows, and
    those of a block of beds do not depend on the others: `block_beds` changes memory and files, no value. Raises
    ValueError for impossible arguments, FileExistsError if `out` holds others'
    files.
    """
    if homes < 1 or weeks < 1 or paths < 1 or not 0 <= truth_weeks <= weeks:
        raise ValueError("need homes, weeks and paths of at least 1 and truth_weeks between 0 and weeks")
    say = progress or (lambda _: None)
    out = Path(out)
    with written_aside(out) as aside:
        county = _county(aside, homes, weeks, seed, residents, end, truth_weeks, paths, dirt or Dirt())
        beds = len(county.world.bed_home)
        for first in range(0, beds, block_beds):
            write_block(county, first, min(first + block_beds, beds))
            say(f"{min(first + block_beds, beds):,} of {beds:,} beds simulated")
        rows = _finish(county, aside)
    return _summary(out, homes, rows, county.truths)


def _county(
    aside: Path,
    homes: int,
    weeks: int,
    seed: int,
    residents: int | None,
    end: date,
    truth_weeks: int,
    paths: int,
    dirt: Dirt,
) -> County:
    calendar = make_calendar(end, weeks, truth_weeks)
    made = make_homes(homes, residents, seed)
    span = calendar.span
    states = home_weeks(homes, (span.last - span.begin) // 7 + 2, span.begin, calendar.season, seed)
    bed_home = np.repeat(np.arange(homes), made.numbers[:, s.H_BEDS].astype(int))
    world = World(made.numbers, states, bed_home, calendar.season, calendar.day_of_year)
    tables = ["residents", "stays", "spells", "events", "objections", "identities"]
    files = {name: TableFile(aside / f"{name}.parquet", TABLES[name].schema) for name in tables}
    if truth_weeks:
        files["truth"] = TableFile(aside / "truth.parquet", TRUTH)
    files["planted"] = TableFile(aside / "planted.parquet", SCHEMA)
    silence = silences(made, span, dirt, seed)
    for columns in stopped(silence, made, calendar):
        files["planted"].write(columns)
    return County(calendar, made, world, seed, paths, files, np.zeros((homes, weeks)), dirt, silence)


def _finish(county: County, aside: Path) -> dict[str, int]:
    """Close the blocks' tables and write those of the homes; returns rows by table."""
    rows = {}
    for name, file in county.files.items():
        file.close()
        rows[name] = file.rows
    events = home_event_columns(county.homes, county.world.weeks, county.living, county.calendar, county.seed)
    for name, columns in (("homes", home_columns(county.homes)), ("home_events", events)):
        rows[name] = write_table(aside / f"{name}.parquet", pa.table(columns), TABLES[name].schema)
    return rows


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
