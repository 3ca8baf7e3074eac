"""MEDS folders: a history written and read again is the same, and those of others become histories too."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.contract import PSEUDONYMOUS, TABLES
from features.history import read_table
from features.problems import HistoryError
from features.sources import meds
from features.sources.door import Rules
from features.sources.importing import import_history
from features.synthetic import Size, Truth, synthesise


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    out = tmp_path_factory.mktemp("history") / "county"
    synthesise(out, Size(5, 20), Truth(weeks=0))
    return out


@pytest.fixture(scope="module")
def written(history, tmp_path_factory):
    out = tmp_path_factory.mktemp("meds") / "meds"
    meds.write(history, out)
    return out


@pytest.mark.parametrize("name", PSEUDONYMOUS)
def test_out_and_in_again_is_the_identity(history, written, tmp_path, name):
    """Every value of every row, in its order: ids as text, doubles, times of recording, versions."""
    import_history("meds", written, tmp_path / "again", rules=Rules(type_1=False, sensitive=False))
    before, after = (read_table(folder, TABLES[name])[0] for folder in (history, tmp_path / "again"))
    assert before.num_rows == after.num_rows
    assert before.combine_chunks().equals(after.combine_chunks())


def test_what_is_written_is_meds(written):
    data = pq.read_table(written / "data/0.parquet")
    assert [(n, str(data.schema.field(n).type)) for n in ("subject_id", "time", "code", "numeric_value")] == [
        ("subject_id", "int64"), ("time", "timestamp[us]"), ("code", "string"), ("numeric_value", "float")]  # fmt: skip
    subjects = data["subject_id"].to_pylist()
    assert subjects == sorted(subjects)
    frame = data.select(["subject_id", "time", "code"]).to_pandas()
    assert frame.groupby("subject_id")["time"].apply(lambda t: t.dropna().is_monotonic_increasing).all()
    assert {"MEDS_BIRTH", "MEDS_DEATH", "HOSPITAL_ADMISSION//21"} <= set(frame["code"])
    known = set(pq.read_table(written / "metadata/codes.parquet")["code"].to_pylist())
    assert known == set(frame["code"])
    assert (written / "metadata/dataset.json").exists()


def test_no_name_or_nhs_number_is_written(history, written):
    secret = pq.read_table(history / "identities.parquet")
    text = b"".join(path.read_bytes() for path in written.rglob("*") if path.is_file())
    assert not any(number.encode() in text for number in secret["nhs_number"].to_pylist())
    assert not list(written.rglob("*identit*"))


def others(tmp_path, rows, **more):
    out = tmp_path / "meds"
    (out / "data/train").mkdir(parents=True)
    columns = {"subject_id": pa.int64(), "time": pa.timestamp("us"), "code": pa.string(), "numeric_value": pa.float32()}
    table = pa.table({name: pa.array([row[k] for row in rows], kind) for k, (name, kind) in enumerate(columns.items())})
    pq.write_table(table, out / "data/train/0.parquet")
    report = import_history("meds", out, tmp_path / "history", **more)
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def when(text):
    import datetime

    return datetime.datetime.fromisoformat(text)


ROWS = [
    (7, None, "GENDER//F", None),
    (7, when("1938-07-14"), "MEDS_BIRTH", None),
    (7, when("2021-03-01T10:00"), "HOSPITAL_ADMISSION//EMERGENCY", None),
    (7, when("2021-03-05T10:00"), "HOSPITAL_DISCHARGE//HOME", None),
    (7, when("2021-04-01"), "LOINC//29463-7", 61.5),
    (7, when("2021-06-01"), "HOSPITAL_ADMISSION//ELECTIVE", None),
    (7, when("2022-01-01"), "MEDS_DEATH", None),
    (8, when("2021-04-01"), "SNOMED//44054006", None),
]


def test_a_folder_of_others_becomes_a_history(tmp_path):
    report, tables = others(tmp_path, ROWS)
    assert tables["residents"][["resident_id", "sex"]].to_numpy().tolist() == [["7", "F"]]
    spells = tables["spells"]
    assert spells["admission_method"].tolist() == ["21", "99"]
    assert spells["discharged_at"].notna().tolist() == [True, False]
    assert tables["events"][["code", "value"]].to_numpy().tolist() == [["LOINC:29463-7", 61.5]]
    assert [(one.reason, one.rows, one.example) for one in report.dropped] == [("subject without a birth", 1, "row 8")]
    assert report.mapped_rows == 1


def test_strict_refuses_and_a_folder_without_data_is_named(tmp_path):
    with pytest.raises(HistoryError, match="without a birth"):
        others(tmp_path, ROWS, strict=True)
    assert not (tmp_path / "history").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(HistoryError, match="no Parquet"):
        import_history("meds", tmp_path / "empty", tmp_path / "history")


def test_a_file_without_its_columns_or_cut_short_is_refused(tmp_path):
    data = Path(tmp_path / "meds/data")
    data.mkdir(parents=True)
    pq.write_table(pa.table({"subject_id": [1], "code": ["x"]}), data / "0.parquet")
    with pytest.raises(HistoryError, match="time"):
        import_history("meds", tmp_path / "meds", tmp_path / "history")
    (data / "0.parquet").write_bytes((data / "0.parquet").read_bytes()[:-9])
    with pytest.raises(HistoryError, match="cannot be read"):
        import_history("meds", tmp_path / "meds", tmp_path / "history")


def test_a_folder_that_is_there_is_not_written_over(history, written):
    with pytest.raises(FileExistsError):
        meds.write(history, written)


def test_the_types_are_those_of_meds(written):
    """As in its schema; what holds at any time comes first, and columns of our own are said to be that."""
    data = pq.read_table(written / "data/0.parquet")
    assert str(data.schema.field("text_value").type) == "large_string"
    first = (
        data.to_pandas().groupby("subject_id")["time"].apply(lambda t: t.isna().iloc[0] and t.notna().iloc[1:].all())
    )
    assert first.all()
    told = json.loads((written / "metadata/dataset.json").read_text())
    assert set(told["other_extension_columns"]) == {name for name in data.column_names if name.startswith("homeround_")}
    codes = pq.read_schema(written / "metadata/codes.parquet")
    assert codes.names == ["code", "description", "parent_codes"]


def table(tmp_path, **columns):
    out = tmp_path / "meds/data"
    out.mkdir(parents=True)
    pq.write_table(pa.table(columns), out / "0.parquet")
    return tmp_path / "meds"


def test_other_types_of_the_same_are_cast(tmp_path):
    """Times of a zone or in nanoseconds, codes by dictionary, ids of 32 bits, and no value at all."""
    source = table(
        tmp_path,
        subject_id=pa.array([7, 7], pa.int32()),
        time=pa.array([when("1938-07-14"), when("2021-04-01")], pa.timestamp("ns", "UTC")),
        code=pa.array(["MEDS_BIRTH", "LOINC//29463-7"]).dictionary_encode(),
        text_value=pa.array([None, "sixty"], pa.large_string()),
    )
    import_history("meds", source, tmp_path / "history")
    events = pq.read_table(tmp_path / "history/events.parquet").to_pandas()
    assert events[["resident_id", "code", "text"]].to_numpy().tolist() == [["7", "LOINC:29463-7", "sixty"]]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("subject_id", ["a", "b"]),
        ("time", ["soon", "later"]),
        ("code", [[1], [2]]),
        ("numeric_value", [{"a": 1}, None]),
    ],
)
def test_what_cannot_be_cast_is_named(tmp_path, column, values):
    good = {"subject_id": [7, 7], "time": [when("1938-07-14"), when("2021-04-01")], "code": ["MEDS_BIRTH", "x"]}
    with pytest.raises(HistoryError, match=rf"0\.parquet\.{column}"):
        import_history("meds", table(tmp_path, **good | {column: values}), tmp_path / "history")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(9, when("1938-07-14"), "MEDS_BIRTH", None), (9, when("2021-04-01"), " ", None)], "no code"),
        ([(9, when("1938-07-14"), "MEDS_BIRTH", None), (9, when("2621-04-01"), "x", None)], "time out of the calendar"),
        ([(9, None, "MEDS_BIRTH", None)], "subject without a birth"),
        ([(9, when("2938-07-14"), "MEDS_BIRTH", None)], "time out of the calendar"),
        ([(9, when("2021-04-02"), "MEDS_BIRTH", None), (9, when("2021-04-01"), "x", None)], "subject who is in no event since birth"),
        ([(9, when("2021-04-01"), "MEDS_BIRTH", None), (9, when("2021-04-02"), "x", None), (9, when("2020-01-01"), "MEDS_DEATH", None)],
         "subject who died before birth"),
    ],
)  # fmt: skip
def test_who_cannot_be_is_dropped(tmp_path, rows, reason):
    report, _ = others(tmp_path, [*ROWS[:-1], *rows])
    assert reason in {one.reason for one in report.dropped}
    assert all(one.example.startswith("row ") for one in report.dropped)
    assert not check(tmp_path / "history").errors


def test_a_folder_of_nobody_is_refused(tmp_path):
    with pytest.raises(HistoryError, match="no subject has MEDS_BIRTH"):
        others(tmp_path, [(8, when("2021-04-01"), "SNOMED//44054006", None)])


def test_an_export_that_was_changed_is_refused(written, tmp_path):
    shutil.copytree(written, tmp_path / "meds")
    shutil.rmtree(tmp_path / "meds/metadata/homeround")
    with pytest.raises(HistoryError, match="homes"):
        import_history("meds", tmp_path / "meds", tmp_path / "history")
    path = tmp_path / "meds/data/0.parquet"
    rows = pq.read_table(path)
    at = rows.column_names.index("homeround_fields")
    pq.write_table(rows.set_column(at, "homeround_fields", pa.array(["{"] * len(rows))), path)
    with pytest.raises(HistoryError, match="residents"):
        import_history("meds", tmp_path / "meds", tmp_path / "history")


def test_a_row_of_nobody_does_not_change_the_ids_of_others(tmp_path):
    report, tables = others(tmp_path, [*ROWS[:-1], (None, when("2021-04-01"), "x", None)])
    assert tables["residents"]["resident_id"].tolist() == ["7"]
    assert [one.reason for one in report.dropped] == ["subject without a birth"]


@pytest.mark.parametrize(
    ("told", "wanted"), [("2022-01-01", "2022-01-01T23:59:59.999999"), ("2022-01-01T08:00", "2022-01-01T08:00")]
)
def test_a_death_at_midnight_is_one_of_a_day_and_counts_from_its_end(tmp_path, told, wanted):
    died = others(tmp_path, [*ROWS[:6], (7, when(told), "MEDS_DEATH", None)])[1]["residents"]["died_on"]
    assert died.dt.tz_localize(None).tolist() == [when(wanted)]
