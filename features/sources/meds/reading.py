"""A MEDS folder as a history."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...contract import INSTANT
from ...problems import HistoryError, Problem
from ..draft import Draft
from ..encounters import FROM_EMERGENCY, UNKNOWN_METHOD, one_home, write_stays
from ..options import Options
from ..tally import Batch, Tally
from .rows import ADMISSION, BESIDE, BIRTH, DEATH, DISCHARGE, EVENTS, FIELDS, ROW, TABLE, rows_of

_WANTED = ("subject_id", "time", "code", "numeric_value", "text_value", TABLE, ROW, FIELDS)
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
    try:
        file = pq.ParquetFile(path)
        table = file.read([name for name in _WANTED if name in file.schema_arrow.names])
    except (pa.ArrowException, OSError) as fault:
        raise HistoryError([Problem(path.name, "", "cannot be read", "error", 0, "", str(fault))]) from None
    tally.read[path.name] += table.num_rows
    missing = [name for name in ("subject_id", "time", "code") if name not in table.column_names]
    if missing:
        raise HistoryError([Problem(path.name, name, "column is missing", "error", 0) for name in missing])
    return table


def _ours(source: Path, rows: pa.Table, draft: Draft) -> None:
    """What `write` wrote: each row as it was, in its order."""
    rows = rows.filter(pc.is_valid(rows[FIELDS]))
    for name in dict.fromkeys(told.table for told in EVENTS):
        here = rows.filter(pc.equal(rows[TABLE], name)).sort_by(ROW)
        table = rows_of(name, here[FIELDS])
        draft.add(name, **{column: table[column] for column in table.column_names})
    for name in BESIDE:
        table = pq.read_table(source / f"metadata/homeround/{name}.parquet")
        draft.add(name, **{column: table[column] for column in table.column_names})


def _others(files: list[Path], parts: list[pa.Table], draft: Draft, tally: Tally, options: Options) -> None:
    frames = [
        part.select([n for n in _WANTED[:5] if n in part.column_names]).to_pandas().assign(file=path.name)
        for path, part in zip(files, parts, strict=True)
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows["time"] = pd.to_datetime(rows["time"], utc=True)
    born = rows[rows["code"] == BIRTH].groupby("subject_id")["time"].min()
    died = rows[rows["code"] == DEATH].groupby("subject_id")["time"].min().reindex(born.index)
    batch = Batch("data", 1, pa.table({"code": pa.array(rows["code"], pa.string())}))
    good = tally.passed(batch, [("subject without a birth", rows["subject_id"].isin(born.index).to_numpy())])
    rows = rows[good]
    sex = rows["code"].str.extract(r"^(?:SEX|GENDER)//(\w+)")[0].str.upper().map(_SEX)
    draft.add(
        "residents",
        resident_id=pa.array(born.index.astype(str)),
        date_of_birth=pa.array(born.dt.date),
        sex=pa.array(sex.groupby(rows["subject_id"]).first().reindex(born.index).fillna("X")),
        died_on=pa.array(died),
    )
    timed = rows[rows["time"].notna() & ~rows["code"].isin([BIRTH, DEATH])]
    _spells(timed, draft, options)
    span = timed.groupby("subject_id")["time"].agg(["min", "max"])
    stays = pd.DataFrame(
        {"person_id": span.index.astype(str), "moved_in": span["min"].array, "moved_out": span["max"].array}
    )
    homes, stays = one_home(stays)
    tally.notes.append("where subjects live is not said: everyone stands as one home from the first event on")
    write_stays(draft, homes, stays, died.set_axis(died.index.astype(str)))
    clinical = timed[~timed["code"].str.startswith((ADMISSION, DISCHARGE))]
    codes = clinical["code"].str.replace("//", ":", n=1)
    for code, count in codes.value_counts().items():
        tally.codes[str(code)] += int(count)
    value = clinical["numeric_value"].astype("float64") if "numeric_value" in clinical else pd.Series(dtype="float64")
    draft.add(
        "events",
        resident_id=pa.array(clinical["subject_id"].astype(str)),
        time=pa.array(clinical["time"]).cast(INSTANT),
        code=pa.array(codes, pa.string()),
        value=pa.array(value.reindex(clinical.index), from_pandas=True),
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
