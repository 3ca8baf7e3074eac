"""Rows of the contract as MEDS events, and back: which instant and code stand for a row, and all of it beside them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ...contract import INSTANT, TABLES

TABLE, ROW, FIELDS = "homeround_table", "homeround_row", "homeround_fields"
BIRTH, DEATH = "MEDS_BIRTH", "MEDS_DEATH"
ADMISSION, DISCHARGE = "HOSPITAL_ADMISSION", "HOSPITAL_DISCHARGE"
SCHEMA = pa.schema(
    [
        ("subject_id", pa.int64()),
        ("time", pa.timestamp("us")),
        ("code", pa.string()),
        ("numeric_value", pa.float32()),
        ("text_value", pa.large_string()),
        (TABLE, pa.string()),
        (ROW, pa.int64()),
        (FIELDS, pa.string()),
    ]
)


@dataclass(frozen=True)
class Told:
    """How rows of a table become events: the column of the instant, the code, and whether the whole row goes along."""

    table: str
    time: str
    code: str
    of: str = ""  # a column that follows the code
    whole: bool = False


EVENTS = (
    Told("residents", "date_of_birth", BIRTH, whole=True),
    Told("residents", "", "SEX", "sex"),
    Told("residents", "died_on", DEATH),
    Told("stays", "moved_in", "CARE_HOME_IN", "home_id", whole=True),
    Told("stays", "moved_out", "CARE_HOME_OUT", "home_id"),
    Told("spells", "admitted_at", ADMISSION, "admission_method", whole=True),
    Told("spells", "discharged_at", DISCHARGE, "discharge_destination"),
    Told("objections", "from", "OBJECTION", "kind", whole=True),
    Told("events", "time", "", "code", whole=True),
)
BESIDE = ("homes", "home_events")  # not of a subject: written beside the events


def events_of(told: Told, table: pa.Table, subject: Mapping[str, int]) -> pa.Table:
    """MEDS rows of one kind; rows without the instant have none, but for what holds at any time."""
    rows = pa.array(range(table.num_rows), pa.int64())
    if told.time:
        present = pc.is_valid(table[told.time])
        table, rows = table.filter(present), rows.filter(present.combine_chunks())
        time = table[told.time].cast(INSTANT if told.time != "date_of_birth" else pa.timestamp("us")).cast(pa.int64())
    else:
        time = pa.chunked_array([pa.nulls(table.num_rows, pa.int64())])
    numeric = "value" in table.column_names
    columns = {
        "subject_id": pa.array([subject[one] for one in table["resident_id"].to_pylist()], pa.int64()),
        "time": time.cast(pa.timestamp("us")),
        "code": _code(told, table),
        "numeric_value": table["value"].cast(pa.float32(), safe=False) if numeric else _none(table, pa.float32()),
        "text_value": table["text"].cast(pa.large_string())
        if "text" in table.column_names
        else _none(table, pa.large_string()),
        TABLE: pa.array([told.table] * table.num_rows, pa.string()),
        ROW: rows,
        FIELDS: pa.array(_fields(table), pa.string()) if told.whole else _none(table, pa.string()),
    }
    return pa.table({field.name: columns[field.name] for field in SCHEMA}, schema=SCHEMA)


def _none(table: pa.Table, kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.nulls(table.num_rows, kind)])


def _code(told: Told, table: pa.Table) -> pa.ChunkedArray:
    if not told.of:
        return pa.chunked_array([pa.array([told.code] * table.num_rows, pa.string())])
    follows = pc.replace_substring(pc.fill_null(table[told.of], ""), ":", "//", max_replacements=1)
    return pc.binary_join_element_wise(told.code, follows, "//") if told.code else follows


def _fields(table: pa.Table) -> Iterator[str]:
    """Each row as JSON, times as microseconds; what is missing is left out."""
    plain = pa.table({n: _plain(table[n]) for n in table.column_names})
    for batch in plain.to_batches():
        for row in batch.to_pylist():
            yield json.dumps({key: value for key, value in row.items() if value is not None}, separators=(",", ":"))


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.int64())
    return values.cast(pa.int32()) if pa.types.is_date32(values.type) else values


def rows_of(name: str, fields: pa.ChunkedArray) -> pa.Table:
    """Rows of a table of the contract from their JSON."""
    schema = TABLES[name].schema
    found = [json.loads(text) for text in fields.to_pylist()]
    columns = {}
    for field in schema:
        kind = pa.int64() if pa.types.is_timestamp(field.type) else field.type
        kind = pa.int32() if pa.types.is_date32(field.type) else kind
        columns[field.name] = pa.array([row.get(field.name) for row in found], kind).cast(field.type)
    return pa.table(columns, schema=schema)
