"""Plain extracts: a mapping says which of their columns is which of ours, and a sketch makes a first one."""

import tomllib

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.importing import import_history
from features.sources.mapped import load, sketch
from features.sources.options import Options

FILES = {
    "Sites.csv": "Site;Site name;Kind;Places\nS1;Elm House;Residential care;38\n",
    "Clients.csv": "Client ID,DOB,Gender\nc1,14/07/1938,Female\nc2,01/02/1940,Male\n",
    "Stays.csv": "Client ID,Site,Start date\nc1,S1,05/01/2020\nc2,S1,06/01/2020\n",
    "Spells.csv": "id,person,admitted,left,how\n1,c1,2021-06-01T10:00,2021-06-04T10:00,21\n",
    "Observations.csv": (
        "Client ID,Date,Type,Reading,Entered\n"
        "c1,01/03/2021 10:30,Weight (kg),61.5,02/03/2021 08:00\n"
        "c1,01/07/2021 10:30,Fall,,01/07/2021 12:00\n"
        "c2,01/03/2021 10:30,Mood,4,\n"
        "c2,02/03/2021 10:30,44054006,,\n"
    ),
}
MAPPING = """
[[read]]
file = "sites"
table = "homes"
columns = { home_id = "Site", name = "Site name", home_type = "Kind", beds = "Places" }
values.home_type = { "Residential care" = "residential" }
constants = { practice = "P1", pcn = "N1" }
[[read]]
file = "clients.csv"
table = "residents"
columns = { resident_id = "Client ID", date_of_birth = "DOB", sex = "Gender" }
formats = { date_of_birth = "%d/%m/%Y" }
values.sex = { Female = "F", Male = "M" }
[[read]]
file = "stays"
table = "stays"
columns = { resident_id = "Client ID", home_id = "Site", moved_in = "Start date" }
formats = { moved_in = "%d/%m/%Y" }
[[read]]
file = "spells"
table = "spells"
columns = { spell_id = "id", resident_id = "person", admitted_at = "admitted", discharged_at = "left", admission_method = "how" }
[[read]]
file = "observations"
table = "events"
columns = { resident_id = "Client ID", time = "Date", code = "Type", value = "Reading", recorded_at = "Entered" }
formats = { time = "%d/%m/%Y %H:%M", recorded_at = "%d/%m/%Y %H:%M" }
values.code = { "Weight (kg)" = "weight_kg", "Fall" = "fall", "Mood" = "" }
constants = { source = "care_record" }
system = "SNOMED"
"""


@pytest.fixture
def source(tmp_path):
    out = tmp_path / "extract"
    out.mkdir()
    for name, text in FILES.items():
        (out / name).write_text(text, encoding="utf-8")
    return out


def imported(tmp_path, source, text=MAPPING, **more):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text, encoding="utf-8")
    report = import_history("csv", source, tmp_path / "history", Options(mapping=mapping), **more)
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def test_an_extract_becomes_a_history(tmp_path, source):
    report, tables = imported(tmp_path, source)
    assert tables["homes"][["home_type", "beds", "practice"]].to_numpy().tolist() == [["residential", 38.0, "P1"]]
    assert tables["residents"]["date_of_birth"].astype(str).tolist() == ["1938-07-14", "1940-02-01"]
    events = tables["events"]
    assert events[["code", "source"]].to_numpy().tolist() == [
        ["weight_kg", "care_record"], ["fall", "care_record"], ["SNOMED:44054006", "care_record"]]  # fmt: skip
    assert events["time"].iloc[1] == pd.Timestamp("2021-07-01 09:30", tz="UTC")  # London's summer
    assert events["recorded_at"].notna().tolist() == [True, True, False]
    assert report.notes == ("observations: left out by the mapping: 1 passed over",)
    assert (report.mapped_rows, report.unmapped_rows, report.dropped) == (3, 0, ())
    assert not check(tmp_path / "history").errors


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("c1,01/03/2021 10:30", "c1,2021-03-01", "time: not a time"),
        ("c1,01/03/2021 10:30", "c1,", "time: empty"),
        ("61.5", "light", "value: not a number"),
        ("c1,01/03/2021", ",01/03/2021", "resident_id: empty"),
    ],
)
def test_cells_that_do_not_fit_drop_the_row_with_its_place(tmp_path, source, old, new, reason):
    path = source / "Observations.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    report, tables = imported(tmp_path, source)
    assert [(one.file, one.reason, one.rows, one.example) for one in report.dropped] == [
        ("Observations.csv", reason, 1, "row 1")
    ]
    assert len(tables["events"]) == 2
    with pytest.raises(HistoryError, match=reason):
        imported(tmp_path, source, strict=True)


def test_everything_wrong_with_a_mapping_is_said_at_once(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text('[[read]]\nfile = "a"\ntable = "event"\n[[read]]\nfile = "b"\ntable = "events"\nsytem = "x"\n'
                    'columns = { resident = "A", time = "B" }\n')  # fmt: skip
    with pytest.raises(UsageError) as caught:
        load(path)
    said = str(caught.value)
    for part in ("unknown table 'event'; nearest: 'events'", "unknown key 'sytem'; nearest: 'system'",
                 "no column 'resident'; nearest: 'resident_id'", "events needs resident_id, code"):  # fmt: skip
        assert part in said
    path.write_text("[[read")
    with pytest.raises(UsageError):
        load(path)


def test_files_and_columns_that_are_not_there_are_named_before_anything_is_written(tmp_path, source):
    text = MAPPING.replace('"sites"', '"places"').replace('"Reading"', '"Score"')
    with pytest.raises(HistoryError) as caught:
        imported(tmp_path, source, text)
    assert "places: no such table" in str(caught.value)
    assert "observations.Score: no such column" in str(caught.value)
    assert not (tmp_path / "history").exists()


def test_a_mapping_is_asked_for(tmp_path, source):
    with pytest.raises(UsageError, match="--sketch"):
        import_history("csv", source, tmp_path / "history")


def test_a_sketch_is_toml_that_finds_tables_columns_and_formats(source):
    found = {one["file"]: one for one in tomllib.loads(sketch(source))["read"]}
    assert {name: one["table"] for name, one in found.items()} == {
        "clients": "residents", "observations": "events", "sites": "homes", "spells": "spells", "stays": "stays"}  # fmt: skip
    assert found["clients"]["columns"] == {"resident_id": "client id", "date_of_birth": "dob", "sex": "gender"}
    assert found["clients"]["formats"] == {"date_of_birth": "%d/%m/%Y"}
    assert found["clients"]["values"]["sex"] == {"Female": "?", "Male": "?"}
    assert found["observations"]["formats"]["time"] == "%d/%m/%Y %H:%M"
    assert set(found["observations"]["values"]["code"]) == {"Weight (kg)", "Fall", "Mood", "44054006"}


def test_a_sketch_of_nothing_is_refused(tmp_path):
    with pytest.raises(UsageError):
        sketch(tmp_path)
