"""Anticholinergic burden where a source has medicine records and states no score: events worked out from issues.

A value takes place when a listed medicine is issued or its course ends, and rests on the records of the last 90 days.
That nothing was issued since is told by silence, which a feed that has stopped keeps too: so a 0 takes place at the
list's next record of any kind, and not before. A list is the records of one resident by one source, for they share
its lag. What a ward gives (source `hospital`) is no medicine of the home.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from ..asof import NEVER
from ..codelists import resolve
from ..codelists.anticholinergic import Scored, burdens
from ..contract import TABLES
from ..history import Lags, with_recording_times
from ..visibility import known, micros
from ..write import TableFile, instant_array
from .burden import Issues, burden, lapses
from .tally import Tally

CONCEPT = "acb_score"
_SCHEMA = TABLES["events"].schema
_MARK = "\x1f"  # between resident and source
_BATCH = 1 << 18


@dataclass(frozen=True)
class Medicines:
    """Records of listed medicines as they stand at the end, the list of each by number, and whose the lists are."""

    table: pa.Table
    whose: np.ndarray
    lists: Sequence[str]


def derive(folder: Path, tally: Tally) -> dict[str, int]:
    """Add `acb_score` events to those in `folder` for residents of whom none is stated; the table's rows if any came.

    A value is never visible before a record on which it rests: its recording is the latest of theirs, and missing
    where they do not say, so that the source's lag stands in. Where some say and some do not, neither may be late
    enough, and the value is left out.
    """
    path = folder / "events.parquet"
    codes = _codes(path)
    found = _medicines(path, codes) if burdens(codes) else None
    if found is None or not len(found.whose):
        return {}
    values = burden(_issues(found))
    values = pd.concat([values, _silences(path, found, lapses(values))], ignore_index=True)
    unsure = values["unsaid"] & (values["latest"] > values["time"])
    tally.passed_over["anticholinergic burden: not all medicine records say when they were recorded"] += int(
        unsure.sum()
    )
    values = values[~unsure].sort_values(["whose", "time"], kind="stable")
    people = len(pc.unique(found.table["resident_id"]))
    tally.notes.append(
        f"anticholinergic burden worked out for {people:,} residents from {len(found.whose):,} medicine records"
    )
    return {"events": _append(path, _events(values, found.lists))}


def _medicines(path: Path, codes: Sequence[str]) -> Medicines:
    """Records that were withdrawn, or that a later version replaced, count for nothing."""
    events = ds.dataset(path, format="parquet")
    stated = pa.array([code for code, concept in resolve(codes).items() if concept == CONCEPT], pa.string())
    who_states = pc.unique(events.to_table(["resident_id"], filter=ds.field("code").isin(stated))["resident_id"])
    listed = ds.field("code").isin(list(burdens(codes)))
    theirs = ~ds.field("resident_id").isin(who_states) & ~_is_hospital()
    rows = events.to_table(filter=listed & theirs)
    records = pc.unique(rows["record_id"]).drop_null()
    if len(records):  # a later version may name another medicine
        other = events.to_table(filter=~listed & theirs & ds.field("record_id").isin(records))
        rows = pa.concat_tables([rows, other])
    told = known(with_recording_times(rows, "events", Lags())[0])
    lasting = pc.and_(pa.array((told.since < NEVER) & (told.until == NEVER)), _is_listed(rows["code"]))
    rows = rows.filter(lasting)
    whose, lists = pd.factorize(_lists(rows).to_numpy(zero_copy_only=False), sort=True)
    return Medicines(rows, whose, lists)


def _codes(path: Path) -> list[str]:
    seen: set[str] = set()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH, columns=["code"]):
            seen |= set(pc.unique(batch["code"]).to_pylist())
    return sorted(seen)


def _is_hospital() -> ds.Expression:
    return pc.coalesce(ds.field("source"), pc.scalar("")) == "hospital"


def _is_listed(codes: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(codes, value_set=pa.array(list(burdens(codes.unique().to_pylist())), pa.string()))


def _lists(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["resident_id"], pc.fill_null(rows["source"], ""), _MARK)


def _issues(found: Medicines) -> Issues:
    """A value of 0 ends a course, as it ends a state."""
    code = found.table["code"].combine_chunks().dictionary_encode()
    scored = burdens(code.dictionary.to_pylist())
    rows: list[Scored] = [scored[one] for one in code.dictionary.to_pylist()]
    at, number = code.indices.to_numpy(), {drug: n for n, drug in enumerate(sorted({row.drug for row in rows}))}
    ended = pc.fill_null(pc.equal(found.table["value"], 0), False).to_numpy(zero_copy_only=False)
    return Issues(
        whose=found.whose,
        time=micros(found.table["time"]),
        drug=np.array([number[row.drug] for row in rows])[at],
        score=np.array([row.score for row in rows])[at],
        issued=~ended,
        recorded=micros(found.table["recorded_at"]),
    )


def _silences(path: Path, found: Medicines, gaps: pd.DataFrame) -> pd.DataFrame:
    """A 0 at the first record of a list after nothing was issued for 90 days, and before the next issue.

    It rests on that record and on those of the value that it ends.
    """
    gaps = gaps.sort_values("lapse", ignore_index=True)
    gaps["gap"] = gaps.index
    people = pa.array(sorted({found.lists[one].partition(_MARK)[0] for one in gaps["whose"]}), pa.string())
    wanted = ds.field("resident_id").isin(people) & ~_is_hospital()
    columns = ["resident_id", "source", "time", "recorded_at"]
    parts = []
    for batch in ds.dataset(path, format="parquet").to_batches(columns=columns, filter=wanted, batch_size=_BATCH):
        later = _later(pa.table(batch), found.lists)
        met = pd.merge_asof(later, gaps[["whose", "lapse", "gap"]], left_on="at", right_on="lapse", by="whose")
        met = met.dropna(subset=["gap"]).astype({"gap": np.int64}).drop_duplicates("gap")
        parts.append(met[met["at"].to_numpy() < gaps["until"].to_numpy()[met["gap"]]])
    met = pd.concat(parts).sort_values(["gap", "at", "recorded"]).drop_duplicates("gap")
    ended = gaps.iloc[met["gap"]].reset_index(drop=True)
    at, recorded = met["at"].to_numpy(), met["recorded"].to_numpy()
    latest = np.where(recorded == NEVER, ended["latest"], np.maximum(ended["latest"], recorded))
    return ended.assign(time=at, value=0.0, latest=latest, unsaid=ended["unsaid"] | (recorded == NEVER))


def _later(rows: pa.Table, lists: Sequence[str]) -> pd.DataFrame:
    whose = pc.fill_null(pc.index_in(_lists(rows), value_set=pa.array(lists, pa.string())), -1)
    columns = {"whose": whose.to_numpy().astype(np.int64), "at": micros(rows["time"])}
    return pd.DataFrame(columns | {"recorded": micros(rows["recorded_at"])}).sort_values(["at", "recorded"])


def _events(values: pd.DataFrame, lists: Sequence[str]) -> pa.Table:
    """Rows of the contract; a derived value is no version of any record."""
    names = [lists[one].partition(_MARK) for one in values["whose"]]
    recorded = np.where(values["unsaid"], NEVER, values["latest"])
    said = {
        "resident_id": pa.array([who for who, _, _ in names], pa.string()),
        "time": instant_array(values["time"].to_numpy()),
        "code": pa.array([CONCEPT] * len(names), pa.string()),
        "value": pa.array(values["value"], pa.float64()),
        "text": pa.array(["derived"] * len(names), pa.string()),
        "unit": pa.array(["score"] * len(names), pa.string()),
        "recorded_at": instant_array(recorded),
        "source": pa.array([source or None for _, _, source in names], pa.string()),
    }
    return pa.table(said)


def _append(path: Path, more: pa.Table) -> int:
    aside = path.with_name("events.more.parquet")
    file = TableFile(aside, _SCHEMA)
    with pq.ParquetFile(path) as events:
        for batch in events.iter_batches(_BATCH):
            file.write({name: batch[name] for name in batch.schema.names})
    file.write({name: more[name].combine_chunks() for name in more.column_names})
    file.close()
    aside.replace(path)
    return file.rows
