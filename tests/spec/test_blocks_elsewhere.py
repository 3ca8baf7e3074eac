"""What docs/blocks.md tells other programs, done as it says, on a history to which records came later."""

import json
import pathlib
import re
from collections import Counter

import duckdb
import pandas
import pyarrow.dataset
import pytest
from histories import RESIDENT, STAY, write_history

from features.history import open_history
from features.store.appending import append
from features.store.making import make_store

PAGE = (pathlib.Path(__file__).parents[2] / "docs/blocks.md").read_text(encoding="utf-8")
PEOPLE = [f"r{i}" for i in range(30)]
NAMES = {"json": json, "pathlib": pathlib, "duckdb": duckdb, "pandas": pandas, "pyarrow": pyarrow}


def event(who, code, **more):
    return {"resident_id": who, "time": "2025-06-02T10:00+01:00", "code": code, "recorded_at": "2025-06-03"} | more


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = tmp_path_factory.mktemp("blocks")
    people = [RESIDENT | {"resident_id": who} for who in PEOPLE]
    events = [event(who, code, value=2.5) for who in PEOPLE for code in ("fall", "news2", "weight_kg")]
    make_store(write_history(root / "plain", residents=people, stays=[STAY], events=events), root / "store", people=10)
    later = write_history(root / "new", residents=[], stays=[], homes=[], events=[event("r1", "fall", text="later")])
    append(root / "store", later)
    return root / "store"


def told(kind: str, store: pathlib.Path) -> list[str]:
    """The page's examples of a kind, with the folder's name in place."""
    found = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return [example.replace("HISTORY", str(store)) for example in found]


def counted(rows) -> dict[str, int]:
    return {code: int(rows) for code, rows in rows}


def test_the_block_of_a_resident(store):
    names: dict = {}
    exec(told("python", store)[0], names)
    for path in (store / "events").iterdir():
        held = set(pandas.read_parquet(path)["resident_id"])
        assert {names["block"](who, 3) for who in held} == {int(path.name[6:10])}


def test_pandas_arrow_and_duckdb_read_the_files_as_they_stand(store):
    events = open_history(store)["events"]
    codes = Counter(events["code"].to_pylist())
    assert codes["fall"] == 31
    with_pandas, with_arrow = (eval(line, NAMES) for line in told("python", store)[1].splitlines())
    assert list(with_pandas.columns) == events.column_names
    assert Counter(with_pandas["code"]) == codes
    assert {*with_pandas["time"]} == {pandas.Timestamp("2025-06-02T09:00", tz="UTC")}
    assert with_arrow.column_names == ["resident_id", "time"]
    assert with_arrow.num_rows == len(events)
    (query,) = told("sql", store)
    assert counted(duckdb.sql(query).fetchall()) == codes
    typed = duckdb.sql(f"SELECT DISTINCT epoch_us(time), value, text FROM '{store}/events/*.parquet'").fetchall()
    at = int(pandas.Timestamp("2025-06-02T09:00", tz="UTC").timestamp() * 1e6)
    assert {*typed} == {(at, 2.5, None), (at, None, "later")}


def test_the_names_in_blocks_json_leave_out_what_is_no_part_of_the_history(store):
    left = store / "events/block-0000.v9.parquet"  # as a killed process leaves it
    left.write_bytes((store / "events/block-0000.parquet").read_bytes())
    *before, answer = told("python", store)[2].splitlines()
    names = dict(NAMES)
    exec("\n".join(before), names)
    assert str(left) not in names["files"]
    found = counted(eval(answer, names).fetchall())
    left.unlink()
    assert found == Counter(open_history(store)["events"]["code"].to_pylist())
