"""The work shared with timeseriesflattener: counts of 20 codes over 5 windows, everything known at once.

`python -m tests.bench.counts RESIDENTS WEEKS EVENTS FOLDER` writes the input for peer.py and does the same work.
"""

import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.asof import DAY, instant
from features.block import build_block
from features.kernel import clock, compute, plan
from features.measures import Measure, Stat
from features.records import Records
from features.streams import Stream

from .measure import tell
from .peer import WINDOWS

CODES = tuple(f"c{i:02d}" for i in range(20))


def main(residents: int, weeks: int, events: int, folder: Path) -> None:
    rng = np.random.default_rng(1)
    as_ofs = [date(2025, 1, 6) + timedelta(weeks=k) for k in range(weeks)]
    entity = rng.integers(0, residents, events).astype(np.int32)
    code = rng.integers(0, len(CODES), events).astype(np.int16)
    start = instant(date(2024, 1, 1))
    moment = start + rng.integers(1, (52 + weeks) * 7 * DAY, events)
    _write(folder, entity, code, moment, as_ofs, residents)
    long_ago = np.full(events, np.iinfo(np.int64).min)
    never, nowhere = np.full(events, np.iinfo(np.int64).max), np.full(events, -1, np.int32)
    records = Records(CODES, entity, code, moment, long_ago, never, np.ones(events), nowhere)
    streams = {c: Stream(c, (c,), c, c, "gp") for c in CODES}
    ids = pa.array([f"r{i:06d}" for i in range(residents)])
    rows = np.repeat(np.arange(residents), weeks), np.tile(np.arange(weeks), residents)
    steps = plan([Measure(c, Stat.COUNT, w) for c in CODES for w in WINDOWS], CODES)
    when = clock(as_ofs, 0, steps.windows)
    compute(build_block(records, ids, streams), steps, when, rows[0][:10], rows[1][:10])  # compiled from the cache
    begin, cpu = time.perf_counter(), time.process_time()
    out = compute(build_block(records, ids, streams), steps, when, *rows)
    tell(compute=time.perf_counter() - begin, cpu=time.process_time() - cpu, rows=len(out), features=out.shape[1],
         total=int(out.sum(dtype=np.float64)))  # fmt: skip


def _write(
    folder: Path, entity: np.ndarray, code: np.ndarray, moment: np.ndarray, as_ofs: list[date], residents: int
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = np.array(CODES)[code]
    at = pa.array(moment, pa.timestamp("us"))
    events = pa.table({"entity_id": entity, "code": names, "timestamp": at, "value": np.ones(len(code))})
    pq.write_table(events, folder / "events.parquet")
    instants = np.tile([instant(a) for a in as_ofs], residents)
    times = pa.table(
        {
            "entity_id": np.repeat(np.arange(residents, dtype=np.int32), len(as_ofs)),
            "pred_timestamp": pa.array(instants, pa.timestamp("us")),
        }
    )
    pq.write_table(times, folder / "times.parquet")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:4]), Path(sys.argv[4]))
