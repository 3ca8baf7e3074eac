"""The check of a history in blocks says what the check of the same rows at once says."""

import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Case, cases

from features.check import Report, check, inspect
from features.contract import PSEUDONYMOUS, TABLES
from features.history import read_table
from features.store.blocks import block_of
from features.store.making import make_store

LESS = settings().max_examples // 6  # each example writes histories
PEOPLE = [f"r{i + 1}" for i in range(5)]

# What may be wrong with a row of any table that has the column: no rule of the check is without its fault.
FAULTS: dict[str, list] = {
    "resident_id": [None, "nobody", *PEOPLE],
    "home_id": [None, " ", "nowhere", "h2"],
    "code": [None, "", "fal", "unheard_of", "weight_kg", "outbreak"],
    "unit": ["stone", "kg", "g/dl"],
    "value": [99_999.0, -5.0, float("nan")],
    "record_id": [None, "a", "b"],
    "source": [None, "gp", "hospital"],
    "spell_id": ["s1", "s2"],
    "recorded_at": [None, timedelta(days=-900), timedelta(days=900)],
    "discharge_recorded_at": [None, timedelta(days=-900)],
    "time": [None, timedelta(days=-40_000), timedelta(days=900)],
    "moved_in": [None, timedelta(days=-40_000), timedelta(days=600)],
    "moved_out": [timedelta(days=-600)],
    "admitted_at": [None, timedelta(days=-90), timedelta(days=900)],
    "discharged_at": [None, timedelta(days=-900)],
    "died_on": [timedelta(days=-400), timedelta(days=9_000)],
    "date_of_birth": [None, timedelta(days=40_000)],
    "sex": ["W", "female", "m"],
    "stay_type": ["permanant", "forever"],
    "admission_method": ["2a", "99", "x", None],
    "primary_diagnosis": ["F03.9", "UTI"],
    "secondary_diagnoses": ["I50.1;xx", "N390"],
    "retracted": [True],
}


def faulty(rows: dict[str, list[dict]], pick: random.Random) -> dict[str, list[dict]]:
    """The rows with some faults: values that are wrong or missing, repeats, and ids that are NHS numbers."""
    out = {name: [dict(row) for row in rows[name]] for name in PSEUDONYMOUS}
    for some in out.values():
        for row in some:
            for column in sorted(set(row) & set(FAULTS)):
                if pick.random() < 0.08:
                    row[column] = changed(row[column], pick.choice(FAULTS[column]))
        some += [dict(row) for row in some if pick.random() < 0.2]
    if pick.random() < 0.2:
        mend = dict(zip(PEOPLE, ("9990000018", "9990000026", "9990000034"), strict=False))
        for row in (row for some in out.values() for row in some if row.get("resident_id") in mend):
            row["resident_id"] = mend[row["resident_id"]]
    if pick.random() < 0.1:
        out[pick.choice(("stays", "homes", "events", "spells"))] = []
    return out


def changed(value, fault):
    if not isinstance(fault, timedelta):
        return fault
    return None if value is None else value + fault


def written(folder: Path, rows: dict[str, list[dict]]) -> Path:
    folder.mkdir()
    for name in PSEUDONYMOUS:
        pq.write_table(pa.Table.from_pylist(rows[name], TABLES[name].schema), folder / f"{name}.parquet")
    return folder


def at_once(root: Path) -> Report:
    """The check of all rows of a history in blocks, in the order of the blocks."""
    read = {name: read_table(root, table) for name, table in TABLES.items()}
    return inspect({name: table for name, (table, _) in read.items()}, [p for _, some in read.values() for p in some])


def said(report: Report) -> dict:
    """A report without what tells in which order the rows came: examples, and the order of wrong values in a hint."""
    told = report.as_dict()
    problems = [
        {k: v for k, v in one.items() if k != "example" and (k != "hint" or one["rule"] != "value is not allowed")}
        for one in told["problems"]
    ]
    return told | {"problems": problems}


@settings(max_examples=LESS)
@given(case=cases(), seed=st.integers(0, 2**32))
def test_a_check_by_blocks_is_the_check_of_all_rows(case: Case, seed: int):
    rows = faulty(case.rows, random.Random(seed))
    with TemporaryDirectory() as folder:
        plain = written(Path(folder) / "plain", rows)
        whole = check(plain)
        for blocks in (1, 3, 7):
            people = max(len(rows["residents"]), 1) / blocks
            root = Path(folder) / f"in-{blocks}"
            assert make_store(plain, root, people=people).blocks == blocks or not rows["residents"]
            report = check(root)
            assert report == at_once(root)
            assert said(report) == said(whole)


def test_the_residents_of_these_histories_are_in_several_blocks():
    assert len(set(block_of(pa.array(PEOPLE), 7).tolist())) > 2
