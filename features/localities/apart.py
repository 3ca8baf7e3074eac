"""A history in blocks, taken apart into localities block by block: what one was done of need not be done again."""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from ..build import Prepared, panel_of, prepare
from ..cohort import Panel
from ..history import History
from ..streams import FEEDS
from .arrays import arrays_of, bytes_of
from .cutting import cut
from .homes import Localities
from .joining import joined
from .pieces import Cut, Pieces, fetch, keep

_SUMMARY = "panel.npz"
Blocks = Callable[[int], History]
Summary = Mapping[str, np.ndarray]  # of a block's panel: `attrition`, and `newest` by feed
Spread = Callable[[Callable[[int], Summary], Iterable[int]], Iterable[Summary]]


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
    homes: Localities
    asked: Asked
    newest: Mapping[str, np.ndarray]
    attrition: np.ndarray

    def prepared(self, locality: int, pieces: Pieces) -> Prepared:
        """See joining.joined."""
        return joined(self.shared, pieces, self.homes[locality])

    def panel(self, prepared: Prepared) -> Panel:
        """The rows of a locality, which have the very features that they have in the panel of everybody."""
        return replace(self.asked.panel(prepared), newest=self.newest)


def taken(block: History, homes: Localities, asked: Asked) -> tuple[Cut, Summary]:
    """What a block holds for each locality, and of its panel what is added up over all blocks."""
    prepared = prepare(block, asked.outcome)
    panel = asked.panel(prepared)
    return cut(prepared, homes, outcomes=asked.outcomes), {"attrition": panel.attrition, **panel.newest}


def apart_of(shared: History, homes: Localities, asked: Asked, found: Sequence[Summary]) -> Apart:
    """The localities of which these blocks were told, one summary each."""
    newest = {feed: np.max([one[feed] for one in found], axis=0) for feed in FEEDS}
    attrition = np.sum([one["attrition"] for one in found], axis=0)
    return Apart(shared, homes, asked, newest, attrition)


def take_apart(
    blocks: int, open_block: Blocks, shared: History, homes: Localities, asked: Asked, folder: Path, spread: Spread
) -> Apart:
    """Read each block once and keep in `folder` what it holds for each locality; `spread` is a map."""
    work = partial(_kept, open_block=open_block, homes=homes, asked=asked, folder=folder)
    return apart_of(shared, homes, asked, list(spread(work, range(blocks))))


def kept_pieces(folder: Path, blocks: int, locality: int) -> Pieces:
    """What `take_apart` kept of a locality."""
    return partial(fetch, [_folder(folder, k) for k in range(blocks)], locality)


def _folder(folder: Path, block: int) -> Path:
    return folder / f"block-{block:04d}"


def _kept(block: int, *, open_block: Blocks, homes: Localities, asked: Asked, folder: Path) -> Summary:
    """Cut a block, unless that is done."""
    pieces = _folder(folder, block)
    summary = pieces / _SUMMARY
    if not summary.exists():
        shutil.rmtree(pieces, ignore_errors=True)
        found, told = taken(open_block(block), homes, asked)
        keep(pieces, found)
        aside = pieces / f".{_SUMMARY}"
        aside.write_bytes(bytes_of(told))
        os.replace(aside, summary)
    return arrays_of(summary.read_bytes())
