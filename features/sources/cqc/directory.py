"""Finding the directory: its file in a folder, its sheet in a workbook, its heading below any lines of title."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path

import pyarrow as pa

from ...codelists.rows import read
from ...problems import HistoryError, Problem
from ..tally import Batch
from .sheets import SUFFIXES, Rows, sheets

_TITLE_LINES = 50
_USUAL = "active_locations"
_BLANK = ("", "-")  # CQC writes a dash where there is no brand


@cache
def accepted() -> Mapping[str, str]:
    """Our column by heading, as columns.csv has them."""
    return {plain(row["theirs"]): row["ours"] for row in read(Path(__file__).with_name("columns.csv"))}


@cache
def needed() -> Mapping[str, str]:
    """The heading of each column that the directory cannot do without."""
    rows = read(Path(__file__).with_name("columns.csv"))
    return {row["ours"]: row["theirs"] for row in rows if row["needed"]}


def plain(heading: str) -> str:
    """A heading without case, signs and double blanks: layouts differ in "Care home?" and "Care Home?"."""
    return re.sub(r"[^a-z0-9]+", " ", heading.casefold()).strip()


def open_directory(source: Path) -> Batch:
    """The rows below the heading with our columns as text, null where a cell or column is not there."""
    path = _file(source)
    best: dict[str, int] = {}
    for rows in sheets(path):
        for row in islice(rows, _TITLE_LINES):
            found = _columns(row, path)
            if needed().keys() <= found.keys():
                return Batch(path.name, 1, _table(rows, found))
            best = max(best, found, key=len)
    lost = [theirs for ours, theirs in needed().items() if ours not in best]
    hint = "Give the CQC's care directory with filters, HSCA_Active_Locations"
    raise HistoryError([Problem(path.name, name, "no such column in any sheet", "error", 0, "", hint) for name in lost])


def _file(source: Path) -> Path:
    if not source.is_dir():
        return source
    there = sorted(p for p in source.iterdir() if p.suffix.lower() in SUFFIXES and p.name[0] not in ".~")
    usual = [path for path in there if _USUAL in path.name.lower().replace(" ", "_")]
    one = usual if len(there) > 1 else there
    if len(one) == 1:
        return one[0]
    says = "more than one file could be the directory" if there else "no .ods, .xlsx or .csv file is there"
    names = ", ".join(path.name for path in there)
    raise HistoryError([Problem(source.name, "", says, "error", 0, names, "Name the file itself")])


def _columns(row: list[str], path: Path) -> dict[str, int]:
    """Positions of our columns in a heading. Raises HistoryError where one stands twice."""
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        ours = accepted().get(plain(cell))
        if ours in found:
            raise HistoryError([Problem(path.name, cell, "stands twice in the heading", "error", 0)])
        if ours:
            found[ours] = at
    return found


def _table(rows: Rows, found: Mapping[str, int]) -> pa.Table:
    cells: dict[str, list[str | None]] = {ours: [] for ours in accepted().values()}
    for row in rows:
        for ours, column in cells.items():
            at = found.get(ours, len(row))
            column.append(row[at] if at < len(row) and row[at] not in _BLANK else None)
    return pa.table({ours: pa.array(column, pa.string()) for ours, column in cells.items()})
