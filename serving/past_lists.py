"""Published lists as time tells on them, by week and kind of list: counts only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.asof import NEVER, instant
from features.cohort import RANKED, UNCERTAIN_AFTER, Panel
from features.history import History
from features.matrix import KEY
from features.visibility import known, micros
from models.monitoring.lists import VIEWS, ListWeek, stayed

from .holds import gone_by
from .publish import latest_folder, read_lists
from .rows import Team, Watchlist


@dataclass(frozen=True)
class Known:
    """Ranked residents' outcomes on the Mondays of published lists: label by (resident, Monday), events by (home,
    Monday), and the Mondays whose outcomes are known."""

    label: Mapping[tuple[str, date], float]
    events: Mapping[tuple[str, date], float]
    weeks: frozenset[date]


@dataclass(frozen=True)
class _Listed:
    """Of one list no more than is counted: its team, and the chance of each resident inside the line."""

    team: Team
    risk: Mapping[str, float]


def _listed(one: Watchlist) -> _Listed:
    return _Listed(one.team, {entry.resident_id: entry.risk or 0.0 for entry in one.section("listed")})


def published_weeks(published: Path, until: date, most: int) -> tuple[date, ...]:
    """The latest Mondays up to `until` with published lists, oldest first."""
    found = []
    for folder in published.glob("????-??-??") if published.is_dir() else ():
        day = date.fromisoformat(folder.name)
        if day <= until and latest_folder(published, day):
            found.append(day)
    return tuple(sorted(found)[-most:])


def known_outcomes(rows: pa.Table, panel: Panel, label: np.ndarray) -> Known:
    """From the rows of a panel and their labels, NaN where not known."""
    usable = np.isin(panel.status, RANKED) & ~np.isnan(label)
    found = rows.append_column("y", pa.array(label)).filter(pa.array(usable))
    labels = {(r, a): y for r, a, y in zip(*(found[c].to_pylist() for c in (*KEY, "y")), strict=True)}
    sums = found.group_by(["home_id", "as_of"]).aggregate([("y", "sum")])
    events = {(h, a): y for h, a, y in zip(*(sums[c].to_pylist() for c in ("home_id", "as_of", "y_sum")), strict=True)}
    return Known(labels, events, frozenset(found["as_of"].unique().to_pylist()))


def list_weeks(published: Path, weeks: Sequence[date], history: History, found: Known) -> tuple[ListWeek, ...]:
    """One row per kind of list and week, oldest first. Lists made in hindsight are left out."""
    out: list[ListWeek] = []
    before: dict[str, tuple[date, dict[str, frozenset[str]]]] = {}
    for as_of in weeks:
        folder = latest_folder(published, as_of)
        lists = (
            [_listed(one) for one in read_lists(folder, only_listed=True).each() if not one.backdated] if folder else []
        )
        away = gone_by(history, as_of) | in_hospital(history, as_of)
        for view in VIEWS:
            own = [one for one in lists if one.team.kind == view]
            if not own:
                continue
            now = {one.team.id: frozenset(one.risk) for one in own}
            last, past = before.get(view, (as_of, {}))
            out.append(_week(view, as_of, own, past if (as_of - last).days == 7 else {}, now, away, found))
            before[view] = as_of, now
    return tuple(out)


def _week(
    view: str,
    as_of: date,
    lists: Sequence[_Listed],
    past: Mapping[str, frozenset[str]],
    now: Mapping[str, frozenset[str]],
    away: frozenset[str],
    found: Known,
) -> ListWeek:
    entries = [entry for one in lists for entry in one.risk.items()]
    told = [(found.label[key], risk) for who, risk in entries if (key := (who, as_of)) in found.label]
    homes = {home for one in lists for home, _ in one.team.homes}
    events = sum(found.events.get((home, as_of), 0.0) for home in homes) if as_of in found.weeks else float("nan")
    return ListWeek(
        view,
        as_of,
        len(entries),
        stayed(now, past),
        sum(who in away for who, _ in entries),
        len(told),
        float(sum(y for y, _ in told)),
        float(sum(risk for _, risk in told)),
        events,
    )


def in_hospital(history: History, as_of: date) -> frozenset[str]:
    """Residents in hospital at `as_of` by everything the history holds; a stay whose end never came counts 60 days."""
    t, spells = instant(as_of), history["spells"]
    version = known(spells, "discharge_recorded_at")
    in_force = (version.since < NEVER) & (version.until == NEVER)
    begun, ended = micros(spells["admitted_at"]), micros(spells["discharged_at"])
    there = in_force & (begun < t) & (ended >= t) & ((ended < NEVER) | (begun >= t - UNCERTAIN_AFTER))
    return frozenset(spells["resident_id"].filter(pa.array(there)).to_pylist())
