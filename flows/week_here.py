"""A week's blocks and localities in processes of this machine, in the memory that one takes in each process.

Each step keeps what it has done of a block or a locality, so that a run that was killed goes on where it was.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from features.build import Prepared
from features.catalogue import catalogue
from features.localities.apart import Apart, Asked
from features.localities.homes import Localities
from serving.canonical import text
from serving.scoring import Scored, scored
from serving.typed import decoded
from serving.written import team_slug

from .in_localities import Store
from .shield import write_text
from .week_parts import Estimated, estimated, teams_in
from .week_run import Made, Run


@contextmanager
def here(store: Store, passing: Path) -> Iterator["_Here"]:
    """Processes that keep what they have done in `passing`."""
    yield _Here(store, passing)


@dataclass(frozen=True)
class _Here:
    store: Store
    passing: Path

    def week(self, run: Run, asked: Asked, homes: Localities) -> "_Week":
        return _Week(self, run, self.store.apart(asked, homes, self.passing))


@dataclass(frozen=True)
class _Week:
    """Localities of a run; what is known of each is kept from one step to the next."""

    here: _Here
    run: Run
    apart: Apart

    def estimate(self) -> list[Estimated]:
        return self.here.store.over(self._estimate, range(len(self.apart.homes)), "localities estimated")

    def lists(self, usual: float) -> list[Made]:
        return self.here.store.over(partial(self._lists, usual), range(len(self.apart.homes)), "localities listed")

    def _estimate(self, locality: int) -> Estimated:
        """Estimate everybody of a locality, unless that is done."""
        kept = self._kept(locality)
        if not kept.exists():
            prepared = self._prepared(locality)
            now = scored(prepared, self.apart.panel(prepared), self.run.model)
            found = estimated(now)
            aside = kept.with_name(f".{kept.name}")
            np.savez(aside, X=now.X, margin=now.margin, risk=now.risk, risk_any=now.risk_any, moves=found.moves,
                     estimated=found.estimated)  # fmt: skip
            os.replace(aside, kept)
        with np.load(kept) as before:
            return Estimated(int(before["estimated"]), before["moves"])

    def _lists(self, usual: float, locality: int) -> Made:
        """Render the lists of a locality's teams, unless that is done."""
        told = self.here.passing / f"made-{locality:04d}.json"
        if told.exists():
            return decoded(json.loads(told.read_text(encoding="utf-8")), Made, told.name)
        teams = teams_in(self.run, self.apart.homes[locality])
        for team in teams:  # what a killed run may have left
            shutil.rmtree(self.run.lists / team_slug(team), ignore_errors=True)
        prepared = self._prepared(locality)
        panel = self.apart.panel(prepared)
        with np.load(self._kept(locality)) as kept:
            known = Scored(panel, kept["X"], catalogue().names, kept["margin"], kept["risk"], kept["risk_any"])
        made = self.run.lists_of(prepared, known, teams, usual, map)
        write_text(told, text(made))
        return made

    def _prepared(self, locality: int) -> Prepared:
        return self.apart.prepared(locality, self.here.store.pieces(self.here.passing, locality))

    def _kept(self, locality: int) -> Path:
        return self.here.passing / f"scored-{locality:04d}.npz"
