"""What lists and reviews do to an invented region, against the same region without them: a table of docs/synthetic.md."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from features.synthetic import CLEAN, Reviews, Size, Truth, synthesise

SIZE, TRUTH = Size(homes=359, weeks=60, residents=10_000, seed=3), Truth(weeks=1, paths=50)
BEGIN = 44
CASES = {
    "no effect": Reviews(1.0, 0.1, begin=BEGIN, steps=1),
    "10 % fewer": Reviews(0.9, 0.1, begin=BEGIN, steps=1),
    "27 % fewer": Reviews(0.73, 0.1, begin=BEGIN, steps=1),
    "27 % fewer, lists by chance": Reviews(0.73, 0.1, error=100.0, begin=BEGIN, steps=1),
    "27 % fewer, everyone reviewed": Reviews(0.73, 1.0, done=1.0, begin=BEGIN, steps=1),
    "27 % fewer, four groups of homes": Reviews(0.73, 0.1, begin=BEGIN, steps=4, step_weeks=8),
    "harm: 10 % more": Reviews(1.1, 0.1, begin=BEGIN, steps=1),
}


def rows(folder: Path) -> Iterator[str]:
    """A line for each case; the random numbers are the same, so that only reviews make a difference."""
    never = _admissions(folder, Reviews())
    for name, reviews in CASES.items():
        found = _admissions(folder, reviews)
        listed = pq.read_table(folder / "reviews.parquet")
        done = listed.num_rows - listed["reviewed_at"].null_count
        yield f"| {name} | {listed.num_rows:,} | {done:,} | {found:,} | {100 * (found / never - 1):+.1f} % |"
    yield f"| no lists | 0 | 0 | {never:,} | |"
    shutil.rmtree(folder)


def _admissions(folder: Path, reviews: Reviews) -> int:
    """Emergency admissions since the first homes' lists began."""
    synthesise(folder, SIZE, TRUTH, CLEAN, reviews)
    spells = pq.read_table(folder / "spells.parquet", columns=["admitted_at", "admission_method"]).to_pandas()
    since = pd.Timestamp(SIZE.end - timedelta(weeks=BEGIN), tz="UTC")
    return int((spells["admission_method"].str.startswith("2") & (spells["admitted_at"] >= since)).sum())
