"""timeseriesflattener on the same counts, in an environment of its own: it shares no dependency with homeround.

`python peer.py FOLDER` reads events.parquet (entity_id, code, timestamp, value) and times.parquet (entity_id,
pred_timestamp) and prints seconds. It knows no recording times, so all its records count from their own time.
"""

import datetime as dt
import json
import resource
import sys
import time
from pathlib import Path

WINDOWS = (7, 28, 91, 182, 364)


def main(folder: Path) -> None:
    import polars as pl
    from timeseriesflattener import CountAggregator, Flattener, PredictionTimeFrame, PredictorSpec, ValueFrame

    events, times = pl.read_parquet(folder / "events.parquet"), pl.read_parquet(folder / "times.parquet")
    specs = [
        PredictorSpec(
            ValueFrame(
                events.filter(pl.col("code") == code).select(
                    "entity_id", "timestamp", pl.col("value").alias(f"value_{code}")
                ),
                value_timestamp_col_name="timestamp",
            ),
            [dt.timedelta(days=w) for w in WINDOWS],
            [CountAggregator()],
            0,
        )
        for code in sorted(events["code"].unique().to_list())
    ]
    begin, cpu = time.perf_counter(), time.process_time()
    frame = Flattener(PredictionTimeFrame(times)).aggregate_timeseries(specs).df
    frame = frame.collect() if hasattr(frame, "collect") else frame
    counts = [c for c in frame.columns if c.startswith("pred_value")]
    told = {
        "compute": time.perf_counter() - begin,
        "cpu": time.process_time() - cpu,
        "rows": frame.height,
        "features": len(counts),
        "total": int(sum(frame[c].sum() for c in counts)),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
