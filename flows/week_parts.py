"""What a weekly run does of one block and of one locality, whatever runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from features.localities.apart import Apart, Asked
from features.localities.homes import Localities
from serving.rows import Team
from serving.scoring import Scored, moves

from .week_run import Made, Run


@dataclass(frozen=True)
class Estimated:
    """How many of a locality are estimated, and how the log-odds moved since the week before."""

    estimated: int
    moves: np.ndarray


def estimated(found: Scored) -> Estimated:
    last = found.panel.week == len(found.panel.as_ofs) - 1
    return Estimated(int(np.isfinite(found.risk[last]).sum()), moves(found))


def teams_in(run: Run, homes: Sequence[str]) -> list[Team]:
    """The teams of a locality's homes."""
    return [team for team in run.teams if team.homes and team.homes[0][0] in set(homes)]


class Week(Protocol):
    """A week's localities: all are estimated before the lists of any are made, which `usual` (see scoring.noise) is
    of."""

    @property
    def apart(self) -> Apart: ...

    def estimate(self) -> list[Estimated]: ...

    def lists(self, usual: float) -> list[Made]: ...


class Engine(Protocol):
    """What takes blocks apart into localities."""

    def week(self, run: Run, asked: Asked, homes: Localities) -> Week: ...
