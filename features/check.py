"""Is this history acceptable? Every problem at once, for the person who can mend it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from .check_blocks import Over, check_blocks, in_turn
from .check_end import ends, last
from .check_parts import part, report
from .contract import TABLES
from .history import Lags, read_table
from .problems import HistoryError, Problem
from .report import Report
from .rules import Tables
from .store.layout import read_layout

__all__ = ["Report", "check", "inspect"]


def check(root: Path | str, lags: Lags | None = None, *, over: Over = in_turn, folder: Path | None = None) -> Report:
    """Read every table of a history and try every rule; problems of the data are reported, never raised.

    A history in blocks is read block by block, `over` them in several processes if wished; passing files are in
    `folder`. Of `identities` only counts are told: no name and no NHS number enters the report.
    """
    root, lags = Path(root), lags or Lags()
    try:
        layout = read_layout(root)
    except HistoryError as fault:
        return inspect({name: table.schema.empty_table() for name, table in TABLES.items()}, fault.problems, lags)
    if layout:
        return check_blocks(root, layout, lags, over, folder)
    read: dict[str, pa.Table] = {}
    problems: list[Problem] = []
    for name, table in TABLES.items():
        read[name], found = read_table(root, table)
        problems += found
    return inspect(read, problems, lags)


def inspect(read: Mapping[str, pa.Table], problems: Iterable[Problem] = (), lags: Lags | None = None) -> Report:
    """The report on tables already typed, with the `problems` of reading them."""
    problems = list(problems)
    broken = frozenset((p.table, p.column) for p in problems if p.severity == "error")
    tables = Tables(read, last([ends(read)]), lags or Lags(), broken)
    return report([part(tables)], problems, broken)
