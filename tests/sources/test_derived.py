"""Anticholinergic burden from medicine records: sums by a plain loop, silence, versions, and what is never early."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.contract import TABLES
from features.history import Lags, with_recording_times
from features.sources import meds
from features.sources.derived import derive
from features.sources.door import Rules
from features.sources.importing import import_history
from features.sources.options import Options
from features.sources.tally import Tally
from features.write import write_table

AMITRIPTYLINE, OXYBUTYNIN, FUROSEMIDE = "BNF:0403010B0AAAGAG", "BNF:0704020J0AAABAB", "BNF:0202020L0AAAAAA"
SCORES = {AMITRIPTYLINE: 3, "BNF:0403010B0AAAHAH": 3, OXYBUTYNIN: 3, FUROSEMIDE: 1}
DRUGS = {code: code[:13] for code in SCORES}
BEGIN = datetime(2024, 1, 1, 9, tzinfo=UTC)


def day(number):
    return BEGIN + timedelta(days=number)


def record(on, code, who="a", recorded=None, source="gp", **more):
    said = None if recorded is None else day(recorded)
    return {"resident_id": who, "time": day(on), "code": code, "recorded_at": said, "source": source, **more}


def derived(folder, rows, tally=None):
    """The derived events of a history with these, as plain rows."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows, TABLES["events"].schema)
    write_table(folder / "events.parquet", table, table.schema)
    written = derive(folder, tally or Tally())
    after = pq.read_table(folder / "events.parquet").to_pylist()
    assert after[: len(rows)] == table.to_pylist()
    assert written == ({"events": len(after)} if len(after) > len(rows) else written)
    return after[len(rows) :]


def values(folder, rows):
    return [((row["time"] - BEGIN).days, row["value"]) for row in derived(folder, rows)]


def test_each_drug_counts_once_while_it_was_issued_in_the_last_ninety_days(tmp_path):
    rows = [
        record(0, AMITRIPTYLINE),
        record(1, "BNF:0403010B0AAAHAH"),
        record(5, FUROSEMIDE),
        record(89, FUROSEMIDE),
        record(95, FUROSEMIDE),
    ]
    assert values(tmp_path, rows) == [(0, 3), (1, 3), (5, 4), (89, 4), (95, 1)]


def test_an_issue_of_ninety_days_ago_is_over(tmp_path):
    assert values(tmp_path, [record(0, AMITRIPTYLINE), record(90, FUROSEMIDE)]) == [(0, 3), (90, 1)]


def test_a_value_of_zero_ends_a_course_and_a_renewal_at_that_instant_goes_on(tmp_path):
    ended = [record(0, AMITRIPTYLINE, value=1.0), record(2, FUROSEMIDE), record(9, AMITRIPTYLINE, value=0.0)]
    assert values(tmp_path, ended) == [(0, 3), (2, 1 + 3), (9, 1)]
    assert values(tmp_path, [*ended, record(9, AMITRIPTYLINE, value=1.0)])[-1] == (9, 4)


def test_nothing_is_said_of_silence_until_the_same_feed_goes_on(tmp_path):
    alone = [record(0, AMITRIPTYLINE)]
    assert values(tmp_path, alone) == [(0, 3)]
    other = [*alone, record(120, "fall", source="care_record"), record(80, "gp_contact"), record(130, "fall", who="b")]
    assert values(tmp_path, other) == [(0, 3)]
    assert values(tmp_path, [*other, record(150, "gp_contact"), record(140, "gp_contact")]) == [(0, 3), (140, 0)]


def test_a_zero_is_known_once_the_later_record_and_those_of_the_value_that_it_ends_are(tmp_path):
    late = derived(tmp_path, [record(0, AMITRIPTYLINE, recorded=200), record(120, "gp_contact", recorded=121)])
    assert [row["recorded_at"] for row in late] == [day(200), day(200)]
    soon = derived(tmp_path, [record(0, AMITRIPTYLINE, recorded=1), record(120, "gp_contact", recorded=121)])
    assert [row["recorded_at"] for row in soon] == [day(1), day(121)]


def test_every_gap_has_its_own_zero_and_an_issue_ends_the_gap(tmp_path):
    rows = [record(0, AMITRIPTYLINE), record(100, "gp_contact"), record(200, OXYBUTYNIN), record(210, "gp_contact")]
    assert values(tmp_path, [*rows, record(290, "gp_contact")]) == [(0, 3), (100, 0), (200, 3), (290, 0)]


def test_a_stated_score_stays_alone_and_other_residents_get_theirs(tmp_path):
    rows = [record(0, AMITRIPTYLINE), record(3, "acb_score", value=2.0), record(0, FUROSEMIDE, who="b")]
    assert [row["resident_id"] for row in derived(tmp_path, rows)] == ["b"]


def test_withdrawn_and_corrected_records_count_for_nothing(tmp_path):
    rows = [
        record(0, AMITRIPTYLINE, recorded=1, record_id="1"),
        record(0, AMITRIPTYLINE, recorded=9, record_id="1", retracted=True),
        record(2, OXYBUTYNIN, recorded=3, record_id="2"),
        record(2, "BNF:0601022B0", recorded=5, record_id="2"),
        record(4, FUROSEMIDE, recorded=5, record_id="3"),
        record(5, FUROSEMIDE, recorded=6, record_id="3"),
    ]
    assert values(tmp_path, rows) == [(5, 1)]


def test_what_a_ward_gives_is_no_medicine_of_the_home(tmp_path):
    assert values(tmp_path, [record(0, AMITRIPTYLINE, source="hospital"), record(5, FUROSEMIDE)]) == [(5, 1)]


def test_lists_of_two_sources_are_kept_apart(tmp_path):
    rows = [record(0, AMITRIPTYLINE), record(1, FUROSEMIDE, source=None)]
    assert [(row["value"], row["source"]) for row in derived(tmp_path, rows)] == [(1, None), (3, "gp")]


def test_a_derived_event_says_so_and_when_it_became_known(tmp_path):
    rows = [record(0, AMITRIPTYLINE, recorded=30), record(5, FUROSEMIDE, recorded=6)]
    (first, second) = derived(tmp_path, rows)
    assert (first["text"], first["unit"], first["code"]) == ("derived", "score", "acb_score")
    assert (first["recorded_at"], second["recorded_at"]) == (day(30), day(30))
    assert [row["recorded_at"] for row in derived(tmp_path, [record(0, FUROSEMIDE)])] == [None]


def test_a_value_that_a_lag_could_show_too_early_is_left_out_and_counted(tmp_path):
    tally = Tally()
    rows = [record(0, AMITRIPTYLINE), record(5, FUROSEMIDE, recorded=60), record(70, FUROSEMIDE, recorded=70)]
    found = derived(tmp_path, rows, tally)
    assert [(row["time"], row["recorded_at"]) for row in found] == [(day(0), None), (day(70), None)]
    assert list(tally.passed_over.values()) == [1]


RECORDS = st.lists(
    st.builds(
        record,
        on=st.integers(0, 400),
        code=st.sampled_from([*SCORES, "gp_contact"]),
        who=st.sampled_from(["a", "b"]),
        recorded=st.one_of(st.none(), st.integers(0, 500)),
        source=st.sampled_from(["gp", None]),
        value=st.sampled_from([None, None, 1.0, 28.0, 0.0]),
    ),
    max_size=25,
    unique_by=lambda row: (row["resident_id"], row["source"], row["time"], row["code"], row["value"]),
)


def expected(rows):
    """The same by a double loop: (resident, source, time, value, recordings it rests on)."""
    out = []
    for whose in sorted({(r["resident_id"], r["source"] or "") for r in rows}):
        theirs = [r for r in rows if (r["resident_id"], r["source"] or "") == whose]
        listed = [r for r in theirs if r["code"] in SCORES]
        times = sorted({r["time"] for r in listed})
        for number, t in enumerate(times):
            window = [r for r in listed if t - timedelta(days=90) < r["time"] <= t]
            newest = {}
            for r in sorted(window, key=lambda r: (r["time"], r["value"] != 0)):
                newest[DRUGS[r["code"]]] = SCORES[r["code"]] if r["value"] != 0 else 0
            out.append((*whose, t, sum(newest.values()), [r["recorded_at"] for r in window]))
            end = times[number + 1] if number + 1 < len(times) else datetime.max.replace(tzinfo=UTC)
            later = [r for r in theirs if t + timedelta(days=90) <= r["time"] < end]
            if later and sum(newest.values()):
                far = datetime.max.replace(tzinfo=UTC)
                proof = min(later, key=lambda r: (r["time"], r["recorded_at"] or far))
                out.append((*whose, proof["time"], 0, [*out[-1][4], proof["recorded_at"]]))
    return out


def recording(time, rests_on):
    """When a value is known: None for the source's lag, False where that could be too early."""
    latest = max((one for one in rests_on if one), default=None)
    if None not in rests_on:
        return latest
    return None if latest is None or latest <= time else False


@given(RECORDS)
def test_derived_values_are_those_of_a_double_loop(tmp_path_factory, rows):
    found = derived(tmp_path_factory.mktemp("loop") / "history", rows)
    told = [(r["resident_id"], r["source"] or "", r["time"], r["value"], r["recorded_at"]) for r in found]
    loop = [(who, source, t, v, recording(t, rests)) for who, source, t, v, rests in expected(rows)]
    assert told == [row for row in loop if row[4] is not False]


@given(RECORDS, st.integers(0, 30))
def test_a_value_is_never_visible_before_a_record_on_which_it_rests(tmp_path_factory, rows, lag):
    lags = Lags(source={"gp": lag}, default=lag / 2)
    folder = tmp_path_factory.mktemp("early") / "history"
    values = derived(folder, rows)
    table, _ = with_recording_times(pq.read_table(folder / "events.parquet"), "events", lags)
    known = table.to_pylist()
    for row, told in zip(known[len(rows) :], values, strict=True):
        window = (told["time"] - timedelta(days=90), told["time"])
        rests = [r for r in known[: len(rows)] if r["code"] in SCORES and window[0] < r["time"] <= window[1]
                 and (r["resident_id"], r["source"]) == (row["resident_id"], row["source"])]  # fmt: skip
        assert all(r["time"] <= row["time"] and r["recorded_at"] <= row["recorded_at"] for r in rests)


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(tmp_path_factory, rows, random):
    folder = tmp_path_factory.mktemp("order")
    before = derived(folder / "one", rows)
    random.shuffle(rows)
    assert derived(folder / "two", rows) == before


MAPPING = """
[[read]]
file = "people"
table = "residents"
columns = { resident_id = "id", date_of_birth = "born" }
constants = { sex = "F" }
[[read]]
file = "issues"
table = "events"
columns = { resident_id = "id", time = "on", code = "bnf" }
constants = { source = "gp" }
system = "BNF"
"""


@pytest.fixture
def imported(tmp_path):
    (tmp_path / "extract").mkdir()
    (tmp_path / "extract/people.csv").write_text("id,born\na,1938-07-14\nb,1940-02-01\n", encoding="utf-8")
    issues = "id,on,bnf\na,2024-01-01,0403010B0AAAGAG\na,2024-01-29,0704020J0AAABAB\nb,2024-01-03,0601022B0\n"
    (tmp_path / "extract/issues.csv").write_text(issues, encoding="utf-8")
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    options = Options(mapping=(tmp_path / "mapping.toml",))
    return import_history("csv", tmp_path / "extract", tmp_path / "history", options), tmp_path / "history"


def scores(history):
    events = pq.read_table(history / "events.parquet").to_pylist()
    return [row["value"] for row in events if row["code"] == "acb_score"]


def test_an_import_derives_the_score_and_reports_it(imported):
    report, history = imported
    assert scores(history) == [3, 6]
    assert report.written["events"] == 5
    assert "anticholinergic burden worked out for 1 residents from 2 medicine records" in report.notes


def test_a_history_that_comes_back_from_meds_is_not_derived_again(imported, tmp_path):
    _, history = imported
    issues = [row for row in pq.read_table(history / "events.parquet").to_pylist() if row["code"] != "acb_score"]
    write_table(
        history / "events.parquet", pa.Table.from_pylist(issues, TABLES["events"].schema), TABLES["events"].schema
    )
    meds.write(history, tmp_path / "meds")
    import_history("meds", tmp_path / "meds", tmp_path / "again", rules=Rules(type_1=False, sensitive=False))
    assert scores(tmp_path / "again") == []


def test_meds_of_others_are_derived(tmp_path):
    rows = [
        (7, datetime(1938, 7, 14, tzinfo=UTC), "MEDS_BIRTH"),
        (7, day(0), "BNF//0403010B0"),
        (7, day(4), "BNF//0202020L0"),
    ]
    (tmp_path / "meds/data").mkdir(parents=True)
    columns = {"subject_id": pa.int64(), "time": pa.timestamp("us"), "code": pa.string()}
    naive = [(who, when.replace(tzinfo=None), code) for who, when, code in rows]
    table = pa.table(
        {name: pa.array([row[k] for row in naive], kind) for k, (name, kind) in enumerate(columns.items())}
    )
    pq.write_table(table, tmp_path / "meds/data/0.parquet")
    import_history("meds", tmp_path / "meds", tmp_path / "history")
    assert scores(tmp_path / "history") == [3, 4]
