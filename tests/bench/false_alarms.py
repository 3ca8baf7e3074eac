"""How often a stable process is held back or retrained by mistake, and how soon a planted fault is found.

    python -m tests.bench.false_alarms SITE [--seeds 20] [--weeks 52] [--no-faults]

SITE is a folder with homeround.toml, history/ and a trained model, as `homeround synth` and `train` leave it. A stable
county is drawn from it: homes with replacement, each begun at a random week of its own, so that every week is like any
other while residents and homes depend on their past as they do in the history. Admissions of each week are drawn from
the chances of the model. What runs on them are the functions of models/monitoring themselves.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import binomtest

from features.asof import instant, monday_of, mondays
from features.build import matrix_of, panel_of, prepare
from features.code_counts import code_counts
from features.history import History, open_history
from features.matrix import Matrix, as_of_days
from flows import plain
from flows.settings import Settings, load
from models import registry
from models.fit import RANKED, text_column
from models.lists import list_codes, selection
from models.logistic import sigmoid
from models.model import AVOIDABLE, Model
from models.monitoring import watch
from models.monitoring.cells import Cells, cells, ranks
from models.monitoring.codes import code_changes, code_signals
from models.monitoring.feeds import feed_signals, home_feeds
from models.monitoring.inputs import input_shifts, input_signals
from models.monitoring.lists import ListWeek, list_charts, list_signals
from models.monitoring.outcomes import beyond, outcome_action
from models.monitoring.scores import score_shift, score_signals
from models.monitoring.signals import ACTIONS, Action, Rules, worst
from models.monitoring.watched import Watched, watched

REFERENCE = 52
MATURE = 10  # weeks from a Monday to its outcomes: a horizon of 28 days and a coding delay of 42
PARTS = ("feeds", "codes", "inputs", "scores", "lists", "outcomes")


@dataclass(frozen=True, eq=False)
class Source:
    """One county's rows (n,) and cells, from which stable counties are drawn."""

    home: np.ndarray
    week: np.ndarray
    person: np.ndarray
    pcn: np.ndarray
    hazard: np.ndarray
    following: np.ndarray  # (3, n) row of the same resident 1, 2 and 3 weeks on, -1 where there is none
    places: Cells
    fresh: Cells
    log_odds: Cells
    groups: Mapping[str, str]
    share: Mapping[str, float]
    concepts: tuple[tuple[str, ...], np.ndarray]


def source(settings: Settings, weeks: int) -> Source:
    """The features of the latest `weeks` Mondays of a site and what its model says of them."""
    history = open_history(settings.paths.history, plain.lags(settings))
    model, info = registry.load(settings.paths.runs, name=settings.model.name)
    last = monday_of(info.trained_until + timedelta(days=1))
    days = mondays(last - timedelta(weeks=weeks - 1), last)
    prepared = prepare(history, model.outcome)
    matrix = matrix_of(prepared, panel_of(prepared, days, grace=settings.model.grace))
    matrix = matrix.take(np.isin(text_column(matrix, "status"), RANKED))
    counted = code_counts(history, days, grace=settings.model.grace).counts["concept"]
    return _source(matrix, model, days, settings, counted)


def _source(
    matrix: Matrix,
    model: Model,
    days: tuple[date, ...],
    settings: Settings,
    concepts: tuple[tuple[str, ...], np.ndarray],
) -> Source:
    home = np.unique(text_column(matrix, "home_id"), return_inverse=True)[1]
    week = np.searchsorted(np.array(days, "datetime64[D]"), as_of_days(matrix.rows))
    person = np.asarray(pc.dictionary_encode(matrix.rows["resident_id"].combine_chunks()).indices, np.int64)
    X = matrix.X[:, model.columns(matrix.names)]
    log_odds = model.heads[AVOIDABLE].log_odds(X)
    shape = (int(home.max()) + 1, len(days))
    within = settings.lists.stale_days
    feeds = tuple(feed for feed in within if f"{feed}_age" in matrix.names)
    fresh = np.stack([np.nan_to_num(matrix.column(f"{f}_age"), nan=np.inf) <= within[f] for f in feeds], axis=1)
    sample = np.random.default_rng(0).permutation(len(X))[:1500]
    size = np.abs(model.contributions(X[np.sort(sample)])[0]).mean(axis=0)
    return Source(
        home, week, person, np.unique(text_column(matrix, "pcn"), return_inverse=True)[1],
        1 - (1 - sigmoid(log_odds)) ** 0.25, _following(person, week),
        cells(model.names, ranks(X, np.ones(len(X), bool)), home, week, shape),
        cells(feeds, fresh.astype(np.float32), home, week, shape),
        cells(("log_odds",), log_odds[:, None], home, week, shape),
        model.groups, dict(zip(model.names, (size / size.sum()).tolist(), strict=True)), concepts,
    )  # fmt: skip


def _following(person: np.ndarray, week: np.ndarray) -> np.ndarray:
    at = {(p, w): i for i, (p, w) in enumerate(zip(person.tolist(), week.tolist(), strict=True))}
    keys = list(zip(person.tolist(), week.tolist(), strict=True))
    return np.array([[at.get((p, w + k), -1) for p, w in keys] for k in (1, 2, 3)])


def stable(found: Source, seed: int, weeks: int, rules: Rules, *, factor: float = 1.0) -> list[dict[str, Action]]:
    """The action of each part in each of `weeks` weeks after the reference, in one drawn county.

    From the first of these weeks on, admissions are `factor` times as frequent as the chances say.
    """
    rng = np.random.default_rng(seed)
    homes, width = found.places.rows.shape
    drawn, begun = rng.integers(0, homes, homes), rng.integers(0, width, homes)
    places, fresh, odds = (_moved(part, drawn, begun) for part in (found.places, found.fresh, found.log_odds))
    judged = _outcomes(found, drawn, begun, rng, factor)
    counts = _blocks(found.concepts[1], REFERENCE + weeks, rng)
    reference = np.arange(REFERENCE)
    out = []
    for now in range(REFERENCE, REFERENCE + weeks):
        signals = [
            *input_signals(input_shifts(places, now, reference, found.groups, found.share), rules),
            *feed_signals(fresh, home_feeds(fresh, _names(homes), now, reference, {}), now, reference, rules),
            *score_signals(score_shift(odds, now, reference), rules),
            *code_signals(code_changes("concept", found.concepts[0], counts[:, : now + 1], reference), rules),
            *list_signals(list_charts([week for week in judged.lists if week.as_of <= _day(now)], 28)),
        ]
        action = {part: worst(s for s in signals if s.part == part) for part in PARTS}
        out.append(action | {"outcomes": _calibration(judged, now, rules)})
    return out


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows (n,) of a drawn county with the outcome and chance of each, and its weeks of lists."""

    home: np.ndarray
    week: np.ndarray
    y: np.ndarray
    chance: np.ndarray
    lists: list[ListWeek]


def _outcomes(found: Source, drawn: np.ndarray, begun: np.ndarray, rng: np.random.Generator, factor: float) -> Drawn:
    by_home = [np.flatnonzero(found.home == h) for h in range(found.places.rows.shape[0])]
    parts, width = [], found.places.rows.shape[1]
    for copy, (h, start) in enumerate(zip(drawn, begun, strict=True)):
        rows = by_home[h]
        week = (found.week[rows] + start) % width
        at = np.full(len(found.week), -1)
        at[rows] = np.arange(len(rows))
        later = found.following[:, rows]
        later = np.where(later >= 0, at[later], -1)
        hazard = found.hazard[rows]
        struck = rng.random(len(rows)) < np.minimum(hazard * np.where(week >= REFERENCE, factor, 1.0), 1)
        spare = rng.random((3, len(rows))) < hazard * factor  # weeks after the resident left the rows
        y, stay = struck.copy(), 1 - hazard
        for k in range(3):
            known = later[k] >= 0
            y |= np.where(known, struck[later[k]], spare[k])
            stay = stay * np.where(known, 1 - hazard[later[k]], 1 - hazard)
        person = found.person[rows] + copy * 1_000_000
        parts.append((np.full(len(rows), copy), week, y.astype(float), 1 - stay, found.pcn[rows], person))
    home, week, y, chance, pcn, person = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Drawn(home, week, y, chance, _lists(week, y, chance, pcn, person))


def _lists(week: np.ndarray, y: np.ndarray, chance: np.ndarray, pcn: np.ndarray, person: np.ndarray) -> list[ListWeek]:
    codes, _, _ = list_codes(pcn, week)
    listed = selection(chance, codes, 10) > 0.5
    out, before = [], set()
    for w in range(REFERENCE - 26, int(week.max()) + 1):
        rows = week == w
        chosen = rows & listed
        people = set(person[chosen].tolist())
        kept = float(len(people & before)) if before else float("nan")
        n, hits = int(chosen.sum()), float(y[chosen].sum())
        ripe = _day(w + MATURE)
        out.append(
            (ripe, ListWeek("mdt", _day(w), n, kept, 0, n, hits, float(chance[chosen].sum()), float(y[rows].sum())))
        )
        before = people
    # A week's admissions enter the charts when they are known, as if the lists were MATURE weeks older.
    return [replace(one, as_of=ripe) for ripe, one in out]


def _calibration(judged: Drawn, now: int, rules: Rules) -> Action:
    last = now - MATURE
    rows = (judged.week > max(last - rules.outcome_weeks, REFERENCE - 1)) & (judged.week <= last)
    if judged.y[rows].sum() < 20:
        return "none"
    return outcome_action(beyond(judged.y[rows], judged.chance[rows], judged.home[rows], rules.tolerance), rules)


def _moved(found: Cells, drawn: np.ndarray, begun: np.ndarray) -> Cells:
    width = found.rows.shape[1]
    at = (np.arange(width)[None, :] - begun[:, None]) % width
    own = found.of(drawn)
    total, known = (np.take_along_axis(part, at[None], axis=2) for part in (own.total, own.known))
    return Cells(found.names, total, known, np.take_along_axis(own.rows, at, axis=1))


def _blocks(counts: np.ndarray, weeks: int, rng: np.random.Generator, size: int = 8) -> np.ndarray:
    starts = rng.integers(0, counts.shape[1] - size + 1, -(-weeks // size))
    return np.concatenate([counts[:, s : s + size] for s in starts], axis=1)[:, :weeks]


def _day(week: int) -> date:
    return date(2020, 1, 6) + timedelta(weeks=week)


def _names(homes: int) -> tuple[str, ...]:
    return tuple(f"home {h}" for h in range(homes))


def rate(runs: list[list[dict[str, Action]]], parts: tuple[str, ...], least: Action) -> dict[str, float]:
    """Weeks in which any of these parts asked for `least` or more: share, its 95 % interval over drawn counties, and
    the share of counties with any such week."""
    bad = np.array([[max(ACTIONS.index(w[p]) for p in parts) >= ACTIONS.index(least) for w in run] for run in runs])
    each = bad.mean(axis=1)
    draws = np.random.default_rng(1).choice(each, (2000, len(each))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    # Where no county raised the alarm the draws say nothing: the exact interval (Clopper and Pearson) of counties does.
    exact = binomtest(int(bad.any(axis=1).sum()), len(bad)).proportion_ci()
    return {
        "counties_low": exact.low,
        "counties_high": exact.high,
        "rate": float(each.mean()),
        "low": float(low),
        "high": float(high),
        "counties": float(bad.any(axis=1).mean()),
    }


def weeks_to_retrain(found: Source, seeds: int, rules: Rules, factor: float) -> list[int]:
    """Weeks from the change of the rate of admissions to the first call to retrain; 99 where there is none in 52."""
    out = []
    for seed in range(seeds):
        actions = stable_outcomes(found, seed, 52, rules, factor)
        out.append(next((k for k, action in enumerate(actions) if action == "retrain"), 99))
    return out


def stable_outcomes(found: Source, seed: int, weeks: int, rules: Rules, factor: float) -> list[Action]:
    """As `stable`, of what came true alone."""
    rng = np.random.default_rng(seed)
    homes, width = found.places.rows.shape
    judged = _outcomes(found, rng.integers(0, homes, homes), rng.integers(0, width, homes), rng, factor)
    out = []
    for now in range(REFERENCE, REFERENCE + weeks):
        lists = list_signals(list_charts([week for week in judged.lists if week.as_of <= _day(now)], 28))
        own = _calibration(judged, now, rules)
        out.append("retrain" if "retrain" in (own, *(s.action for s in lists)) else own)
    return out


def faults(settings: Settings, rules: Rules, weeks: int = 6) -> dict[str, list[dict[str, Any]]]:
    """What monitoring says in each of the first weeks of each planted fault."""
    history = open_history(settings.paths.history, plain.lags(settings))
    model, info = registry.load(settings.paths.runs, name=settings.model.name)
    last = monday_of(info.trained_until + timedelta(days=1))
    start = last - timedelta(weeks=weeks)
    model = replace(model, trained_until=start)
    planted: dict[str, Callable[[History], History]] = {
        "nothing": lambda h: h,
        "one kind of record stops: fluid intake": lambda h: without(h, ["fluid_intake_ml"], start),
        "the feed of general practice stops": lambda h: silent(h, "gp", start),
        "weights in pounds in half of the homes": lambda h: pounds(h, start, 2),
        "weights in pounds everywhere": lambda h: pounds(h, start, 1),
    }
    return {name: _told(plant(history), model, start, last, settings, rules) for name, plant in planted.items()}


def _told(
    history: History, model: Model, start: date, last: date, settings: Settings, rules: Rules
) -> list[dict[str, Any]]:
    days = mondays(start - timedelta(weeks=rules.reference_weeks), last)
    prepared = prepare(history, model.outcome)
    matrix = matrix_of(prepared, panel_of(prepared, days, grace=settings.model.grace))
    counted = code_counts(history, days, grace=settings.model.grace)
    out = []
    for day in [day for day in days if day > start]:
        upto = counted.weeks.index(day) + 1
        reference = np.array([i for i, week in enumerate(counted.weeks) if week < start])
        changes = [
            c for kind, (names, n) in counted.counts.items() for c in code_changes(kind, names, n[:, :upto], reference)
        ]
        seen: Watched = watched(matrix, model, day, rules)
        report = watch(seen, rules=rules, version="", within=settings.lists.stale_days, codes=changes)
        said = [f"{signal.action}: {signal.sentence}" for signal in report.signals]
        out.append({"week": (day - start).days // 7, "action": report.action, "notes": len(said), "first": said[:2]})
    return out


def without(history: History, codes: list[str], since: date) -> History:
    """The history without these codes from a day on."""
    return _filtered(history, pc.is_in(history["events"]["code"], pa.array(codes)), since)


def silent(history: History, feed: str, since: date) -> History:
    """The history without a source's events from a day on."""
    return _filtered(history, pc.fill_null(pc.equal(history["events"]["source"], feed), False), since)


def _filtered(history: History, gone: pa.ChunkedArray, since: date) -> History:
    events = history["events"]
    return _with_events(history, events.filter(pc.invert(pc.and_(gone, _later(events, since)))))


def pounds(history: History, since: date, every: int) -> History:
    """Weights in pounds from a day on, for the residents of every so-many-th home."""
    events, stays = history["events"], history["stays"]
    homes = sorted(set(stays["home_id"].to_pylist()))[::every]
    people = stays.filter(pc.is_in(stays["home_id"], pa.array(homes)))["resident_id"]
    hit = pc.and_(pc.equal(events["code"], "weight_kg"), _later(events, since))
    hit = pc.fill_null(pc.and_(hit, pc.is_in(events["resident_id"], people.combine_chunks())), False)
    value = pc.if_else(hit, pc.multiply(events["value"], 2.2046), events["value"])
    return _with_events(history, events.set_column(events.schema.get_field_index("value"), "value", value))


def _later(events: pa.Table, since: date) -> pa.ChunkedArray:
    return pc.greater_equal(events["time"].cast(pa.int64()), instant(since))


def _with_events(history: History, events: pa.Table) -> History:
    return History(history.root, {**history.tables, "events": events}, history.assumed, history.warnings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--no-faults", action="store_true")
    given = parser.parse_args()
    settings, rules = load(given.site / "homeround.toml"), Rules()
    found = source(settings, REFERENCE + given.weeks)
    runs = [stable(found, seed, given.weeks, rules) for seed in range(given.seeds)]
    told: dict[str, Any] = {"counties": given.seeds, "weeks": given.weeks, "promised": 1 / rules.false_alarm_weeks}
    told["acted on"] = rate(runs, PARTS, "retrain")
    told |= {f"{part} acted on": rate(runs, (part,), "retrain") for part in PARTS}
    told |= {f"{part} noted": rate(runs, (part,), "note") for part in PARTS}
    for factor in (1.5, 2.0):
        weeks = weeks_to_retrain(found, given.seeds, rules, factor)
        told[f"weeks to retrain, admissions x {factor}"] = {"median": float(np.median(weeks)), "all": sorted(weeks)}
    print(json.dumps(told, indent=1), flush=True)
    if not given.no_faults:
        print(json.dumps(faults(settings, rules), indent=1))


if __name__ == "__main__":
    main()
