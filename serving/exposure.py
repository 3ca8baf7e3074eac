"""The exposure log: who was shown on which list, where, and what was recorded to be done afterwards.

A list changes what happens, so whoever judges or refits a model, or asks whether lists help, must know whom they
showed. The log is made anew from what was published and from the history; it holds pseudonyms, and is for the team's
own work folder alone.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.asof import instant, local_days
from features.cohort import sorted_ids
from features.history import History
from features.records import entities, resident_records
from features.visibility import known, micros

from . import manifest
from .holdout import read_withheld, write_table
from .publish import latest_revision, read_lists
from .recorded import Review
from .rows import Entry, Watchlist

DAYS = 28
"""How long after a list's Monday what is done is taken to follow from it: that of models/exposed.py."""
REVIEWS = ("mdt_review", "home_round_review")
ACTIONS = (
    *REVIEWS,
    "structured_medication_review",
    "comprehensive_assessment",
    "care_plan",
    "advance_care_plan",
)
LISTED = ("listed", "added")

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("resident_id", "home_id", "team_id", "team_kind")),
        ("as_of", pa.date32()),
        ("revision", pa.int32()),
        ("superseded", pa.bool_()),
        ("section", pa.string()),
        ("rank", pa.int32()),
        ("risk", pa.float64()),
        ("withheld", pa.bool_()),
        ("followed_days", pa.int32()),
        *((f"{action}_on", pa.date32()) for action in ACTIONS),
        ("reviewed_on", pa.date32()),
    ]
)


def exposure_log(
    published: Path,
    history_of: Callable[[pa.Array], History],
    until: date,
    *,
    withheld: Path,
    days: int = DAYS,
    reviews: Iterable[Review] = (),
) -> pa.Table:
    """A row for each resident on each revision of each list up to `until`, oldest first.

    A revision that was corrected later was shown too; lists made in hindsight were not, and are left out. `withheld` is
    where studies keep whom they withheld: their rows say so. Of what was done, the first day of each action within
    `days` of the list's Monday is given, by what was recorded up to `until`; `followed_days` says how many of those
    days had passed by then. `history_of` gives the history that holds some residents; `reviews` are those that teams
    recorded on the lists themselves.
    """
    shown = pa.concat_tables([SCHEMA.empty_table(), *_weeks(published, until, withheld)])
    if not shown.num_rows:
        return shown
    as_ofs = shown["as_of"].cast(pa.int32()).to_numpy()
    followed = np.clip((until - date(1970, 1, 1)).days + 1 - as_ofs, 0, days)
    done = _done(shown, history_of(shown["resident_id"].unique()), until, days)
    done |= _decided(shown, done, reviews, until, days)
    reviewed = pc.min_element_wise(*(done[action] for action in REVIEWS))
    added = {"followed_days": pa.array(followed, pa.int32()), "reviewed_on": reviewed}
    added |= {f"{action}_on": column for action, column in done.items()}
    return pa.table({name: added.get(name, shown[name]) for name in SCHEMA.names}, schema=SCHEMA)


def _weeks(published: Path, until: date, withheld: Path) -> Iterator[pa.Table]:
    """What each revision of each week showed and withheld."""
    for week in sorted(published.glob("????-??-??")) if published.is_dir() else ():
        as_of = date.fromisoformat(week.name)
        last = latest_revision(week)
        for revision in range(1, last + 1) if as_of <= until else ():
            folder = week / f"r{revision}"
            if not folder.is_dir():
                continue
            lists, rows = set(), []
            for one in read_lists(folder).each():
                if not one.backdated:
                    lists.add(one.team.id)
                    rows += [_row(one, entry) for entry in one.entries]
            made = manifest.read(folder)["made_from"]["digest"]
            kept = read_withheld(withheld, as_of, made).to_pylist()
            rows += [row | {"withheld": True} for row in kept if row["team_id"] in lists]
            told = {"as_of": as_of, "revision": revision, "superseded": revision < last}
            yield pa.Table.from_pylist([row | told for row in rows], schema=SCHEMA)


def _row(watchlist: Watchlist, entry: Entry) -> dict[str, object]:
    where = {"team_id": watchlist.team.id, "team_kind": watchlist.team.kind, "section": entry.section}
    who = {"resident_id": entry.resident_id, "home_id": entry.home_id}
    return who | where | {"rank": entry.rank, "risk": entry.risk, "withheld": False}


def _done(shown: pa.Table, history: History, until: date, days: int) -> dict[str, pa.Array]:
    """For each row, by action, the day of the first such record within the span that follows its list."""
    ids = sorted_ids(history["residents"]["resident_id"])
    records = resident_records(history, ids)
    cut_off = instant(until + timedelta(days=1))
    in_force = (records.since < cut_off) & (cut_off <= records.until)
    mondays, week = np.unique(shown["as_of"].cast(pa.int32()).to_numpy(), return_inverse=True)
    begins, ends = (
        np.array([instant(date(1970, 1, 1) + timedelta(days=int(day) + after)) for day in mondays])[week]
        for after in (0, days)
    )
    who = entities(shown["resident_id"], ids)
    number = {name: i for i, name in enumerate(records.concepts)}
    out = {}
    for action in ACTIONS:
        chosen = in_force & (records.concept == number.get(action, len(number)))
        out[action] = _first(records.entity[chosen], records.time[chosen], who, begins, np.minimum(ends, cut_off))
    return out


def _decided(
    shown: pa.Table, done: Mapping[str, pa.Array], reviews: Iterable[Review], until: date, days: int
) -> dict[str, pa.Array]:
    """The days of reviews, by kind, where a team's own record of one is earlier than the history's."""
    by_list: dict[tuple[str, str], list[date]] = {}
    for review in reviews:
        if review.discussed and review.made_on <= until:
            by_list.setdefault((review.resident_id, review.team_id), []).append(review.made_on)
    if not by_list:
        return {}
    columns = (shown[name].to_pylist() for name in ("resident_id", "team_id", "team_kind", "as_of"))
    found: dict[str, list[date | None]] = {action: [] for action in REVIEWS}
    for who, team, kind, as_of in zip(*columns, strict=True):
        within = (on for on in by_list.get((who, team), ()) if as_of <= on < as_of + timedelta(days=days))
        first = min(within, default=None)
        for action, of_kind in zip(REVIEWS, ("mdt", "round"), strict=True):
            found[action].append(first if kind == of_kind else None)
    return {action: pc.min_element_wise(done[action], pa.array(found[action], pa.date32())) for action in REVIEWS}


def _first(entity: np.ndarray, time: np.ndarray, who: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> pa.Array:
    """The London day of each row's first record in [begin, end); null where there is none."""
    order = np.lexsort((time, entity))
    entity, time = entity[order].astype(np.int64), time[order]
    # Ranks of instants stand for them, so that resident and instant make one sortable number.
    ranks, place = np.unique(np.concatenate([time, begins]), return_inverse=True)
    key = entity * len(ranks) + place[: len(time)]
    at = np.searchsorted(key, who.astype(np.int64) * len(ranks) + place[len(time) :])
    there = at < len(time)
    there[there] = (entity[at[there]] == who[there]) & (time[at[there]] < ends[there])
    day = np.zeros(len(who), np.int32)
    day[there] = local_days(time[at[there]])
    return pa.array(day, pa.int32(), mask=~there).cast(pa.date32())


def listings(log: pa.Table) -> pa.Table:
    """The rows of a log that put a resident on a list to be reviewed, whatever came of it."""
    listed = pc.is_in(log["section"], pa.array(LISTED, pa.string()))
    return log.filter(pc.and_(listed, pc.invert(log["withheld"])))


def objectors(history: History, kinds: Collection[str], on: date) -> frozenset[str]:
    """Residents with an objection of one of these kinds that stands at the end of `on`, by what was recorded then."""
    table, cut_off = history["objections"], instant(on + timedelta(days=1))
    stands = known(table).at(cut_off, 0) & (micros(table["from"]) < cut_off)
    ended = micros(table["to"]) <= cut_off
    of_kind = np.isin(np.array(table["kind"].to_pylist(), object), list(kinds))
    return frozenset(table["resident_id"].filter(pa.array(stands & ~ended & of_kind)).to_pylist())


def without(log: pa.Table, residents: Collection[str]) -> pa.Table:
    """The log without these residents."""
    return log.filter(pc.invert(pc.is_in(log["resident_id"], pa.array(sorted(residents), pa.string()))))


def write_log(path: Path, log: pa.Table) -> None:
    """Write the log for its owner alone: a new folder with rights 0700, a file with 0600."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_table(path, log)
