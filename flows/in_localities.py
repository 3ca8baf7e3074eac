"""A history in blocks for a step of a flow: what must be known of all of it first, and then locality by locality."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from features.contract import TABLES
from features.history import History
from features.localities.apart import Apart, Asked, kept_pieces, take_apart
from features.localities.homes import BEDS, Localities, localities
from features.localities.pieces import Pieces
from features.store.layout import BLOCKED, Layout
from features.store.opening import layout_of, open_block, open_shared

from . import plain
from .settings import Settings
from .spread import all_of

R = TypeVar("R")
_ROOMS = 30  # of a home that does not say how many beds it has


@dataclass(frozen=True)
class Store:
    """A history in blocks, with the processes that work on it; a block is as it stood `before` a cut-off, if any."""

    root: Path
    settings: Settings
    cut: Callable[[History], History] = lambda history: history

    @cached_property
    def layout(self) -> Layout:
        return layout_of(self.root)

    @cached_property
    def shared(self) -> History:
        return self.cut(open_shared(self.root, plain.lags(self.settings)))

    def block(self, number: int, without: Collection[str] = ()) -> History:
        """One block; `without` leaves columns of events empty that nobody will ask for."""
        return self.cut(open_block(self.layout, number, self.shared, plain.lags(self.settings), without=without))

    def pieces(self, folder: Path, locality: int) -> Pieces:
        """What `apart` kept of a locality."""
        return kept_pieces(folder, self.layout.blocks, locality)

    def of(self, residents: pa.Array) -> History:
        """What the history holds of some residents."""
        found = [self._of(residents, number) for number in range(self.layout.blocks)]
        tables = {name: pa.concat_tables([one[name] for one in found]) for name in BLOCKED}
        return replace(self.shared, tables=MappingProxyType({**self.shared.tables, **tables}))

    def _of(self, residents: pa.Array, number: int) -> dict[str, pa.Table]:
        history = self.block(number)
        tables = {name: history[name].cast(TABLES[name].schema) for name in BLOCKED}
        return {name: table.filter(pc.is_in(table["resident_id"], residents)) for name, table in tables.items()}

    def over(self, work: Callable[[int], R], given: Sequence[int], words: str) -> list[R]:
        """Work on each in several processes, and tell how far it is."""
        return all_of(plain.processes(self.settings), work, given, words)

    def apart(self, asked: Asked, homes: Localities, folder: Path) -> Apart:
        """Take the history apart, and keep in `folder` what each block holds for each locality."""
        return take_apart(
            self.layout.blocks, self.block, self.shared, homes, asked, folder,
            partial(self.over, words="blocks read"),
        )  # fmt: skip


def localities_of(shared: History, together: Sequence[Collection[str]] = ()) -> Localities:
    """The homes in localities, those that `together` names side by side in one."""
    homes = shared["homes"].select(["home_id", "beds"]).to_pylist()
    return localities({home["home_id"]: home["beds"] or _ROOMS for home in homes}, together, BEDS)
