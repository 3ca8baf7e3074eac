"""A history as a MEDS folder."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...contract import TABLES
from ...history import read_table
from ...problems import HistoryError
from ...write import whole_folder
from .rows import BESIDE, EVENTS, FIELDS, ROW, TABLE, events_of

_SUBJECTS = 20_000  # in one file


def write(history: Path, out: Path) -> dict[str, int]:
    """Write the pseudonymous tables of a history to the new folder `out`; rows by table of the history.

    Times of recording are those of the source, not the assumed ones. Raises HistoryError for a history that cannot be
    read, FileExistsError when `out` is there already.
    """
    names = (*BESIDE, *dict.fromkeys(told.table for told in EVENTS))
    tables, problems = {}, []
    for name in names:
        tables[name], found = read_table(history, TABLES[name])
        problems += [one for one in found if one.severity == "error"]
    if problems:
        raise HistoryError(problems)
    ids = sorted(set(tables["residents"]["resident_id"].to_pylist()))
    subject = {one: number for number, one in enumerate(ids, 1)}
    with whole_folder(out) as aside:
        (aside / "data").mkdir()
        (aside / "metadata/homeround").mkdir(parents=True)
        events = pa.concat_tables([events_of(told, tables[told.table], subject) for told in EVENTS])
        order = [("subject_id", "ascending"), ("time", "ascending"), (ROW, "ascending")]
        events = events.sort_by(order, null_placement="at_start")  # what holds at any time comes first
        for part, first in enumerate(range(1, len(ids) + 1, _SUBJECTS)):
            here = events.filter(_between(events["subject_id"], first, first + _SUBJECTS))
            pq.write_table(here, aside / f"data/{part}.parquet", compression="zstd")
        for name in BESIDE:
            pq.write_table(tables[name], aside / f"metadata/homeround/{name}.parquet")
        codes = sorted(set(events["code"].to_pylist()))
        empty = {
            "description": pa.nulls(len(codes), pa.string()),
            "parent_codes": pa.nulls(len(codes), pa.list_(pa.string())),
        }
        pq.write_table(pa.table({"code": pa.array(codes, pa.string()), **empty}), aside / "metadata/codes.parquet")
        told = {
            "dataset_name": "homeround resident history",
            "etl_name": "homeround",
            "meds_version": "0.4.0",
            "other_extension_columns": [TABLE, ROW, FIELDS],
        }
        (aside / "metadata/dataset.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return {name: table.num_rows for name, table in tables.items()}


def _between(values: pa.ChunkedArray, first: int, end: int) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(values, first), pc.less(values, end))
