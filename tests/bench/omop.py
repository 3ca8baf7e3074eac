"""An OMOP folder of 2,000 people and a million measurements becomes a history.

`python -m tests.bench.omop ROWS FOLDER` makes the folder (seeded, no part of what is measured) and imports it.
"""

import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv

from features.sources.importing import import_history

from .measure import tell

PEOPLE = 2_000
CODES = ("29463-7", "8480-6", "8867-4", "9279-1", "59408-5", "8310-5")
START = np.datetime64("2020-01-01T00:00:00")


def make(folder: Path, rows: int) -> None:
    """Person, observation_period, visit_occurrence and measurement as CSV, ids beyond 2^53."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    people = 2**53 + 1 + np.arange(PEOPLE)
    _write(folder, "person", person_id=people, gender_concept_id=rng.choice([8507, 8532], PEOPLE),
           year_of_birth=rng.integers(1925, 1950, PEOPLE))  # fmt: skip
    _write(folder, "observation_period", person_id=people,
           observation_period_start_date=np.full(PEOPLE, "2020-01-01"), observation_period_end_date=np.full(PEOPLE, "2022-12-31"))  # fmt: skip
    visits, stay = 5 * PEOPLE, START + rng.integers(0, 1_000 * 86_400, 5 * PEOPLE)
    _write(folder, "visit_occurrence", visit_occurrence_id=2**54 + np.arange(visits), person_id=np.repeat(people, 5),
           visit_concept_id=rng.choice([9201, 9202, 9203], visits), visit_start_date=stay.astype("datetime64[D]"),
           visit_start_datetime=stay, visit_end_datetime=stay + 86_400)  # fmt: skip
    at, code = START + rng.integers(0, 1_000 * 86_400, rows), rng.integers(0, len(CODES), rows)
    _write(folder, "measurement", measurement_id=2**55 + np.arange(rows), person_id=people[rng.integers(0, PEOPLE, rows)],
           measurement_concept_id=3_000_000 + code, measurement_date=at.astype("datetime64[D]"), measurement_datetime=at,
           value_as_number=np.round(rng.uniform(5, 200, rows), 1), unit_source_value=np.full(rows, "kg"),
           visit_occurrence_id=2**54 + rng.integers(0, visits, rows), measurement_source_value=np.array(CODES)[code],
           measurement_source_concept_id=np.zeros(rows, int))  # fmt: skip


def _write(folder: Path, name: str, **columns: np.ndarray) -> None:
    csv.write_csv(pa.table(columns), folder / f"{name}.csv")


def main(rows: int, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    make(folder / "omop", rows)
    begin, cpu = time.perf_counter(), time.process_time()
    report = import_history("omop", folder / "omop", folder / "history")
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    read = sum(report.read.values())
    shutil.rmtree(folder)
    tell(seconds=seconds, cpu=cpu, rows=read, rows_per_second=read / seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
