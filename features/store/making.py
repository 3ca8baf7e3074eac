"""A history of any form becomes one in blocks, without being held whole."""

import shutil
from collections.abc import Callable
from pathlib import Path

from ..contract import PSEUDONYMOUS, TABLES
from ..datasets import files_of
from ..write import whole_folder
from .arrivals import Arrivals
from .layout import BLOCKED, LAYOUT, Layout, Part, part_name, write_layout
from .parts import write_part
from .runs import Runs, passing

PEOPLE = 3_000  # residents in a block: some hundred thousand events, a few hundred MB while they are worked on
LARGE = 10_000  # residents from which a new history is written in blocks

Say = Callable[[str], None]


def make_store(history: Path, out: Path, *, people: int = PEOPLE, say: Say = lambda _: None) -> Layout:
    """Write a history to the new folder `out` in blocks of about so many residents; all else of the folder is copied.

    Names are copied only if they are sealed. A history in blocks may be given other blocks. Raises HistoryError with
    every value that does not fit the contract, FileExistsError for a folder that is there.
    """
    with whole_folder(out) as aside:
        layout = _write(history, aside, people, say)
        for path in _beside(history):
            shutil.copy2(path, aside)
    return layout


def into_blocks(folder: Path, *, people: int = PEOPLE, say: Say = lambda _: None) -> Layout:
    """Bring a history of plain files into blocks where it lies; for a folder that nobody reads yet."""
    with passing(folder) as aside:
        layout = _write(folder, aside, people, say)
        for path in [path for name in PSEUDONYMOUS for path in files_of(folder, name)]:
            path.unlink()
        for path in aside.iterdir():
            path.rename(folder / path.name)
    return layout


def blocks_if_large(folder: Path, residents: int) -> None:
    """Bring a new history of so many residents into blocks if it will be read a block at a time."""
    if residents > LARGE:
        into_blocks(folder)


def _write(history: Path, out: Path, people: int, say: Say) -> Layout:
    """The tables and blocks.json of a new store."""
    arrivals = Arrivals(history)
    blocks = max(1, round(sum(len(part) for part in arrivals.parts("residents")) / people))
    arrivals.settle()
    tables: dict[str, tuple[Part, ...]] = {}
    for name in PSEUDONYMOUS:
        if name in BLOCKED:
            tables[name] = _blocked(arrivals, out, name, blocks)
        elif files_of(history, name):
            tables[name] = (write_part(out, part_name(name, 1), name, arrivals.whole(name)),)
        say(f"{name} in {blocks} blocks" if name in BLOCKED else name)
    arrivals.settle()
    layout = Layout(blocks, 1, tables)
    write_layout(out, layout)
    return layout


def _blocked(arrivals: Arrivals, out: Path, name: str, blocks: int) -> tuple[Part, ...]:
    with passing(out) as aside:
        runs = Runs(aside / name, TABLES[name].schema, blocks)
        for part in arrivals.parts(name):
            runs.add(part)
        runs.flush()
        return tuple(write_part(out, part_name(name, 1, k), name, runs.block(k)) for k in range(blocks))


def _beside(history: Path) -> list[Path]:
    """Files of the folder that are no table: sealed names, an import's report, the truth of an invented history."""
    tables = {history / LAYOUT, *(path for name in TABLES for path in files_of(history, name))}
    return sorted(path for path in history.iterdir() if path.is_file() and path not in tables)
