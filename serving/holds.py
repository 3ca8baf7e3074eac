"""What holds a list back: pure rules over finished lists, so that every reason can be shown and tested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from features.asof import NEVER, instant
from features.cohort import sorted_ids
from features.history import History
from features.records import entities
from features.streams import FEEDS
from features.visibility import known, micros
from models.model import AVOIDABLE, Model

from .care import last_on
from .dates import day
from .rows import Watchlist


@dataclass(frozen=True)
class HoldRules:
    """Bounds beyond which lists are held back; days by feed name, shares between 0 and 1."""

    run_stale_days: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    list_stale_days: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    size_change: float = 0.5
    size_least: int = 20
    gone_share: float = 0.2
    gone_least: int = 2


def run_holds(
    newest: Mapping[str, np.ndarray], as_of: date, model: Model, estimated: int, rules: HoldRules
) -> tuple[str, ...]:
    """Why nothing may be published at all; empty when something may. `newest` is a panel's; so many are `estimated`."""
    reasons = [*_uncalibrated(model), *_silent_feeds(newest, as_of, rules)]
    if not estimated:
        reasons.append("no resident could be assessed")
    return tuple(reasons)


def _uncalibrated(model: Model) -> Iterable[str]:
    head = model.heads[AVOIDABLE]
    if not (isfinite(head.a) and isfinite(head.b) and head.a > 0):
        yield "the model has no usable calibration, so its numbers are no chances"


def _silent_feeds(newest: Mapping[str, np.ndarray], as_of: date, rules: HoldRules) -> Iterable[str]:
    for feed, most in rules.run_stale_days.items():
        last = last_on(newest[feed])
        if last is None or (as_of - last).days > most:
            since = f"since {day(last, as_of)}" if last else "at all"
            yield f"{FEEDS[feed]}: no record {since}; at most {most} days of silence are allowed"


def list_holds(
    watchlist: Watchlist, previous: Watchlist | None, gone: Iterable[str], rules: HoldRules
) -> tuple[str, ...]:
    """Why one team's list may not be published; `gone` are residents who had in truth died or moved by then."""
    return (
        *_stale(watchlist, rules),
        *_absurd_size(watchlist, previous, rules),
        *_too_many_gone(watchlist, gone, rules),
    )


def _stale(watchlist: Watchlist, rules: HoldRules) -> Iterable[str]:
    for feed in watchlist.feeds:
        most = next((days for name, days in rules.list_stale_days.items() if FEEDS[name] == feed.label), None)
        if most is None or not watchlist.covered:
            continue
        # Homes that have sent nothing since these residents moved in send no such records: the list says so.
        if feed.last_on and (watchlist.as_of - feed.last_on).days > most:
            yield f"{feed.label}: no record from these homes since {day(feed.last_on, watchlist.as_of)}"


def _absurd_size(watchlist: Watchlist, previous: Watchlist | None, rules: HoldRules) -> Iterable[str]:
    listed = len(watchlist.section("listed"))
    if listed > watchlist.team.capacity:
        yield f"it would list {listed} residents; the team reviews {watchlist.team.capacity} a week"
    if previous is None or max(previous.covered, watchlist.covered) < rules.size_least:
        return
    change = abs(watchlist.covered - previous.covered) / max(previous.covered, 1)
    if change > rules.size_change:
        yield f"{watchlist.covered} residents were assessed; last week {previous.covered}"


def _too_many_gone(watchlist: Watchlist, gone: Iterable[str], rules: HoldRules) -> Iterable[str]:
    listed = [entry.resident_id for entry in watchlist.section("listed")]
    count = len(set(listed).intersection(gone))
    if count >= rules.gone_least and count > rules.gone_share * len(listed):
        yield f"{count} of {len(listed)} listed residents had died or moved by then, as later records say"


def gone_by(history: History, as_of: date) -> frozenset[str]:
    """Residents who had died, or left every home, before `as_of` by everything the history holds now."""
    t = instant(as_of)
    people, stays = history["residents"], history["stays"]
    dead = people["resident_id"].filter(pa.array(micros(people["died_on"]) < t)).to_pylist()
    ids = sorted_ids(stays["resident_id"])
    who = entities(stays["resident_id"], ids)
    version = known(stays, "moved_out_recorded_at")
    in_force = (version.since < NEVER) & (version.until == NEVER)
    begun = (micros(stays["moved_in"]) < t) & in_force
    staying = np.zeros(len(ids), bool)
    staying[who[begun & (micros(stays["moved_out"]) >= t)]] = True
    ever = np.zeros(len(ids), bool)
    ever[who[begun]] = True
    left = ids.filter(pa.array(ever & ~staying)).to_pylist()
    return frozenset(dead) | frozenset(left)
