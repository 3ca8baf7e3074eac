"""A synthetic county as a resident history: blocks of beds simulated, written down and joined."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..contract import TABLES
from . import simulate as m
from . import state as s
from .draws import Draws, keys, pseudonyms
from .emit import Events, event_buffers
from .home_journal import home_columns, home_event_columns
from .homes import Homes, home_weeks, make_homes
from .identities import identity_table
from .journal import event_columns, event_rows
from .roster import gone_at, objection_columns, resident_columns, stay_columns, stay_times
from .span import Calendar, make_calendar
from .spells import Spells, spell_table
from .truth import HORIZON, true_risks
from .write import TableFile, write_table, written_aside

BLOCK_BEDS = 1_000
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


@dataclass
class _World:
    """What every block needs, and what the blocks leave behind."""

    calendar: Calendar
    homes: Homes
    weeks: np.ndarray
    bed_home: np.ndarray
    seed: int
    paths: int
    files: dict[str, TableFile]
    living: np.ndarray
    serial: int = 0
    number: int = 0
    truths: list[np.ndarray] = field(default_factory=list)


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
    progress: Callable[[str], None] | None = None,
) -> SyntheticSummary:
    """Write a county's resident history, and the truth behind it, to the folder `out` as Parquet.

    `weeks` of history end with an export on Monday `end` at 06:00 London; `residents` overrides the number of beds in
    use; truth.parquet holds the last `truth_weeks` Mondays, with risks from `paths` simulated futures each. The same
    arguments give the same bytes. Raises ValueError for impossible arguments, FileExistsError if `out` holds other files.
    """
    if homes < 1 or weeks < 1 or paths < 1 or not 0 <= truth_weeks <= weeks:
        raise ValueError("need homes, weeks and paths of at least 1 and truth_weeks between 0 and weeks")
    say = progress or (lambda _: None)
    out = Path(out)
    with written_aside(out) as aside:
        world = _world(aside, homes, weeks, seed, residents, end, truth_weeks, paths)
        beds = len(world.bed_home)
        for first in range(0, beds, BLOCK_BEDS):
            _block(world, first, min(first + BLOCK_BEDS, beds))
            say(f"{min(first + BLOCK_BEDS, beds):,} of {beds:,} beds simulated")
        rows = _finish(world, aside, truth_weeks)
    return _summary(out, homes, rows, world.truths)


def _world(aside, homes, weeks, seed, residents, end, truth_weeks, paths) -> _World:
    calendar = make_calendar(end, weeks, truth_weeks)
    made = make_homes(homes, residents, seed)
    span = calendar.span
    states = home_weeks(homes, (span.last - span.begin) // 7 + 2, span.begin, calendar.season, seed)
    bed_home = np.repeat(np.arange(homes), made.numbers[:, s.H_BEDS].astype(int))
    tables = ["residents", "stays", "spells", "events", "objections", "identities"]
    files = {name: TableFile(aside / f"{name}.parquet", TABLES[name].schema) for name in tables}
    if truth_weeks:
        files["truth"] = TableFile(aside / "truth.parquet", TRUTH)
    return _World(calendar, made, states, bed_home, seed, paths, files, np.zeros((homes, weeks)))


def _block(world: _World, first: int, last: int) -> None:
    events, tables = _simulate(world, first, last)
    people, stays, spells, snapshots = (int(n) for n in tables.rows)
    who = tables.residents[:people]
    stream = keys(world.seed, who[:, m.P_BED].astype(np.int64), who[:, m.P_TURN].astype(np.int64))
    numbers = who[:, m.P_BED].astype(np.int64) * 4096 + who[:, m.P_TURN]
    ids = np.array([f"r{int(n):010x}" for n in pseudonyms(numbers, world.seed)], object)
    exported = _write_stays(world, tables.stays[:stays], ids, stream, people)
    gone = gone_at(who, world.calendar)
    _write_people(world, who, tables.fixed[:people], ids, stream, gone, exported)
    _write_spells(world, tables, tables.spells[:spells], ids, stream, gone, exported)
    rows = event_rows(events, np.where(exported, gone, 0), world.number, world.seed, world.calendar.cutoff)
    world.files["events"].write(event_columns(rows, ids))
    world.number += int(events.at[0])
    if "truth" in world.files:
        _write_truth(world, tables, snapshots, ids, stream, exported)


def _simulate(world: _World, first: int, last: int) -> tuple[Events, m.Tables]:
    """One block of beds; again with more room in the rare case that its events outgrew the buffers."""
    span = world.calendar.span
    room = (last - first) * (span.end - span.first) * 2 + 50_000
    mondays = (span.end - span.truth) // 7 + 1 if span.truth <= span.end else 0
    while True:
        events = event_buffers(world.calendar.midnight, room)
        tables = m.block_tables(last - first, span.last - span.first, mondays)
        m.simulate_beds(
            first, last, world.bed_home, world.homes.numbers, world.weeks, world.calendar.season,
            world.calendar.day_of_year, span, world.seed, events, tables,
        )  # fmt: skip
        if events.at[0] <= room:
            return events, tables
        room = int(events.at[0])


def _write_stays(world: _World, stays: np.ndarray, ids: np.ndarray, stream: np.ndarray, people: int) -> np.ndarray:
    """Write the stays known at the cutoff; returns which residents have one."""
    calendar = world.calendar
    draws = Draws(stream[stays[:, m.S_RESIDENT]], stays[:, m.S_IN_DAY])
    moved_in, recorded = stay_times(stays, draws, calendar)
    kept = np.flatnonzero(recorded < calendar.cutoff)
    _count_living(world, stays)
    exported = np.zeros(people, bool)
    exported[stays[kept, m.S_RESIDENT]] = True
    known = Draws(draws.stream[kept], draws.counter[kept])
    rows = stays[kept]
    names = ids[rows[:, m.S_RESIDENT]]
    world.files["stays"].write(
        stay_columns(rows, names, world.homes.ids, world.homes.practices, known, calendar)
    )
    return exported


def _count_living(world: _World, stays: np.ndarray) -> None:
    """Add to the residents living in each home on each Monday of the history."""
    first, weeks = world.calendar.span.first, world.living.shape[1]
    begin = np.clip(-(-(stays[:, m.S_IN_DAY] + 1 - first) // 7), 0, weeks)
    stop = np.clip(-(-(stays[:, m.S_OUT_DAY] + 1 - first) // 7), begin, weeks)
    change = np.zeros((len(world.living), weeks + 1))
    np.add.at(change, (stays[:, m.S_HOME], begin), 1)
    np.add.at(change, (stays[:, m.S_HOME], stop), -1)
    world.living += np.cumsum(change, axis=1)[:, :weeks]


def _write_people(world, who, fixed, ids, stream, gone, exported) -> None:
    kept = np.flatnonzero(exported)
    who, fixed, ids, gone = who[kept], fixed[kept], ids[kept], gone[kept]
    draws = Draws(stream[kept], who[:, m.P_ENTERED])
    world.files["residents"].write(resident_columns(who, fixed, ids, draws, gone, world.calendar))
    world.files["objections"].write(objection_columns(who, ids, draws, world.calendar))
    serials = world.serial + np.arange(len(kept))
    world.serial += len(kept)
    table = identity_table(who, fixed, ids, serials, draws)
    world.files["identities"].write({name: table[name].combine_chunks() for name in table.column_names})


def _write_spells(world, tables, rows, ids, stream, gone, exported) -> None:
    rows = rows[exported[rows[:, m.A_RESIDENT]]]
    who = rows[:, m.A_RESIDENT]
    home = tables.residents[who, m.P_HOME]
    provider = np.array(["XP101", "XP102", "XP103"], object)[home * 7 % 10 // 4]
    spells = Spells(rows, Draws(stream[who], rows[:, m.A_DAY]), gone[who], tables.fixed[who], provider)
    table = spell_table(spells, ids[who], world.calendar.midnight, world.calendar.cutoff)
    table = table.sort_by([("resident_id", "ascending"), ("admitted_at", "ascending"), ("admission_method", "ascending")])
    file = world.files["spells"]
    names = pa.array([f"s{file.rows + i:08d}" for i in range(table.num_rows)], pa.string())
    file.write({"spell_id": names} | {name: table[name].combine_chunks() for name in table.column_names})


def _write_truth(world: _World, tables: m.Tables, count: int, ids: np.ndarray, stream: np.ndarray, exported) -> None:
    kept = np.flatnonzero(exported[tables.snapshot_of[:count, 0]])
    of, states = tables.snapshot_of[kept], tables.snapshots[kept]
    fixed = tables.fixed[of[:, 0]].astype(np.float64)
    risks = _risks(world, states, fixed, of[:, 1].astype(np.int64), stream[of[:, 0]])
    avoidable, emergency = admitted_within(tables.spells[: int(tables.rows[2])], of)
    epoch = np.datetime64(world.calendar.zero, "D").astype(np.int64)
    order = np.lexsort((of[:, 0], of[:, 1]))
    columns = [risks[order, k] for k in range(4)]
    world.files["truth"].write(
        {
            "resident_id": pa.array(ids[of[order, 0]], pa.string()),
            "as_of": pa.array((epoch + of[order, 1]).astype(np.int32)).cast(pa.date32()),
            **{name: pa.array(v) for name, v in zip(TRUTH.names[2:6], columns, strict=True)},
            "admitted": pa.array(avoidable[order]),
            "admitted_any": pa.array(emergency[order]),
        }
    )
    world.truths.append(np.column_stack([risks[:, 0], avoidable, risks[:, 2], emergency]))


def _risks(world: _World, states, fixed, days, stream) -> np.ndarray:
    """Risks of all rows, over threads; every row has its own random numbers, so threads change nothing."""
    out = np.empty((len(states), 4))
    threads = min(len(os.sched_getaffinity(0)), 8)
    edges = np.linspace(0, len(states), threads * 4 + 1).astype(int)
    calendar, homes = world.calendar.season, world.homes.numbers

    def part(a: int, b: int) -> None:
        true_risks(states[a:b], fixed[a:b], days[a:b], stream[a:b], homes, calendar, world.paths, out[a:b])

    with ThreadPoolExecutor(threads) as pool:
        for job in [pool.submit(part, a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]:
            job.result()
    return out


def admitted_within(spells: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each (resident, day) has an avoidable, and any, emergency admission in the next 28 days."""
    emergency = spells[spells[:, m.A_CAUSE] != s.ELECTIVE]
    return _follows(emergency[emergency[:, m.A_AVOIDABLE] > 0], of), _follows(emergency, of)


def _follows(spells: np.ndarray, of: np.ndarray) -> np.ndarray:
    when = np.sort(spells[:, m.A_RESIDENT].astype(np.int64) << 20 | spells[:, m.A_DAY])
    asked = of[:, 0].astype(np.int64) << 20 | of[:, 1]
    return np.searchsorted(when, asked + HORIZON) > np.searchsorted(when, asked)


def _finish(world: _World, aside: Path, truth_weeks: int) -> dict[str, int]:
    rows = {}
    for name, file in world.files.items():
        file.close()
        rows[name] = file.rows
    for name, columns in (
        ("homes", home_columns(world.homes)),
        ("home_events", home_event_columns(world.homes, world.weeks, world.living, world.calendar, world.seed)),
    ):
        rows[name] = write_table(aside / f"{name}.parquet", pa.table(columns), TABLES[name].schema)
    return rows


def _summary(out: Path, homes: int, rows: dict[str, int], truths: list[np.ndarray]) -> SyntheticSummary:
    if not truths:
        return SyntheticSummary(out, homes, rows)
    t = np.concatenate(truths)
    means = t.mean(axis=0)
    return SyntheticSummary(out, homes, rows, means[0], means[1], means[2], means[3], auroc(t[:, 0], t[:, 1] > 0))


def auroc(score: np.ndarray, label: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half; NaN when there is one class only."""
    values, index = np.unique(score, return_inverse=True)
    total, cases = np.bincount(index), np.bincount(index, weights=label)
    below = np.cumsum(total - cases) - (total - cases)
    ones, zeros = cases.sum(), (total - cases).sum()
    return float((cases * (below + 0.5 * (total - cases))).sum() / (ones * zeros)) if ones and zeros else float("nan")
