"""New records join a history in blocks: they are written beside their block, with those that came before them.

Once they are many, the block is written again as one file. Dated rows are added, never changed: a correction is a later
version of its record, and visibility decides which counts. A record that moves to another resident is a retraction in
the one's block and a new row in the other's. A row of residents or homes takes the place of the one with its id, since
these tables say how things stand: their blocks are small, and always one file.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..contract import PSEUDONYMOUS, TABLES
from ..datasets import files_of
from ..problems import HeldBack, HistoryError, UsageError
from .arrivals import Arrivals
from .layout import BLOCKED, Layout, Part, part_name, sweep, write_layout
from .opening import layout_of
from .parts import write_part
from .reading import read_blocks
from .runs import open_runs, passing

SHARE = 8  # a base is written again for an eighth of its rows: about twenty weeks' records, in a history of three years


@dataclass(frozen=True)
class Appended:
    """Rows that came, by table, and how many of the blocks they touched."""

    rows: Mapping[str, int]
    touched: int
    blocks: int


def append(root: Path, new: Path) -> Appended:
    """Add the tables of the folder `new` to a history in blocks: all of them, or nothing.

    Everything is written beside what is there and comes into force with blocks.json; a reader that had begun may find
    its files gone, and says so. Raises HistoryError with every value that does not fit the contract, UsageError where
    `new` holds no table, HeldBack while another process adds records.
    """
    with _alone(root):
        layout = layout_of(root)
        sweep(root, layout)
        given = [name for name in PSEUDONYMOUS if files_of(new, name)]
        if not given:
            raise UsageError(f"{new} holds no table of a history: put events.parquet, spells.csv or others there")
        try:
            grown, appended = _grown(root, layout, new, given)
            write_layout(root, grown)
        except BaseException:
            sweep(root, layout_of(root))
            raise
        sweep(root, grown)
        return appended


def _grown(root: Path, layout: Layout, new: Path, given: list[str]) -> tuple[Layout, Appended]:
    """The layout with the new rows, its files written."""
    arrivals, tables = Arrivals(new), dict(layout.tables)
    with passing(root) as aside:
        runs = open_runs(aside, given, layout.blocks)
        for name, arriving in runs.items():
            for part in arrivals.parts(name):
                arriving.add(part)
            arriving.flush()
        arrivals.settle()
        for name, arriving in runs.items():
            files = dict(enumerate(layout.tables.get(name, ())))
            for k in np.flatnonzero(arriving.rows).tolist():
                target = part_name(name, layout.version + 1, k)
                files[k] = _joined(root, name, files.get(k, ()), arriving.block(k), target)
            if files:
                tables[name] = tuple(files.values())
    rows = {name: int(one.rows.sum()) for name, one in runs.items()}
    touched = np.any([one.rows > 0 for name, one in runs.items() if name in BLOCKED], axis=0).sum()
    return Layout(layout.blocks, layout.version + 1, tables), Appended(rows, int(touched), layout.blocks)


def _joined(root: Path, name: str, files: tuple[Part, ...], new: pa.Table, target: str) -> tuple[Part, ...]:
    """The files of a block with new rows: beside its base while they are few, else in one with it."""
    added = sum(part.rows for part in files[1:]) + len(new)
    few = bool(files) and not TABLES[name].key and added * SHARE <= files[0].rows
    stays, goes = (files[:1], files[1:]) if few else ((), files)
    before = [_sound(*read_blocks(root, [goes], TABLES[name]))] if goes else []
    if key := TABLES[name].key:
        known = new[key[0]].combine_chunks()
        before = [table.filter(pc.invert(pc.is_in(table[key[0]], value_set=known))) for table in before]
    return (*stays, write_part(root, target, name, pa.concat_tables([*before, new])))


def _sound(table: pa.Table, problems: list) -> pa.Table:
    if problems:
        raise HistoryError(problems)
    return table


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One process adds records at a time; the lock goes with the process, however it ends."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise HeldBack([f"another process is adding records to {root}: wait until it has ended"]) from None
    finally:
        os.close(handle)
