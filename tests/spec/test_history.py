"""Reading a history: files as sites send them, times as people write them."""

import codecs
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from histories import HOME, RESIDENT, STAY, history_of, write_history

from features.check import check
from features.contract import TABLES
from features.history import Lags, digest, open_history
from features.problems import HistoryError

FILES = {
    "homes.csv": "home_id,name,home_type,beds,practice,pcn\nh1,Elm House,residential,30,p1,n1\n",
    "residents.csv": "resident_id,date_of_birth,sex,died_on\nr1,1938-07-14,F,NULL\n",
    "stays.csv": "resident_id,home_id,moved_in,moved_out,recorded_at\nr1,h1,2025-01-06,,2025-01-07\n",
    "spells.csv": "spell_id,resident_id,admitted_at,admission_method\n",
    "events.csv": 'resident_id,time,code,value,text,recorded_at\nr1,2025-06-02T10:00,fall,1,"in the hall, by night",'
    "2025-06-02T11:00\n",
}


def csv_history(root, **changed):
    root.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES | {f"{table}.csv": text for table, text in changed.items()}).items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_csv_files_are_read_and_accepted(tmp_path):
    root = csv_history(tmp_path)
    history = open_history(root)
    row = history["events"].to_pylist()[0]
    assert (row["time"], row["value"], row["text"]) == (utc(2025, 6, 2, 9), 1.0, "in the hall, by night")
    assert row["record_id"] is None
    assert history["residents"]["died_on"].null_count == 1
    assert check(root).problems == ()


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    root = csv_history(tmp_path)
    for name, text in FILES.items():
        (root / name).write_bytes(codecs.BOM_UTF8 + text.encode())
    assert check(root).problems == ()
    assert open_history(root)["events"]["resident_id"].to_pylist() == ["r1"]


@pytest.mark.parametrize(
    ("table", "header", "column", "severity", "hint"),
    [
        ("events", "resident,time,code", "resident_id", "error", "your column 'resident'"),
        ("events", "resident_id,time,codes", "code", "error", "your column 'codes'"),
        ("events", "resident_id,time,code,recordedat", "recordedat", "warning", "'recorded_at'"),
        ("events", "resident_id,time,code,shoe_size", "shoe_size", "warning", "ignored"),
    ],
)
def test_columns_nobody_knows_are_told_with_the_nearest_name(table, header, column, severity, hint, tmp_path):
    values = ("r1", "2025-06-02T10:00", "fall", "2025-06-03")
    row = ",".join(values[: header.count(",") + 1])
    report = check(csv_history(tmp_path, **{table: f"{header}\n{row}\n"}))
    problem = next(p for p in report.problems if (p.table, p.column, p.severity) == (table, column, severity))
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-07-01T09:30", utc(2026, 7, 1, 8, 30)),
        ("2026-12-01T09:30", utc(2026, 12, 1, 9, 30)),
        ("2026-12-01", utc(2026, 12, 1)),
        ("2026-07-01", utc(2026, 6, 30, 23)),
        ("2026-07-01 09:30:15.250", utc(2026, 7, 1, 8, 30, 15, 250000)),
        ("2026-07-01T09:30Z", utc(2026, 7, 1, 9, 30)),
        ("2026-07-01T09:30:00+02:00", utc(2026, 7, 1, 7, 30)),
        ("2026-03-29T00:59", utc(2026, 3, 29, 0, 59)),
        ("2026-03-29T01:30", utc(2026, 3, 29, 1)),  # skipped: the first instant there is
        ("2026-03-29T02:00", utc(2026, 3, 29, 1)),
        ("2026-10-25T01:30", utc(2026, 10, 25, 0, 30)),  # twice: the first of the two
        ("2026-10-25T02:00", utc(2026, 10, 25, 2)),
    ],
)
def test_times_without_a_zone_are_london_time(written, meant, tmp_path):
    other = "2026-07-01T12:00Z"  # zoned and zoneless times may stand in one column
    rows = f"resident_id,time,code\nr1,{written},fall\nr1,{other},fall\n"
    times = open_history(csv_history(tmp_path, events=rows))["events"]["time"].to_pylist()
    assert times == [meant, utc(2026, 7, 1, 12)]


@pytest.mark.parametrize("written", ["02/06/2025", "yesterday", "2025-13-01", "1748858400"])
def test_times_that_are_not_iso_are_refused_with_an_example(written, tmp_path):
    root = csv_history(tmp_path, events=f"resident_id,time,code\nr1,{written},fall\nr1,2025-06-02,fall\n")
    with pytest.raises(HistoryError) as refused:
        open_history(root)
    (problem,) = refused.value.problems
    assert (problem.column, problem.rule, problem.rows, problem.example) == ("time", "not a time", 1, repr(written))
    assert "ISO 8601" in problem.hint


def test_parquet_times_without_a_zone_are_london_time_too(tmp_path):
    write_history(tmp_path)
    naive = pa.array([datetime(2026, 7, 1, 9, 30)], pa.timestamp("ms"))
    events = pa.table({"resident_id": pa.array(["r1"]).dictionary_encode(), "time": naive, "code": ["fall"]})
    pq.write_table(events, tmp_path / "events.parquet")
    assert open_history(tmp_path)["events"]["time"].to_pylist() == [utc(2026, 7, 1, 8, 30)]


def test_optional_tables_may_be_absent_and_any_table_empty(tmp_path):
    history = open_history(write_history(tmp_path))
    assert [n for n in history.tables if not history[n].num_rows] == ["home_events", "spells", "events", "objections"]
    assert all(history[n].schema.equals(TABLES[n].schema) for n in history.tables)
    assert check(tmp_path).problems == ()


def test_identities_are_never_opened_with_a_history(tmp_path):
    (tmp_path / "identities.csv").write_text("anything\n")
    assert "identities" not in history_of(tmp_path).tables


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_may_be_a_folder_of_files(suffix, tmp_path):
    root = csv_history(tmp_path)
    (root / "events.csv").unlink()
    (root / "events").mkdir()
    for i, code in enumerate(("fall", "news2")):
        rows = {"resident_id": ["r1"], "time": ["2025-06-02"], "code": [code]}
        if suffix == "parquet":
            pq.write_table(pa.table(rows), root / "events" / f"{i}.parquet")
        else:
            text = "\n".join([",".join(rows), ",".join(v[0] for v in rows.values())])
            (root / "events" / f"{i}.csv").write_text(text + "\n")
    assert open_history(root)["events"]["code"].to_pylist() == ["fall", "news2"]


def test_a_history_that_cannot_be_typed_is_refused_with_everything_that_is_wrong(tmp_path):
    root = csv_history(tmp_path, residents="resident_id,date_of_birth,sex\nr1,14 July,F\n", homes="home_id\nh1\n")
    (root / "stays.csv").unlink()
    with pytest.raises(HistoryError) as refused:
        open_history(root)
    found = {(p.table, p.column) for p in refused.value.problems}
    assert found == {("stays", ""), ("residents", "date_of_birth"), *(("homes", c) for c in MISSING)}
    assert all(str(p) in str(refused.value) for p in refused.value.problems)


MISSING = ("name", "home_type", "beds", "practice", "pcn")


def at_ten(day):
    return utc(2025, 6, day, 10)


def test_a_missing_recording_time_is_the_time_plus_the_lag_of_its_source(tmp_path):
    at = "2025-06-02T10:00Z"
    base = {"resident_id": "r1", "time": at, "code": "fall"}
    history = history_of(
        tmp_path,
        lags=Lags(source={"gp": 2}, default=4, admission=1, discharge=5, coding=10, death=7, move=3),
        residents=[RESIDENT | {"died_on": at}],
        stays=[STAY | {"recorded_at": None, "moved_in": at}],
        spells=[{"spell_id": "s1", "resident_id": "r1", "admitted_at": at, "discharged_at": "2025-06-04T10:00Z",
                 "admission_method": "21", "primary_diagnosis": "N390"}],
        events=[base | {"source": "gp"}, base, base | {"recorded_at": "2025-06-02T11:00Z"}],
    )  # fmt: skip
    assert history["events"]["recorded_at"].to_pylist() == [at_ten(4), at_ten(6), utc(2025, 6, 2, 11)]
    spell = history["spells"].to_pylist()[0]
    assert [spell[c] for c in ("recorded_at", "discharge_recorded_at", "coded_at")] == [
        at_ten(3),
        at_ten(9),
        at_ten(14),
    ]
    assert history["residents"]["died_recorded_at"].to_pylist() == [at_ten(9)]
    assert history["stays"]["recorded_at"].to_pylist() == [at_ten(5)]
    assert dict(history.assumed) == {
        "homes": 0, "home_events": 0, "residents": 1, "stays": 1, "spells": 3, "events": 2, "objections": 0
    }  # fmt: skip


def test_what_has_not_happened_has_no_recording_time(tmp_path):
    spell = {"spell_id": "s1", "resident_id": "r1", "admitted_at": "2025-06-02", "admission_method": "21"}
    history = history_of(tmp_path, spells=[spell])
    row = history["spells"].to_pylist()[0]
    assert row["discharge_recorded_at"] is None
    assert row["coded_at"] is None
    assert history["residents"]["died_recorded_at"].null_count == 1


def test_the_digest_names_the_content_of_pseudonymous_tables(tmp_path):
    first, again, other = (csv_history(tmp_path / name) for name in ("a", "b", "c"))
    (again / "identities.csv").write_text("resident_id\n")
    (other / "homes.csv").write_text(FILES["homes.csv"].replace("30", "31"))
    assert digest(first) == digest(again)
    assert digest(first) != digest(other)


def test_numbers_and_flags_are_read_as_people_write_them(tmp_path):
    rows = "resident_id,time,code,value,record_id,retracted\nr1,2025-06-02,fall, 1 ,a,Yes\nr1,2025-06-02,fall,1e0,b,0\n"
    events = open_history(csv_history(tmp_path, events=rows))["events"]
    assert events["value"].to_pylist() == [1.0, 1.0]
    assert events["retracted"].to_pylist() == [True, False]
    assert HOME["beds"] == open_history(csv_history(tmp_path))["homes"]["beds"].to_pylist()[0]
