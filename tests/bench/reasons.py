"""Are the reasons right? First reasons of listed residents beside what truly drives their risk, on invented counties.

`python -m tests.bench.reasons 4 5 6` invents a county a seed with its drivers, trains it as a user would and measures;
with `--model RUNS` another model explains these counties, such as that of a region.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.build import Prepared, prepare
from features.catalogue import catalogue
from features.history import open_history
from features.measures import Measure
from features.without import Twin, without
from models import reasons_truth as truth
from models import registry
from models.explain import sum_by_group
from models.model import Model
from models.reasons_truth import Figure, figure
from serving.entries import Entries, ListRules, week_of
from serving.parts import SIGN_STREAMS
from serving.reasons import Cited
from serving.scoring import Scored, score_rows
from serving.teams import teams_of
from serving.watchlist import ModelInfo, build_watchlists

from .faithful import deletions
from .site import ROOT, homeround

WORK = ROOT / "var/reasons"
GRACE = 6 * 3_600 * 1_000_000
_CONTACTS = frozenset(
    {"ed_attendance", "ambulance_callout", "not_conveyed", "urgent_contact", "sdec_attendance", "crisis_response",
     "virtual_ward", "gp_contact", "gp_visit"}
)  # fmt: skip
_BACKGROUND = "Background"
_OTHER_SEED = "101"


@dataclass(frozen=True, eq=False)
class Drivers:
    """What truly drives the risk of residents on one Monday, by the groups that can be acted on (all but Background)."""

    as_of: date
    groups: tuple[str, ...]
    of: dict[str, np.ndarray]  # by resident: log-odds by group
    ill: dict[str, np.ndarray]  # by resident: whether the present illness belongs to the group


@dataclass(frozen=True, eq=False)
class Told:
    """Listed residents of one Monday, each once, with their reasons and what the model and the truth say of each."""

    rows: list[int]
    home: np.ndarray
    cited: list[tuple[Cited, ...]]
    drivers: np.ndarray
    ill: np.ndarray
    attributed: np.ndarray
    groups: tuple[str, ...]

    def named(self, pick: Sequence[Cited | None]) -> np.ndarray:
        """Positions of the groups named; a group that the truth does not know is further than any."""
        at = {group: i for i, group in enumerate(self.groups)}
        return np.array([at.get(c.part.group, truth.NONE) if c else truth.NONE for c in pick])


def drivers_of(history: Path) -> Drivers:
    """Read what `homeround synth --drivers` wrote."""
    frame = pq.read_table(history / "drivers.parquet").to_pandas()
    frame = frame[frame["feature_group"] != _BACKGROUND]
    values, ill = (frame.pivot(index="resident_id", columns="feature_group", values=v) for v in ("log_odds", "ill_now"))
    of = dict(zip(values.index, values.to_numpy(), strict=True))
    return Drivers(
        frame["as_of"].iloc[0], tuple(values.columns), of, dict(zip(ill.index, ill.to_numpy(bool), strict=True))
    )


def scored_by(prepared: Prepared, as_of: date, model: Model) -> Scored:
    return score_rows(prepared, (as_of - timedelta(days=7), as_of), model, grace=GRACE)


def listed(prepared: Prepared, scored: Scored, as_of: date, model: Model) -> list[int]:
    """Rows of every resident listed on any list of the week."""
    info = ModelInfo("1", "champion", model.trained_until)
    lists = build_watchlists(
        prepared, as_of, model, info, teams=teams_of(prepared.history), grace=GRACE, scored=scored
    ).lists
    ids = scored.panel.residents.to_pylist()
    row_of = {ids[scored.panel.entity[r]]: int(r) for r in np.flatnonzero(scored.panel.week == 1)}
    return [row_of[i] for i in dict.fromkeys(e.resident_id for w in lists for e in w.section("listed"))]


def reasons_of(prepared: Prepared, scored: Scored, model: Model, rows: Sequence[int]) -> list[tuple[Cited, ...]]:
    entries = Entries(week_of(prepared, scored, model, ListRules()))
    entries.explain(list(rows))
    return [entries.cited(row) for row in rows]


def by_group(model: Model, X: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Contributions (n, g) in the order of `groups`."""
    values, _ = model.contributions(X)
    of = {f.name: f.group for f in catalogue().features}
    sums = sum_by_group(values, model.names, of)
    labels = list(dict.fromkeys(of[name] for name in model.names))
    return sums[:, [labels.index(group) for group in groups]]


def told(prepared: Prepared, scored: Scored, model: Model, known: Drivers) -> Told:
    """Those listed whose drivers are known: somebody who has died or left unrecorded has none."""
    ids = scored.panel.residents.to_pylist()
    rows = listed(prepared, scored, known.as_of, model)
    who = {r: ids[scored.panel.entity[r]] for r in rows}
    rows = [r for r in rows if who[r] in known.of]
    X = scored.X[rows][:, model.columns(scored.names)]
    return Told(
        rows,
        scored.panel.home[rows],
        reasons_of(prepared, scored, model, rows),
        np.array([known.of[who[r]] for r in rows]),
        np.array([known.ill[who[r]] for r in rows]),
        by_group(model, X, known.groups),
        known.groups,
    )


def first_that_acts(cited: Sequence[Cited]) -> Cited | None:
    return next((c for c in cited if c.reason.actionable), None)


def nth(cited: Sequence[Cited], n: int) -> Cited | None:
    return cited[n] if n < len(cited) else None


def is_sign(cited: Cited | None) -> bool:
    source = catalogue()[cited.feature].source if cited else None
    return isinstance(source, Measure) and source.stream in SIGN_STREAMS | _CONTACTS


def against_truth(found: Told) -> Iterator[Figure]:
    """How right the reasons are, and what of the model's own order of groups could be."""
    first = [first_that_acts(c) for c in found.cited]
    picks = {"first reason that can be acted on": first}
    picks |= {f"reason {n + 1}, where there is one": [nth(c, n) for c in found.cited] for n in range(3)}
    for name, pick in picks.items():
        named = found.named(pick)
        there = np.array([c is not None for c in pick]) | (pick is first)
        sign = np.array([is_sign(c) for c in pick])
        for k, words in ((1, "the leading driver"), (2, "one of the two leading drivers")):
            values = np.where(there, truth.right(named, found.drivers, k), np.nan)
            yield figure(f"{name}: {words}", values, found.home)
        signs = np.where(there, truth.right_or_sign(named, sign, found.ill, found.drivers, 2), np.nan)
        yield figure(f"{name}: one of the two, signs of illness told apart", signs, found.home)
    leading = found.attributed.argmax(axis=1)
    yield figure(
        "largest contribution, said or not: one of the two", truth.right(leading, found.drivers, 2), found.home
    )
    yield figure("a group drawn at random: one of the two", truth.by_chance(found.drivers, 2), found.home)
    yield figure(
        "Kendall's tau of groups, model and truth", truth.agreement(found.attributed, found.drivers), found.home
    )


def stability(
    prepared: Prepared, scored: Scored, model: Model, other: Model, found: Told, seed: int = 1
) -> Iterator[Figure]:
    """The same residents by another model, and by this one without one of their records of the last 28 days."""
    theirs = scored_by(prepared, scored.panel.as_ofs[-1], other)
    again = reasons_of(prepared, theirs, other, found.rows)
    named, renamed = (found.named([first_that_acts(c) for c in cited]) for cited in (found.cited, again))
    X = scored.X[found.rows]
    yield figure("another fit: same first reason", truth.same(named, renamed), found.home)
    moved = by_group(other, X[:, other.columns(scored.names)], found.groups)
    yield figure("another fit: tau of groups", truth.agreement(found.attributed, moved), found.home)
    fewer = without(prepared, scored.panel, scored.X, one_gone(prepared, scored, found.rows, seed))
    moved = by_group(model, fewer[:, model.columns(scored.names)], found.groups)
    same = truth.same(found.attributed.argmax(axis=1), moved.argmax(axis=1))
    yield figure("one record gone: same leading group", same, found.home)
    yield figure("one record gone: tau of groups", truth.agreement(found.attributed, moved), found.home)


def one_gone(prepared: Prepared, scored: Scored, rows: Sequence[int], seed: int) -> list[Twin]:
    """Each resident less one record of the 28 days before, drawn at random; nothing where there is none."""
    block, panel, rng = prepared.residents, scored.panel, np.random.default_rng(seed)
    out = []
    for row in rows:
        start, end = (
            block.start[int(panel.entity[row]) * block.width],
            block.start[(int(panel.entity[row]) + 1) * block.width],
        )
        t = int(panel.clock.t[panel.week[row]])
        recent = np.flatnonzero((block.time[start:end] < t) & (block.time[start:end] >= t - 28 * 86_400_000_000))
        out.append(Twin(row, (int(block.row[start + rng.choice(recent)]),) if len(recent) else ()))
    return out


def measure(history: Path, model: Model, other: Model) -> list[Figure]:
    """Every figure of one county."""
    prepared = prepare(open_history(history), model.outcome)
    known = drivers_of(history)
    scored = scored_by(prepared, known.as_of, model)
    found = told(prepared, scored, model, known)
    figures = [*against_truth(found), *deletions(prepared, model, scored, found.rows, found.cited)]
    return [*figures, *stability(prepared, scored, model, other, found)]


def main(seeds: Sequence[str], runs: str) -> None:
    for seed in seeds:
        history = history_of(seed)
        print(f"\nSeed {seed}\n\n{table(of_another(history, runs) if runs else of_its_own(WORK / seed, history))}")


def history_of(seed: str) -> Path:
    """The county of a seed with its drivers, made unless it is there."""
    site = WORK / seed
    history = site / "history"
    if not history.exists():
        homeround(site, "synth", str(history), "--seed", seed, "--drivers", "--truth-weeks", "1")
    return history


def fitted(site: Path, history: Path) -> Model:
    """The model that a site trains on its history, whether or not it holds the criteria of use; made once."""
    if not (site / "mlruns").exists():
        homeround(site, "train", str(history))
    return registry.load(site / "mlruns", 1)[0]


def of_another(history: Path, runs: str) -> list[Figure]:
    """How right the reasons of a county are by the model of another place."""
    model, known = registry.load(runs)[0], drivers_of(history)
    prepared = prepare(open_history(history), model.outcome)
    return [*against_truth(told(prepared, scored_by(prepared, known.as_of, model), model, known))]


def of_its_own(site: Path, history: Path) -> list[Figure]:
    """Every figure by the county's own model, beside one fitted with another seed."""
    model = fitted(site, history)
    os.environ["HOMEROUND_MODEL__SEED"] = _OTHER_SEED
    other = fitted(site / "again", history)
    del os.environ["HOMEROUND_MODEL__SEED"]
    return measure(history, model, other)


def table(figures: Sequence[Figure]) -> str:
    lines = [f"| {f.name} | {f.value:.2f} | {f.low:.2f} to {f.high:.2f} | {f.n} |" for f in figures]
    return "\n".join(["| figure | value | 95 % interval by home | residents |", "|---|---|---|---|", *lines])


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("seeds", nargs="+")
    asked.add_argument("--model", default="", metavar="RUNS")
    given = asked.parse_args()
    main(given.seeds, given.model)
