"""One block of beds: simulated, taken apart and appended to every table."""

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from ..store.growing import StoreTable
from ..write import TableFile
from . import logbook as m
from . import roster
from . import state as s
from .delays import Rows
from .dirt import Dirt, Silence
from .draws import Draws, keys, pseudonyms
from .homes import Homes
from .identities import identity_columns
from .journal import Planted, Site, event_columns, event_rows, planted_columns
from .planted import LATE_DEATH, OVERLAPPING_STAY, planted
from .risks import Snapshots, risks, truth_columns
from .rollout import review_columns
from .simulate import World, simulated
from .span import Calendar
from .spells import Spells, spell_table

# Spells draw from a stream of their own: days of admission have been drawn from the resident's already.
_SPELLS = np.uint64(0x5350454C4C53)
PROVIDERS = np.array(["XP101", "XP102", "XP103"], object)


@dataclass
class County:
    """What every block needs, and what the blocks leave behind: open files, counts, truths."""

    calendar: Calendar
    homes: Homes
    world: World
    seed: int
    paths: int
    living: np.ndarray  # residents by (home, week of the history)
    dirt: Dirt
    silence: Silence
    mondays: np.ndarray  # days on which the truth is asked for
    asked: tuple[tuple[str, int], ...] = ()  # outcomes and horizons beside the usual two
    drivers: bool = False
    files: dict[str, TableFile | StoreTable] = field(default_factory=dict)
    people: int = 0
    last: list[tuple[Snapshots, np.ndarray]] = field(default_factory=list)  # the last Monday's residents, with ids
    truths: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """A simulated block; arrays by resident are `people` (state.py), `ids`, `stream`, `gone`, `died`, `exported`."""

    log: np.ndarray
    people: np.ndarray
    snapshots: np.ndarray
    snapshot_of: np.ndarray
    ids: np.ndarray
    stream: np.ndarray
    gone: np.ndarray
    died: np.ndarray
    exported: np.ndarray
    stays: np.ndarray
    spells: np.ndarray


def write_block(county: County, first: int, last: int) -> None:
    """Simulate beds first..last - 1 and append them to the county's files."""
    block = make_block(county, first, last)
    _write_stays(county, block)
    _write_people(county, block)
    _write_spells(county, block)
    rows, found = records_of(county, block)
    county.files["events"].write(event_columns(rows, block.ids))
    for columns in planted_columns(found, block.ids):
        county.files["planted"].write(columns)
    if "reviews" in county.files:
        listed = m.listings(block.log)
        listed = listed[block.exported[listed[:, m.L_RESIDENT]]]
        county.files["reviews"].write(review_columns(listed, block.ids, county.homes, county.calendar))
    if "truth" in county.files:
        write_truth(county, block)


def records_of(county: County, block: Block) -> tuple[Rows, Planted]:
    """The block's events as recorded, and what was planted in them."""
    gone = np.where(block.exported, block.gone, 0)
    site = Site(county.calendar.midnight, county.calendar.cutoff, county.dirt, county.silence, county.seed)
    numbers = (block.people[:, s.BED] * 4096 + block.people[:, s.TURN]).astype(np.int64) << 20
    return event_rows(block.log, gone, numbers, site)


def make_block(county: County, first: int, last: int) -> Block:
    made = simulated(first, last, county.world, county.calendar.span, county.seed)
    log, people = made.log, made.people
    bed, turn = people[:, s.BED].astype(np.int64), people[:, s.TURN].astype(np.int64)
    stream = keys(county.seed, bed, turn)
    ids = np.array([f"r{int(n):010x}" for n in pseudonyms(bed * 4096 + turn, county.seed)], object)
    stays, left = m.stays(log), m.gone(log, len(people))
    gone = roster.gone_at(left, county.calendar)
    died = np.where(left[:, 2] > 0, gone, roster.NEVER)
    draws = Draws(stream[stays[:, m.S_RESIDENT]], stays[:, m.S_IN_DAY])
    _, recorded = roster.stay_times(stays, draws, county.calendar)
    # Whoever's move is not yet on record when the history is exported is not in it.
    exported = np.zeros(len(people), bool)
    exported[stays[recorded < county.calendar.cutoff, m.S_RESIDENT]] = True
    return Block(log, people, made.snapshots, made.snapshot_of, ids, stream, gone, died, exported, stays, m.spells(log))


def _write_stays(county: County, block: Block) -> None:
    count_living(county.living, block.stays, county.calendar.span.first)
    draws = Draws(block.stream[block.stays[:, m.S_RESIDENT]], block.stays[:, m.S_IN_DAY])
    _, recorded = roster.stay_times(block.stays, draws, county.calendar)
    kept = np.flatnonzero(recorded < county.calendar.cutoff)
    rows, known = block.stays[kept], draws.take(kept)
    ids = block.ids[rows[:, m.S_RESIDENT]]
    over = roster.overlapping(block.stays, draws, county.dirt.overlapping)[kept]
    columns = roster.stay_columns(rows, ids, county.homes, known, county.calendar, over)
    county.files["stays"].write(columns)
    where = {name: columns[name].take(pa.array(np.flatnonzero(over))) for name in ("resident_id", "home_id")}
    ends = columns["moved_out"].take(pa.array(np.flatnonzero(over)))
    county.files["planted"].write(planted(OVERLAPPING_STAY, "stays", int(over.sum()), **where, time=ends))


def count_living(living: np.ndarray, stays: np.ndarray, first: int) -> None:
    """Add stays to the residents living in each home on each Monday of a history that begins on day `first`."""
    weeks = living.shape[1]
    begin = np.clip(-(-(stays[:, m.S_IN_DAY] + 1 - first) // 7), 0, weeks)
    stop = np.clip(-(-(stays[:, m.S_OUT_DAY] + 1 - first) // 7), begin, weeks)
    change = np.zeros((len(living), weeks + 1))
    np.add.at(change, (stays[:, m.S_HOME], begin), 1)
    np.add.at(change, (stays[:, m.S_HOME], stop), -1)
    living += np.cumsum(change, axis=1)[:, :weeks]


def _write_people(county: County, block: Block) -> None:
    kept = np.flatnonzero(block.exported)
    people, ids = block.people[kept], block.ids[kept]
    draws = Draws(block.stream[kept], people[:, s.ENTERED].astype(np.int64))
    died = block.died[kept]
    residents = roster.resident_columns(people, ids, draws, died, county.calendar, county.dirt.late_deaths)
    county.files["residents"].write(residents)
    late = np.flatnonzero((draws.u(21) < county.dirt.late_deaths) & (died < roster.NEVER))
    where = {"resident_id": pa.array(ids[late], pa.string()), "time": residents["died_on"].take(pa.array(late))}
    county.files["planted"].write(planted(LATE_DEATH, "residents", len(late), **where))
    county.files["objections"].write(
        roster.objection_columns(people, ids, draws, county.calendar, county.dirt.objections)
    )
    serials = county.people + np.arange(len(kept))
    county.people += len(kept)
    county.files["identities"].write(identity_columns(people, ids, serials, draws))


def _write_spells(county: County, block: Block) -> None:
    spells = _spells(block, block.spells[block.exported[block.spells[:, m.A_RESIDENT]]])
    ids = block.ids[spells.rows[:, m.A_RESIDENT]]
    table = spell_table(spells, ids, county.calendar.midnight, county.calendar.cutoff)
    file = county.files["spells"]
    names = pa.array([f"s{file.rows + i:08d}" for i in range(table.num_rows)], pa.string())
    file.write({"spell_id": names} | {name: table[name].combine_chunks() for name in table.column_names})


def _spells(block: Block, rows: np.ndarray) -> Spells:
    who = rows[:, m.A_RESIDENT]
    provider = PROVIDERS[block.people[who, s.HOME].astype(np.int64) * 7 % 10 // 4]
    draws = Draws(block.stream[who] ^ _SPELLS, rows[:, m.A_DAY])
    return Spells(rows, draws, block.died[who], block.people[who], provider)


def all_spells(block: Block) -> Spells:
    """Every spell of the block, also of residents who are not in the history."""
    return _spells(block, block.spells)


def snapshots_of(block: Block, rows: np.ndarray) -> Snapshots:
    """Residents as they were at these rows of the block's snapshots."""
    return Snapshots(block.snapshots[rows], block.snapshot_of[rows], block.people, block.stream, all_spells(block))


def write_truth(county: County, block: Block) -> None:
    """The true risks of the block's residents on each Monday asked for, and what then happened."""
    exported = block.exported[block.snapshot_of[:, 0]]
    kept = np.flatnonzero(exported & np.isin(block.snapshot_of[:, 1], county.mondays))
    kept = kept[np.argsort(block.snapshot_of[kept, 1], kind="stable")]
    at = snapshots_of(block, kept)
    key = {
        "resident_id": pa.array(block.ids[at.resident], pa.string()),
        "as_of": county.calendar.dates(at.day),
    }
    if county.drivers:
        now = at.day == county.mondays[-1]
        county.last.append((replace(at, vectors=at.vectors[now], of=at.of[now]), block.ids[at.resident[now]]))
    found = truth_columns(at, county.world.season, county.paths, unlisted="reviews" in county.files)
    county.files["truth"].write(key | {name: pa.array(values) for name, values in found.items()})
    county.truths.append(np.column_stack([found[n] for n in ("risk", "admitted", "risk_any", "admitted_any")]))
    for outcome, horizon in county.asked:
        risk = risks(at, outcome, horizon, county.world.season, county.paths)
        rows = {
            "outcome": pa.array([outcome] * len(kept), pa.string()),
            "horizon_days": pa.array(np.full(len(kept), horizon, np.int32)),
            "risk": pa.array(risk.risk),
            "risk_se": pa.array(risk.error),
            "admitted": pa.array(risk.admitted),
        }
        county.files["truths"].write(key | rows)
