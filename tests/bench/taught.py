"""What the columns could tell: a learner that is taught the true drivers of other counties names the leading ones.

`python -m tests.bench.taught 4 5 6` invents twelve counties with their drivers and learns from 2, 4, 8 and 12 of them
which groups are the two leading drivers of a resident: more than any site knows. Judged are those on any list of
another county's last Monday, by that county's own model, as `tests/bench/reasons.py` judges the reasons of that model.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from features.build import Prepared, features, panel_of, prepare
from features.catalogue import catalogue
from features.evidence import Look
from features.history import open_history
from models import reasons_truth as truth
from models.reasons_truth import Figure, figure
from serving.parts import Part
from serving.reasons import raising
from serving.scoring import Scored

from .reasons import GRACE, WORK, Told, drivers_of, first_that_acts, fitted, history_of, scored_by, table, told

SEEDS = tuple(str(seed) for seed in range(101, 113))
CURVE = (2, 4, 8, 12)
_ROUNDS = 150
_PARAMS = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 30, "lambda_l2": 5.0,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "max_bin": 63, "verbose": -1,
    "deterministic": True, "force_col_wise": True, "seed": 1, "num_threads": 1,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class People:
    """Residents of a county on its last Monday: catalogue columns X (n, p) and true drivers (n, g)."""

    X: np.ndarray
    drivers: np.ndarray


@dataclass(frozen=True, eq=False)
class Learner:
    """A classifier for each group, in the order of the groups; `rows` residents of `counties` taught it."""

    counties: int
    rows: int
    boosters: tuple[lgb.Booster, ...]

    def chances(self, X: np.ndarray) -> np.ndarray:
        """The chance (n, g) that a group is one of the two leading drivers, of catalogue columns X (n, p)."""
        return np.column_stack([booster.predict(X) for booster in self.boosters])


def people(seed: str) -> People:
    """Everyone of a county whose drivers are known, listed or not."""
    history = history_of(seed)
    prepared, known = prepare(open_history(history)), drivers_of(history)
    panel = panel_of(prepared, (known.as_of,), grace=GRACE)
    ids = panel.residents.to_pylist()
    who = [ids[entity] for entity in panel.entity]
    there = np.array([one in known.of for one in who])
    return People(features(prepared, panel)[there], np.array([known.of[one] for one in who if one in known.of]))


def learn(taught: Sequence[People]) -> Learner:
    """A classifier a group: on counties 1 to 3 it named more right than a regressor of the drivers did."""
    X = np.concatenate([one.X for one in taught])
    leads = truth.leading(np.concatenate([one.drivers for one in taught]), 2).astype(float)
    boosters = tuple(lgb.train(_PARAMS, lgb.Dataset(X, own, params=_PARAMS), _ROUNDS) for own in leads.T)
    return Learner(len(taught), len(X), boosters)


def speakable(prepared: Prepared, scored: Scored, rows: Sequence[int], groups: Sequence[str]) -> np.ndarray:
    """bool (n, g): whether some fact of the group that can be acted on may be said, whatever it adds to the estimate."""
    alone = [Part(f.group, True, 1.0, 1.0, (f.name,), (1.0,)) for f in catalogue().features if f.acts]
    out = np.zeros((len(rows), len(groups)), bool)
    for i, row in enumerate(rows):
        values = dict(zip(scored.names, scored.X[row].tolist(), strict=True))
        said = {cited.part.group for cited in raising(alone, values, Look(prepared, scored.panel, row))}
        out[i] = [group in said for group in groups]
    return out


def figures(found: Told, X: np.ndarray, said: np.ndarray, learners: Sequence[Learner]) -> Iterator[Figure]:
    """How often a group named is one of the two leading drivers, by who names it; `said` as of `speakable`."""

    def share(name: str, named: np.ndarray) -> Figure:
        return figure(name, truth.right(named, found.drivers, 2), found.home)

    yield share("first reason that can be acted on", found.named([first_that_acts(cited) for cited in found.cited]))
    for learner in learners:
        name, chances = f"taught by {learner.counties} counties ({learner.rows:,} residents)", learner.chances(X)
        first, second = np.argsort(-chances, axis=1, kind="stable")[:, :2].T
        yield share(f"{name}: first named", first)
        yield share(f"{name}: second named", second)
        yield share(f"{name}: first named of groups with a fact", best_of(chances, said))
    yield share("the true drivers: first of groups with a fact", best_of(found.drivers, said))


def best_of(values: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Position (n,) of the largest value among the groups allowed (n, g); truth.NONE where none is."""
    best = np.where(allowed, values, -np.inf).argmax(axis=1)
    return np.where(allowed.any(axis=1), best, truth.NONE)


def of_county(seed: str, learners: Sequence[Learner]) -> list[Figure]:
    """Every figure of one county, its own model trained as a site would."""
    history = history_of(seed)
    model, known = fitted(WORK / seed, history), drivers_of(history)
    prepared = prepare(open_history(history), model.outcome)
    scored = scored_by(prepared, known.as_of, model)
    found = told(prepared, scored, model, known)
    return [*figures(found, scored.X[found.rows], speakable(prepared, scored, found.rows, known.groups), learners)]


def main(seeds: Sequence[str]) -> None:
    taught = [people(seed) for seed in SEEDS]
    learners = [learn(taught[:counties]) for counties in CURVE]
    for seed in seeds:
        print(f"\nSeed {seed}\n\n{table(of_county(seed, learners))}")


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("seeds", nargs="+")
    main(asked.parse_args().seeds)
