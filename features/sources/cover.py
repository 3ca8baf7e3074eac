"""How well a finished history is covered: lags of recording by source, and whose residents have records at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..codelists import concepts, resolve
from ..contract import INSTANT

_DAY = 86_400_000_000
_LONGEST = 3_650  # days; what is recorded later still counts as this
_RECENT = 28
_UNSAID = "not said"


@dataclass(frozen=True)
class Lag:
    """How long after an event a source recorded it: days by which half, and nine in ten, of `told` rows were recorded.

    `rows` are all of the source, also those without a time of recording.
    """

    source: str
    rows: int
    told: int
    half: float | None
    nine_in_ten: float | None


@dataclass(frozen=True)
class HomeCover:
    """Residents of a home on the last day, and the share of them with a record in the last 28 days, by feed."""

    home_id: str
    residents: int
    share: Mapping[str, float]


def span(folder: Path) -> tuple[datetime, datetime] | None:
    """First and last time of the events, from what Parquet notes of each group of rows; None without any."""
    with pq.ParquetFile(folder / "events.parquet") as file:
        at = file.schema_arrow.get_field_index("time")
        groups = [file.metadata.row_group(n).column(at).statistics for n in range(file.metadata.num_row_groups)]
    told = [one for one in groups if one is not None and one.has_min_max]
    return (min(one.min for one in told), max(one.max for one in told)) if told else None


def lags(folder: Path) -> tuple[Lag, ...]:
    """A line per source of the events, in order of its rows."""
    counts: dict[str, np.ndarray] = {}
    rows: dict[str, int] = {}
    for table in _batches(folder, ["source", "time", "recorded_at"]):
        days = _days_between(table)
        for name in pc.unique(table["source"]).to_pylist():
            here = _is(table["source"], name)
            label = name or _UNSAID
            rows[label] = rows.get(label, 0) + int(here.sum())
            found = np.bincount(days[here & (days >= 0)], minlength=_LONGEST + 1)
            counts[label] = counts.get(label, np.zeros(_LONGEST + 1, np.int64)) + found
    order = sorted(rows, key=lambda name: -rows[name])
    return tuple(
        Lag(name, rows[name], int(counts[name].sum()), _reached(counts[name], 0.5), _reached(counts[name], 0.9))
        for name in order
    )


def _days_between(table: pa.Table) -> np.ndarray:
    """Whole days from an event to its recording, -1 where that is not told; recorded before it happened is 0."""
    time, recorded = (pc.cast(table[name], pa.int64()) for name in ("time", "recorded_at"))
    days = pc.fill_null(pc.divide(pc.subtract(recorded, time), _DAY), -1).to_numpy(zero_copy_only=False)
    told = pc.is_valid(recorded).to_numpy(zero_copy_only=False)
    return np.where(told, np.clip(days, 0, _LONGEST), -1)


def _reached(counts: np.ndarray, share: float) -> float | None:
    if not counts.sum():
        return None
    return float(np.searchsorted(np.cumsum(counts), share * counts.sum()))


def home_covers(folder: Path) -> tuple[HomeCover, ...]:
    """A line per home with residents, by home_id."""
    stays = pq.read_table(folder / "stays.parquet", columns=["resident_id", "home_id", "moved_in", "moved_out"])
    known = span(folder)
    if known is None or not stays.num_rows:
        return ()
    last = pa.scalar(known[1], INSTANT)
    there = pc.and_(pc.less_equal(stays["moved_in"], last), pc.fill_null(pc.greater(stays["moved_out"], last), True))
    living = stays.filter(there).to_pandas().drop_duplicates("resident_id", keep="last")
    first = pc.subtract(last, pa.scalar(_RECENT * _DAY, pa.duration("us")))
    seen: dict[str, set[str]] = {}
    for table in _batches(folder, ["resident_id", "time", "code", "source"]):
        for feed, who in _recent(table, first):
            seen.setdefault(feed, set()).update(who)
    feeds = sorted(seen)
    homes = living.groupby("home_id")["resident_id"]
    return tuple(
        HomeCover(str(home), len(who), {feed: float(who.isin(seen[feed]).mean()) for feed in feeds})
        for home, who in homes
    )


def _recent(table: pa.Table, first: pa.Scalar) -> Iterator[tuple[str, list[str]]]:
    """Residents with a record since `first`, by feed: the record's own source, else its concept's feed."""
    table = table.filter(pc.greater_equal(table["time"], first))
    feed_of = {code: concepts()[name].feed for code, name in resolve(table["code"]).items() if name}
    codes = pc.unique(table["code"]).drop_null().to_pylist()
    for code in codes:
        here = table.filter(pc.equal(table["code"], code))
        feeds = pc.coalesce(here["source"], pa.scalar(feed_of.get(code, _UNSAID)))
        for feed in pc.unique(feeds).to_pylist():
            yield feed, pc.unique(here["resident_id"].filter(pc.equal(feeds, feed))).to_pylist()


def _is(values: pa.ChunkedArray, word: str | None) -> np.ndarray:
    same = pc.is_null(values) if word is None else pc.fill_null(pc.equal(values, word), False)
    return same.to_numpy(zero_copy_only=False)


def _batches(folder: Path, columns: list[str]) -> Iterator[pa.Table]:
    with pq.ParquetFile(folder / "events.parquet") as file:
        for batch in file.iter_batches(1 << 20, columns=columns):
            yield pa.table(batch)
