"""The kernel alone: random events of many residents, a weekly panel, the first 150 measures of the catalogue.

`python -m tests.bench.kernel RESIDENTS WEEKS EVENTS` prints seconds to sort (records to block) and to compute.
"""

import sys
import time
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from features.asof import DAY, instant
from features.block import build_block
from features.catalogue import catalogue
from features.kernel import clock, compute, plan
from features.records import Records
from features.streams import RESIDENT_STREAMS

from .measure import tell

MEASURES = 150
GRACE = 6 * 3_600 * 1_000_000


def records(residents: int, weeks: int, events: int, seed: int = 1) -> Records:
    """Events of every base stream that the measures look at, over two years; a third recorded days later."""
    rng = np.random.default_rng(seed)
    wanted = {m.stream for m in catalogue().measures()[:MEASURES]}
    names = tuple(sorted({c for s in wanted for c in RESIDENT_STREAMS[s].concepts}))
    start = instant(date(2024, 1, 1))
    time_ = start + rng.integers(0, (52 + weeks) * 7 * DAY, events)
    late = np.where(rng.random(events) < 1 / 3, rng.integers(0, 10 * DAY, events), DAY // 24)
    return Records(
        names,
        np.sort(rng.integers(0, residents, events).astype(np.int32)),
        rng.integers(0, len(names), events).astype(np.int16),
        time_,
        time_ + late,
        np.full(events, np.iinfo(np.int64).max),
        rng.integers(0, 12, events).astype(float),
        np.full(events, -1, np.int32),
    )


def main(residents: int, weeks: int, events: int) -> None:
    ids = pa.array([f"r{i:07d}" for i in range(residents)])
    made = records(residents, weeks, events)
    measures = catalogue().measures()[:MEASURES]
    streams = {n: s for n, s in RESIDENT_STREAMS.items() if n in {m.stream for m in measures}}
    as_ofs = [date(2025, 1, 6) + timedelta(weeks=k) for k in range(weeks)]
    entity = np.repeat(np.arange(residents, dtype=np.int32), weeks)
    week = np.tile(np.arange(weeks, dtype=np.int32), residents)
    block = build_block(made, ids, streams)
    steps = plan(measures, block.streams)
    when = clock(as_ofs, GRACE, steps.windows)
    compute(block, steps, when, entity[:10], week[:10])  # compiled from the cache: loading it is no work of the kernel
    begin = time.perf_counter()
    block = build_block(made, ids, streams)
    sort = time.perf_counter() - begin
    del made
    begin, cpu = time.perf_counter(), time.process_time()
    out = compute(block, steps, when, entity, week)
    tell(sort=sort, compute=time.perf_counter() - begin, cpu=time.process_time() - cpu, rows=len(out),
         features=out.shape[1], events=events)  # fmt: skip


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:4]))
