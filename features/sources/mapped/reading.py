"""Rows of an extract as rows of the contract."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ...contract import TABLES, Column
from ...problems import HistoryError, Problem, UsageError
from ..draft import Draft
from ..options import Options
from ..tables import Folder, open_folder
from ..tally import Batch, Tally
from .mapping import Read, load

_KINDS = {"instant": "a time", "date": "a date", "number": "a number", "flag": "yes or no", "text": "text"}


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises UsageError for the mapping, HistoryError for files or columns that
    it names and that are not there."""
    if options.mapping is None:
        raise UsageError("say which column is which: --mapping FILE; --sketch FILE writes a first one")
    folder, reads = open_folder(source), load(options.mapping)
    missing = [problem for one in reads for problem in _missing(folder, one)]
    if missing:
        raise HistoryError(missing)
    for one in reads:
        theirs = tuple(dict.fromkeys(name.lower().strip() for name in one.columns.values()))
        for batch in folder.batches(_stem(one), theirs, tally):
            _add(batch, one, draft, tally)


def _stem(one: Read) -> str:
    return Path(one.file).stem.lower() if one.file.lower().endswith((".csv", ".parquet")) else one.file.lower()


def _missing(folder: Folder, one: Read) -> list[Problem]:
    if _stem(one) not in folder:
        known = ", ".join(sorted(folder.files)) or "none"
        return [Problem(one.file, "", "no such table in the source", "error", 0, "", f"There are: {known}")]
    there = folder.columns(_stem(one))
    hint = f"There are: {', '.join(sorted(there))}"
    lost = [name for name in one.columns.values() if name.lower().strip() not in there]
    return [Problem(one.file, name, "no such column in the source", "error", 0, "", hint) for name in lost]


def _add(batch: Batch, one: Read, draft: Draft, tally: Tally) -> None:
    columns: dict[str, pa.ChunkedArray] = {}
    rules: list[tuple[str, np.ndarray]] = []
    left_out = np.zeros(len(batch), bool)
    for column in TABLES[one.table].columns:
        text = _theirs(batch, one, column)
        if text is None:
            continue
        mapped = _mapped(text, one, column.name)
        left_out |= pc.equal(pc.fill_null(mapped, "x"), "").to_numpy(zero_copy_only=False)
        found = converted(_dated(mapped, one, column), column.kind)
        lost = pc.and_(pc.is_null(found), pc.is_valid(mapped)).to_numpy(zero_copy_only=False) & ~left_out
        rules.append((f"{column.name}: not {_KINDS[column.kind]}", ~lost))
        if column.required:
            empty = pc.is_null(mapped).to_numpy(zero_copy_only=False) & ~left_out
            rules.append((f"{column.name}: empty", ~empty))
        columns[column.name] = found
    tally.passed_over[f"{one.file}: left out by the mapping"] += int(left_out.sum())
    kept = pa.array(tally.passed(batch, rules) & ~left_out)
    columns = {name: values.filter(kept) for name, values in columns.items()}
    if one.table == "events":
        for pair in pc.value_counts(columns["code"].combine_chunks()).to_pylist():
            tally.codes[pair["values"]] += pair["counts"]
    draft.add(one.table, **columns)


def _theirs(batch: Batch, one: Read, column: Column) -> pa.ChunkedArray | None:
    """The column's cells as text: theirs, or the constant; None where the mapping has neither."""
    if column.name in one.columns:
        text = pc.utf8_trim_whitespace(batch.table[one.columns[column.name].lower().strip()])
        return pc.if_else(pc.equal(text, ""), None, text)
    if column.name in one.constants:
        return pa.chunked_array([pa.array([str(one.constants[column.name])] * len(batch), pa.string())])
    return None


def _mapped(text: pa.ChunkedArray, one: Read, name: str) -> pa.ChunkedArray:
    """Their values as ours; codes that the mapping does not name get the code system before them."""
    known = one.values.get(name, {})
    if not known and not (name == "code" and one.system):
        return text
    series = text.to_pandas()
    ours = series.map(known)
    rest = one.system + ":" + series if name == "code" and one.system else series
    return pa.chunked_array([pa.array(ours.fillna(rest), pa.string(), from_pandas=True)])


def _dated(text: pa.ChunkedArray, one: Read, column: Column) -> pa.ChunkedArray:
    """Times and dates in their format as ISO 8601; what does not fit stays as it is, and is then no time."""
    if column.name not in one.formats or column.kind not in ("instant", "date"):
        return text
    given = text.to_pandas()
    found = pd.to_datetime(given, format=one.formats[column.name], errors="coerce")
    iso = [
        None if pd.isna(was) else "?" if pd.isna(at) else at.isoformat() for was, at in zip(given, found, strict=True)
    ]
    return pa.chunked_array([pa.array(iso, pa.string())])
