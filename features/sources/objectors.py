"""GP records of people with a type 1 objection are left out, whatever the order in which the tables were read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..asof import NEVER
from ..codelists import concepts, resolve
from ..contract import INSTANT, TABLES
from ..history import Lags, with_recording_times
from ..streams import FEEDS
from ..visibility import known
from ..write import TableFile
from .cover import span


def without_objectors(folder: Path) -> int:
    """Write the events of `folder` again without GP records of who objects; how many there were."""
    against = _objectors(folder)
    if not len(against):
        return 0
    path, aside = folder / "events.parquet", folder / "events.kept.parquet"
    file, left_out = TableFile(aside, TABLES["events"].schema), 0
    with pq.ParquetFile(path) as events:
        for batch in events.iter_batches():
            table = pa.table(batch)
            out = pc.and_(pc.is_in(table["resident_id"], value_set=against), _from_gp(table))
            left_out += pc.sum(out).as_py() or 0
            kept = table.filter(pc.invert(out))
            if kept.num_rows:
                file.write({key: kept[key].combine_chunks() for key in kept.column_names})
    file.close()
    aside.replace(path)
    return left_out


def _objectors(folder: Path) -> pa.Array:
    """Residents whose type 1 objection still stood at the source's last event."""
    table, _ = with_recording_times(pq.read_table(folder / "objections.parquet"), "objections", Lags())
    table = table.filter(pc.equal(table["kind"], "type_1"))
    known_span, now = span(folder), datetime.now(UTC)
    last = pa.scalar(min(known_span[1], now) if known_span else now, INSTANT)  # one wrong year ends no objection
    told = known(table)
    stands = (told.since < NEVER) & (told.until == NEVER)
    ended = pc.fill_null(pc.less_equal(table["to"], last), False).to_numpy(zero_copy_only=False)
    return pc.unique(table["resident_id"].filter(pa.array(stands & ~ended)))


def _from_gp(events: pa.Table) -> pa.ChunkedArray:
    """Events that a practice recorded: by their source if that is a feed, else their concept's; unknown codes too."""
    feeds: Mapping[str, str] = {
        code: concepts()[name].feed if name else "gp" for code, name in resolve(events["code"]).items()
    }
    theirs = pa.array([code for code, feed in feeds.items() if feed == "gp"], pa.string())
    said = pc.is_in(events["source"], value_set=pa.array(list(FEEDS)))
    unsaid = pc.and_(pc.invert(said), pc.is_in(events["code"], value_set=theirs))
    return pc.or_(pc.fill_null(pc.equal(events["source"], "gp"), False), unsaid)
