"""One block of a history as a History of its own, in little more than the time that its files take to decode."""

from collections.abc import Collection
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from ..contract import PSEUDONYMOUS, TABLES
from ..history import History, Lags, read_table, with_recording_times
from ..problems import HistoryError, Problem, UsageError
from .blocks import block_of
from .layout import BLOCKED, Layout, read_layout
from .reading import read_blocks, read_coded


def layout_of(root: Path | str) -> Layout:
    """The layout of a history in blocks. Raises UsageError for any other."""
    layout = read_layout(Path(root))
    if layout is None:
        raise UsageError(f"{root} is not in blocks: make it so with `homeround blocks {root} OUT`")
    return layout


def open_shared(root: Path | str, lags: Lags | None = None) -> History:
    """The tables that are not of residents' blocks: homes, what happened in them, and objections."""
    root, lags = Path(root), lags or Lags()
    tables: dict[str, pa.Table] = {}
    assumed: dict[str, int] = {}
    problems: list[Problem] = []
    for name in (n for n in PSEUDONYMOUS if n not in BLOCKED):
        typed, found = read_table(root, TABLES[name])
        problems += found
        tables[name], assumed[name] = with_recording_times(typed, name, lags)
    if problems:
        raise HistoryError(problems)
    return History(root, MappingProxyType(tables), MappingProxyType(assumed), ())


def open_block(
    layout: Layout, block: int, shared: History, lags: Lags | None = None, *, without: Collection[str] = ()
) -> History:
    """The history of one block's residents, with the homes as in `shared` and the objections of these residents.

    Words of events that repeat are dictionary-encoded. `without` leaves columns of events empty that nobody will ask
    for. Raises HistoryError where a file is gone or is not as it was written.
    """
    tables, assumed = dict(shared.tables), dict(shared.assumed)
    for name in BLOCKED:
        typed = table_of(layout, block, name, shared.root, without)
        tables[name], assumed[name] = with_recording_times(typed, name, lags or Lags())
    objections = tables["objections"]
    of = block_of(objections["resident_id"], layout.blocks)
    tables["objections"] = objections.filter(pa.array(of == block))
    return History(shared.root, MappingProxyType(tables), MappingProxyType(assumed), ())


def table_of(layout: Layout, block: int, name: str, root: Path, without: Collection[str] = ()) -> pa.Table:
    """One table of a block as it was written. Raises as `open_block`."""
    parts, table = layout.tables[name][block], TABLES[name]
    if name == "events":
        found, problems = read_coded(root, parts, table, without)
    else:
        found, problems = read_blocks(root, [parts], table)
    if problems:
        raise HistoryError(problems)
    return found
