"""The weekly lists of a history in blocks, locality by locality, on this machine or on Spark."""

import shutil
import time
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from features.cohort import attrition_rows
from features.localities.apart import Asked
from features.problems import HeldBack
from serving.holds import run_holds
from serving.rows import Team
from serving.scoring import noise

from .in_localities import Store, localities_of
from .settings import load
from .shield import Job
from .steps_common import require_unchanged
from .week_here import here
from .week_parts import Engine
from .week_run import Made, run_of


def lists_apart(job: Job, sources: Collection[str], folder: Path) -> tuple[Made, list[dict[str, int | str]]]:
    """Render the lists of every team into `folder`, and the panel's attrition; passing files go to `folder`.passing.

    Raises HeldBack when nothing may be published.
    """
    store = Store(Path(job["history"]), load(job["settings"]))
    run = run_of(job, store.shared, sources, folder)
    asked = Asked(run.weeks, store.settings.model.grace, run.objections, run.model.outcome)
    homes = localities_of(store.shared, [[home for home, _ in team.homes] for team in run.teams])
    passing = folder.with_name(f"{folder.name}{_PASSING}")
    _sweep(Path(job["work"]))
    with _engine(store, passing) as engine:
        week = engine.week(run, asked, homes)
        require_unchanged(job)
        known = week.estimate()
        estimated = sum(one.estimated for one in known)
        if reasons := run_holds(week.apart.newest, run.as_of, run.model, estimated, run.holds):
            raise HeldBack(reasons)
        made = week.lists(noise(np.concatenate([one.moves for one in known])))
    shutil.rmtree(passing, ignore_errors=True)
    return _together(made, run.teams), attrition_rows(run.weeks, week.apart.attrition)


def _engine(store: Store, passing: Path) -> AbstractContextManager[Engine]:
    if store.settings.engine.name == "spark":
        from .week_spark import on_spark

        return on_spark(store.settings.engine, store)
    return here(store, passing)


_PASSING, _FORGOTTEN = ".passing", 7 * 86_400  # seconds after which nobody will come back to a run that was killed


def _sweep(work: Path) -> None:
    """Remove passing files of runs that were not gone on with: they are as large as the history."""
    for left in work.glob(f"weekly/*/*/*{_PASSING}"):
        if time.time() - left.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(left)


def _together(parts: Sequence[Made], teams: Sequence[Team]) -> Made:
    """Every locality's lists in the order of the teams."""
    place = {team.id: i for i, team in enumerate(teams)}
    written = sorted((one for made in parts for one in made.written), key=lambda one: place[one.team.id])
    held = sorted((one for made in parts for one in made.held), key=lambda one: place[one.team.id])
    withheld = sorted((one for made in parts for one in made.withheld), key=lambda one: place[one.team_id])
    return Made(tuple(written), tuple(held), tuple(withheld))
