"""A MEDS folder as a history."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...contract import INSTANT, TABLES
from ...problems import HistoryError, Problem
from ..draft import Draft
from ..encounters import FROM_EMERGENCY, UNKNOWN_METHOD, day_ends, together, write_stays
from ..options import Options
from ..seen import runs, stays_of
from ..tally import Batch, Tally
from .rows import ADMISSION, BESIDE, BIRTH, DEATH, DISCHARGE, EVENTS, FIELDS, ROW, TABLE, rows_of

_WANTED = ("subject_id", "time", "code", "numeric_value", "text_value", TABLE, ROW, FIELDS)
_TYPES: Mapping[str, pa.DataType] = {
    "subject_id": pa.int64(),
    "time": pa.timestamp("us"),
    "code": pa.string(),
    "numeric_value": pa.float64(),
    "text_value": pa.string(),
    TABLE: pa.string(),
    ROW: pa.int64(),
    FIELDS: pa.string(),
}
_VALUES = {"value": "numeric_value", "text": "text_value"}
_CALENDAR = (pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC"))
_SEX = {"F": "F", "FEMALE": "F", "M": "M", "MALE": "M"}


def read(source: Path, draft: Draft, tally: Tally, options: Options) -> None:
    """Fill `draft` from the folder `source`. Raises HistoryError without data or for a file that breaks off."""
    files = sorted((source / "data").rglob("*.parquet"))
    if not files:
        raise HistoryError(
            [Problem("data", "", "there is no Parquet file", "error", 0, source.name, "Name the MEDS folder")]
        )
    parts = [_part(path, tally) for path in files]
    if all(FIELDS in part.column_names for part in parts):
        _ours(source, pa.concat_tables([part.select([TABLE, ROW, FIELDS]) for part in parts]), draft)
    else:
        _others(files, parts, draft, tally, options)


def _part(path: Path, tally: Tally) -> pa.Table:
    """A file's columns in the types of MEDS; those that hold the same in other types are cast."""
    try:
        file = pq.ParquetFile(path)
        table = file.read([name for name in _WANTED if name in file.schema_arrow.names])
    except (pa.ArrowException, OSError) as fault:
        raise HistoryError([Problem(path.name, "", "cannot be read", "error", 0, "", str(fault))]) from None
    tally.read[path.name] += table.num_rows
    missing = [name for name in ("subject_id", "time", "code") if name not in table.column_names]
    problems = [Problem(path.name, name, "column is missing", "error", 0) for name in missing]
    columns = {}
    for name in table.column_names:
        try:
            columns[name] = table[name].cast(_TYPES[name], safe=name != "numeric_value")
        except (pa.ArrowException, KeyError):
            says = f"is not {_TYPES[name]}, or stands twice"
            problems.append(
                Problem(path.name, name, says, "error", 0, str(table.schema.types), "See the schema of MEDS")
            )
    if problems:
        raise HistoryError(problems)
    return pa.table(columns)


def _ours(source: Path, rows: pa.Table, draft: Draft) -> None:
    """What `write` wrote: each row as it was, in its order. Raises HistoryError where it was changed."""
    draft.derived_before = True
    rows = rows.filter(pc.is_valid(rows[FIELDS]))
    try:
        for name in dict.fromkeys(told.table for told in EVENTS):
            here = rows.filter(pc.equal(rows[TABLE], name)).sort_by(ROW)
            table = rows_of(name, here[FIELDS])
            draft.add(name, **{column: table[column] for column in table.column_names})
        for name in BESIDE:
            table = pq.read_table(source / f"metadata/homeround/{name}.parquet")
            draft.add(name, **{column: table[column] for column in table.column_names})
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as fault:
        hint = f"It is not as `homeround export meds` wrote it: {fault}"
        raise HistoryError([Problem(name, "", "cannot be read", "error", 0, "", hint)]) from None


def _others(files: list[Path], parts: list[pa.Table], draft: Draft, tally: Tally, options: Options) -> None:
    parts = [part.select([name for name in _WANTED[:5] if name in part.column_names]) for part in parts]
    rows = pd.concat([part.to_pandas(integer_object_nulls=True) for part in parts], ignore_index=True)
    rows["time"] = rows["time"].dt.tz_localize("UTC")
    datable = rows["time"].isna() | rows["time"].between(*_CALENDAR)
    coded = (rows["code"].str.strip() != "") & rows["code"].notna()
    sound = rows[datable & coded]
    born, died = (sound[sound["code"] == code].groupby("subject_id")["time"].min() for code in (BIRTH, DEATH))
    told = sound[sound["time"].notna() & ~sound["code"].isin([BIRTH, DEATH])].groupby("subject_id")["time"].max()
    born_at, died_at, told_at = (each.reindex(rows["subject_id"]).set_axis(rows.index) for each in (born, died, told))
    rules = [
        ("no code", coded),
        ("time out of the calendar", datable),
        ("subject without a birth", born_at.notna()),
        ("subject who is in no event since birth", told_at >= born_at),
        ("subject who died before birth", ~(died_at < born_at)),
    ]
    good, first = [], 0
    for path, part in zip(files, parts, strict=True):
        here = slice(first, first := first + part.num_rows)
        good.append(
            tally.passed(Batch(path.name, 1, part), [(says, mask.to_numpy(bool)[here]) for says, mask in rules])
        )
    rows = rows[np.concatenate(good)]
    if not len(rows):
        raise HistoryError([Problem("data", "code", f"no subject has {BIRTH} and an event", "error", 0)])
    _write(rows, born[born.index.isin(rows["subject_id"])], died, draft, tally, options)


def _write(rows: pd.DataFrame, born: pd.Series, died: pd.Series, draft: Draft, tally: Tally, options: Options) -> None:
    died = day_ends(died.reindex(born.index), "UTC")
    sex = rows["code"].str.extract(r"^(?:SEX|GENDER)//(\w+)")[0].str.upper().map(_SEX)
    draft.add(
        "residents",
        resident_id=pa.array(born.index.astype(str), pa.string()),
        date_of_birth=pa.array(born.dt.date, pa.date32()),
        sex=pa.array(sex.groupby(rows["subject_id"]).first().reindex(born.index).fillna("X"), pa.string()),
        died_on=pa.array(died),
    )
    timed = rows[rows["time"].notna() & ~rows["code"].isin([BIRTH, DEATH])]
    _spells(timed, draft, options)
    died = died.set_axis(died.index.astype(str))
    at = pd.DataFrame({"person_id": timed["subject_id"].astype(str), "start": timed["time"], "end": timed["time"]})
    homes, stays = together(stays_of(runs(at, ["person_id"]), died, at["end"].max()))
    write_stays(draft, homes, stays, died)
    _events(timed[~timed["code"].str.startswith((ADMISSION, DISCHARGE))], draft, tally)


def _events(clinical: pd.DataFrame, draft: Draft, tally: Tally) -> None:
    codes = clinical["code"].str.replace("//", ":", n=1)
    for code, count in codes.value_counts().items():
        tally.codes[str(code)] += int(count)
    given = {ours: clinical[name] for ours, name in _VALUES.items() if name in clinical}
    draft.add(
        "events",
        resident_id=pa.array(clinical["subject_id"].astype(str), pa.string()),
        time=pa.array(clinical["time"]).cast(INSTANT),
        code=pa.array(codes, pa.string()),
        **{
            ours: pa.array(values, TABLES["events"].column(ours).type, from_pandas=True)
            for ours, values in given.items()
        },
    )


def _spells(timed: pd.DataFrame, draft: Draft, options: Options) -> None:
    """An admission and the subject's next discharge; one without stays open."""
    moves = timed[timed["code"].str.startswith((ADMISSION, DISCHARGE))]
    moves = moves.sort_values(["subject_id", "time"], kind="stable")
    into, subject = moves["code"].str.startswith(ADMISSION), moves["subject_id"]
    discharged_next = ~into.groupby(subject).shift(-1, fill_value=True)
    left = moves["time"].groupby(subject).shift(-1).where(discharged_next)[into]
    admitted = moves[into]
    number = admitted.groupby("subject_id").cumcount()
    rest = FROM_EMERGENCY if options.emergencies else UNKNOWN_METHOD
    urgent = admitted["code"].str.upper().str.contains("EMER|//ED$", regex=True)
    draft.add(
        "spells",
        spell_id=pa.array(admitted["subject_id"].astype(str) + "-" + number.astype(str), pa.string()),
        resident_id=pa.array(admitted["subject_id"].astype(str), pa.string()),
        admitted_at=pa.array(admitted["time"]),
        discharged_at=pa.array(left),
        admission_method=pa.array(np.where(urgent, FROM_EMERGENCY, rest), pa.string()),
    )
