"""New records join a history in blocks: only the blocks of the residents they tell of are written again.

Dated rows are added, never changed: a correction is a later version of its record, and visibility decides which counts.
A record that moves to another resident is a retraction in the one's block and a new row in the other's. A row of
residents or homes takes the place of the one with its id, since these tables say how things stand.
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
from .reading import read_parts
from .runs import Runs, open_runs, passing


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
            if arriving.rows.any():
                tables[name] = _parts(root, layout, name, arriving)
    rows = {name: int(one.rows.sum()) for name, one in runs.items()}
    touched = np.any([one.rows > 0 for name, one in runs.items() if name in BLOCKED], axis=0).sum()
    return Layout(layout.blocks, layout.version + 1, tables), Appended(rows, int(touched), layout.blocks)


def _parts(root: Path, layout: Layout, name: str, arriving: Runs) -> tuple[Part, ...]:
    """A table's parts, with those written again to which rows come."""
    parts = dict(enumerate(layout.tables.get(name, ())))
    for k in np.flatnonzero(arriving.rows).tolist():
        before = (
            _sound(*read_parts(root, [parts[k]], TABLES[name])) if k in parts else TABLES[name].schema.empty_table()
        )
        file = part_name(name, layout.version + 1, k if name in BLOCKED else None)
        parts[k] = write_part(root, file, name, _joined(name, before, arriving.block(k)))
    return tuple(parts.values())


def _joined(name: str, before: pa.Table, new: pa.Table) -> pa.Table:
    if key := TABLES[name].key:
        before = before.filter(pc.invert(pc.is_in(before[key[0]], value_set=new[key[0]].combine_chunks())))
    return pa.concat_tables([before, new])


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
