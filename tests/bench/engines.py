"""pandas and DuckDB on the counts of counts.py: `python -m tests.bench.engines pandas|duckdb FOLDER`.

Each makes one row a resident and Monday and one column a code and window, as the kernel does; everything counts from its own time.
"""

import sys
import time
from pathlib import Path

import pandas as pd

from .measure import tell
from .peer import WINDOWS


def by_pandas(folder: Path) -> pd.DataFrame:
    """Every pair of a Monday and an event of the resident, counted by window."""
    events, times = (pd.read_parquet(folder / f"{name}.parquet") for name in ("events", "times"))
    pairs = times.merge(events, on="entity_id")
    age = pairs["pred_timestamp"] - pairs["timestamp"]
    key = ["entity_id", "pred_timestamp", "code"]
    found = {}
    for window in WINDOWS:
        inside = pairs[(age > pd.Timedelta(0)) & (age <= pd.Timedelta(days=window))]
        found[window] = inside.groupby(key, observed=True).size().unstack("code", fill_value=0)
    wide = pd.concat(found, axis=1)
    return wide.reindex(pd.MultiIndex.from_frame(times), fill_value=0).fillna(0)


def by_duckdb(folder: Path) -> pd.DataFrame:
    """One query counts each code by window over the events of the year before each Monday; pandas makes it wide."""
    import duckdb

    counts = ", ".join(
        f"count(*) FILTER (timestamp >= pred_timestamp - INTERVAL {window} DAY) AS w{window}" for window in WINDOWS
    )
    long = duckdb.sql(
        f"""SELECT entity_id, pred_timestamp, code, {counts}
        FROM '{folder}/times.parquet' JOIN '{folder}/events.parquet' USING (entity_id)
        WHERE timestamp < pred_timestamp AND timestamp >= pred_timestamp - INTERVAL {max(WINDOWS)} DAY GROUP BY ALL"""
    ).df()
    return long.set_index(["entity_id", "pred_timestamp", "code"]).unstack("code", fill_value=0)


ENGINES = {"pandas": by_pandas, "duckdb": by_duckdb}


def main(engine: str, folder: Path) -> None:
    begin, cpu = time.perf_counter(), time.process_time()
    found = ENGINES[engine](folder)
    tell(compute=time.perf_counter() - begin, cpu=time.process_time() - cpu, rows=len(found), features=found.shape[1],
         total=int(found.to_numpy().sum()))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
