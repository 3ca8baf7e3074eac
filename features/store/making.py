"""A history of any form becomes one in blocks, without being held whole."""

import shutil
from pathlib import Path

from ..contract import PSEUDONYMOUS, TABLES
from ..datasets import files_of
from ..write import whole_folder
from .arrivals import Arrivals
from .growing import PEOPLE, Say, blocks_for, is_large, write_store
from .layout import BLOCKED, LAYOUT, Layout
from .runs import open_runs, passing


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
    """Bring a new history of so many residents into blocks if it is large."""
    if is_large(residents):
        into_blocks(folder)


def _write(history: Path, out: Path, people: int, say: Say) -> Layout:
    """The tables and blocks.json of a new store."""
    arrivals = Arrivals(history)
    blocks = blocks_for(sum(len(part) for part in arrivals.parts("residents")), people)
    arrivals.settle()
    with passing(out) as aside:
        runs = open_runs(aside, [name for name in PSEUDONYMOUS if name in BLOCKED or files_of(history, name)], blocks)
        for name, rows in runs.items():
            for part in arrivals.parts(name):
                rows.add(part)
        arrivals.settle()
        return write_store(out, blocks, runs, say)


def _beside(history: Path) -> list[Path]:
    """Files of the folder that are no table: sealed names, an import's report, the truth of an invented history."""
    tables = {history / LAYOUT, *(path for name in TABLES for path in files_of(history, name))}
    return sorted(path for path in history.iterdir() if path.is_file() and path not in tables)
