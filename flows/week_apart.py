"""The weekly lists of a history in blocks, locality by locality, in the memory that one takes in each process.

Each step keeps what it has done of a block or a locality, so that a run that was killed goes on where it was.
"""

import json
import os
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from features.catalogue import catalogue
from features.cohort import attrition_rows
from features.localities.apart import Apart, Asked
from features.problems import HeldBack
from serving.canonical import text
from serving.holds import run_holds
from serving.rows import Team
from serving.scoring import Scored, moves, noise, scored
from serving.typed import decoded
from serving.written import team_slug

from .in_localities import Store
from .settings import load
from .shield import Job, write_text
from .steps_common import require_unchanged
from .week_run import Made, Run, run_of


def lists_apart(job: Job, sources: Collection[str], folder: Path) -> tuple[Made, list[dict[str, int | str]]]:
    """Render the lists of every team into `folder`, and the panel's attrition; passing files go to `folder`.passing.

    `sources` are the feeds that the history holds records of.

    Raises HeldBack when nothing may be published.
    """
    store = Store(Path(job["history"]), load(job["settings"]))
    run = run_of(job, store.shared, sources, folder)
    asked = Asked(run.weeks, store.settings.model.grace, run.objections, run.model.outcome)
    passing = folder.with_name(f"{folder.name}{_PASSING}")
    _sweep(Path(job["work"]))
    apart = store.apart(asked, [[home for home, _ in team.homes] for team in run.teams], passing)
    require_unchanged(job)
    week = _Week(run, apart, passing)
    numbers = range(len(apart.homes))
    known = store.over(week.estimate, numbers, "localities estimated")
    if reasons := run_holds(apart.newest, run.as_of, run.model, sum(one.estimated for one in known), run.holds):
        raise HeldBack(reasons)
    usual = noise(np.concatenate([one.moves for one in known]))
    made = store.over(partial(week.lists, usual), numbers, "localities listed")
    shutil.rmtree(passing)
    return _together(made, run.teams), attrition_rows(run.weeks, apart.attrition)


_PASSING, _FORGOTTEN = ".passing", 7 * 86_400  # seconds after which nobody will come back to a run that was killed


def _sweep(work: Path) -> None:
    """Remove passing files of runs that were not gone on with: they are as large as the history."""
    for left in work.glob(f"weekly/*/*/*{_PASSING}"):
        if time.time() - left.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(left)


@dataclass(frozen=True)
class _Estimated:
    """How many of a locality are estimated, and how the log-odds moved since the week before."""

    estimated: int
    moves: np.ndarray


@dataclass(frozen=True)
class _Week:
    """Localities of a run, and where what is known of them is kept from one step to the next."""

    run: Run
    apart: Apart
    passing: Path

    def estimate(self, locality: int) -> _Estimated:
        """Estimate everybody of a locality, unless that is done."""
        kept = self._kept(locality)
        if not kept.exists():
            prepared = self.apart.prepared(locality)
            now = scored(prepared, self.apart.panel(prepared), self.run.model)
            estimated = np.isfinite(now.risk[now.panel.week == len(self.run.weeks) - 1]).sum()
            aside = kept.with_name(f".{kept.name}")
            np.savez(aside, X=now.X, margin=now.margin, risk=now.risk, risk_any=now.risk_any, moves=moves(now),
                     estimated=estimated)  # fmt: skip
            os.replace(aside, kept)
        with np.load(kept) as found:
            return _Estimated(int(found["estimated"]), found["moves"])

    def lists(self, usual: float, locality: int) -> Made:
        """Render the lists of a locality's teams, unless that is done."""
        told = self.passing / f"made-{locality:04d}.json"
        if told.exists():
            return decoded(json.loads(told.read_text(encoding="utf-8")), Made, told.name)
        homes = frozenset(self.apart.homes[locality])
        teams = [team for team in self.run.teams if team.homes and team.homes[0][0] in homes]
        for team in teams:  # what a killed run may have left
            shutil.rmtree(self.run.lists / team_slug(team), ignore_errors=True)
        prepared = self.apart.prepared(locality)
        panel = self.apart.panel(prepared)
        with np.load(self._kept(locality)) as kept:
            known = Scored(panel, kept["X"], catalogue().names, kept["margin"], kept["risk"], kept["risk_any"])
        made = self.run.lists_of(prepared, known, teams, usual, map)
        write_text(told, text(made))
        return made

    def _kept(self, locality: int) -> Path:
        return self.passing / f"scored-{locality:04d}.npz"


def _together(parts: Sequence[Made], teams: Sequence[Team]) -> Made:
    """Every locality's lists in the order of the teams."""
    place = {team.id: i for i, team in enumerate(teams)}
    written = sorted((one for made in parts for one in made.written), key=lambda one: place[one.team.id])
    held = sorted((one for made in parts for one in made.held), key=lambda one: place[one.team.id])
    withheld = sorted((one for made in parts for one in made.withheld), key=lambda one: place[one.team_id])
    return Made(tuple(written), tuple(held), tuple(withheld))
