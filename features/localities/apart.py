"""A history in blocks, taken apart into localities block by block: what one was done of need not be done again."""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from ..build import Prepared, panel_of, prepare
from ..cohort import Panel
from ..history import History
from ..streams import FEEDS
from .cutting import cut
from .homes import Localities
from .joining import joined

_SUMMARY = "panel.npz"
Blocks = Callable[[int], History]
Spread = Callable[[Callable[[int], Mapping[str, np.ndarray]], Iterable[int]], Iterable[Mapping[str, np.ndarray]]]


@dataclass(frozen=True)
class Asked:
    """As of when, and by what rules: see build.prepare and cohort.build_panel; whether outcomes will be asked for."""

    as_ofs: tuple[date, ...]
    grace: int
    objections: Collection[str] = frozenset()
    outcome: str = "iau_2019"
    outcomes: bool = False

    def panel(self, prepared: Prepared) -> Panel:
        return panel_of(prepared, self.as_ofs, grace=self.grace, objections=self.objections)


@dataclass(frozen=True)
class Apart:
    """Localities, each read when it is asked for. `newest` and `attrition` are those of everybody's panel."""

    shared: History
    folders: tuple[Path, ...]
    homes: Localities
    asked: Asked
    newest: Mapping[str, np.ndarray]
    attrition: np.ndarray

    def prepared(self, locality: int) -> Prepared:
        """See joining.joined."""
        return joined(self.shared, self.folders, locality, self.homes[locality])

    def panel(self, prepared: Prepared) -> Panel:
        """The rows of a locality, which have the very features that they have in the panel of everybody."""
        return replace(self.asked.panel(prepared), newest=self.newest)


def take_apart(
    blocks: int, open_block: Blocks, shared: History, homes: Localities, asked: Asked, folder: Path, spread: Spread
) -> Apart:
    """Read each block once and keep in `folder` what it holds for each locality; `spread` is a map."""
    work = partial(_taken, open_block=open_block, homes=homes, asked=asked, folder=folder)
    found = list(spread(work, range(blocks)))
    newest = {feed: np.max([one[feed] for one in found], axis=0) for feed in FEEDS}
    attrition = np.sum([one["attrition"] for one in found], axis=0)
    return Apart(shared, tuple(_folder(folder, k) for k in range(blocks)), homes, asked, newest, attrition)


def _folder(folder: Path, block: int) -> Path:
    return folder / f"block-{block:04d}"


def _taken(
    block: int, *, open_block: Blocks, homes: Localities, asked: Asked, folder: Path
) -> Mapping[str, np.ndarray]:
    """Cut a block, unless that is done, and tell of its panel what is added up over all blocks."""
    pieces = _folder(folder, block)
    summary = pieces / _SUMMARY
    if not summary.exists():
        shutil.rmtree(pieces, ignore_errors=True)
        prepared = prepare(open_block(block), asked.outcome)
        panel = asked.panel(prepared)
        cut(prepared, homes, pieces, outcomes=asked.outcomes)
        aside = pieces / f".{_SUMMARY}"
        np.savez(aside, attrition=panel.attrition, **dict(panel.newest))  # type: ignore[arg-type]
        os.replace(aside, summary)
    with np.load(summary) as kept:
        return dict(kept)
