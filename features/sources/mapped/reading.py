"""Rows of an extract as rows of the contract."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...contract import TABLES
from ...problems import HistoryError, Problem, UsageError
from ..draft import Draft
from ..options import Options
from ..pseudonyms import plain
from ..tables import Folder, open_folder
from ..tally import Batch, Tally
from .cells import chosen, kept, told
from .mapping import Read
from .presets import load_all, names
from .rules import Seen

_DATA = re.compile(r"[0-9](?:[ -]?[0-9]){5}|[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}|[0-9]-[A-Za-z]{3}-[0-9]")
_KINDS = {"instant": "a time", "date": "a date", "number": "a number", "flag": "yes or no", "text": "text"}


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises UsageError for the mapping, HistoryError for files or columns that
    it names and that are not there."""
    if not options.mapping:
        known = ", ".join(names())
        raise UsageError(
            f"say which column is which: --mapping FILE (--sketch FILE writes a first one) or --preset {known}"
        )
    folder, reads = open_folder(source), load_all(options.mapping)
    missing = [problem for one in reads for problem in _missing(folder, one)]
    if missing:
        raise HistoryError(missing)
    seen = Seen({one.table for one in reads})
    # People and homes first: the others are of those.
    for one in sorted(reads, key=lambda one: list(TABLES).index(one.table)):
        for name in _files(folder, one):
            for batch in folder.batches(name, one.theirs, tally):
                _add(batch, one, draft, tally, seen)


def _files(folder: Folder, one: Read) -> list[str]:
    """Tables of theirs whose name is that of the mapping, in which * stands for anything."""
    named = one.file.lower()
    stem = Path(named).stem if named.endswith((".csv", ".parquet")) else named
    return [name for name in folder.files if fnmatchcase(name, stem)]


def _missing(folder: Folder, one: Read) -> list[Problem]:
    files = _files(folder, one)
    if not files:
        known = ", ".join(sorted(folder.files)) or "none"
        return [Problem(one.file, "", "no such table in the source", "error", 0, "", f"There are: {known}")]
    return [problem for name in files for problem in _lost(folder.columns(name), one)]


def _lost(there: set[str], one: Read) -> list[Problem]:
    """Columns that the mapping names and a file has not. A file without a heading has a person's row in its place."""
    hint = f"There are: {', '.join(sorted(there))}"
    if any(_DATA.search(name) for name in there):
        hint = "The first row looks like data and not like a heading"
    lost = [name for name in one.named if name.lower().strip() not in there]
    return [Problem(one.file, name, "no such column in the source", "error", 0, "", hint) for name in lost]


def _add(batch: Batch, one: Read, draft: Draft, tally: Tally, seen: Seen) -> None:
    columns: dict[str, pa.ChunkedArray] = {}
    rules: list[tuple[str, np.ndarray]] = []
    left_out = ~chosen(batch, one)
    tally.passed_over[f"{one.file}: not among those that the mapping reads"] += int(left_out.sum())
    before = left_out.copy()
    for column in TABLES[one.table].columns:
        text = told(batch, one, column)
        if text is None:
            continue
        if column.name == "resident_id":
            text = plain(text)  # so that one NHS number is one person however it is written
        left_out |= pc.equal(pc.fill_null(text, "x"), "").to_numpy(zero_copy_only=False)
        columns[column.name] = found = kept(text, column)
        empty = pc.is_null(text).to_numpy(zero_copy_only=False)
        rules.append((f"{column.name}: not {_KINDS[column.kind]}", _valid(found) | empty))
        if column.required:
            rules.append((f"{column.name}: empty", ~empty))
    tally.passed_over[f"{one.file}: left out by the mapping"] += int((left_out & ~before).sum())
    rules += seen.row_rules(one.table, columns)
    rules = [(says, mask | left_out) for says, mask in rules]
    good = np.logical_and.reduce([mask for _, mask in rules]) & ~left_out
    rules += seen.other_rules(one.table, columns, good)
    rows = pa.array(tally.passed(batch, rules) & ~left_out)
    columns = {name: values.filter(rows) for name, values in columns.items()}
    if one.table == "events":
        for pair in pc.value_counts(columns["code"].combine_chunks()).to_pylist():
            tally.codes[pair["values"]] += pair["counts"]
    draft.add(one.table, **columns)


def _valid(values: pa.ChunkedArray) -> np.ndarray:
    return pc.is_valid(values).to_numpy(zero_copy_only=False)
