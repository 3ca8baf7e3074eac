"""Presets: extracts by their real names beside a mapping of one's own, and hostile cells in every one."""

import csv
import tomllib

import hypothesis.strategies as st
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from features.check import check
from features.codelists.maps import resolve
from features.problems import HistoryError, UsageError
from features.sources.importing import import_history
from features.sources.mapped import load
from features.sources.mapped.presets import names, path_of
from features.sources.options import Options

PEOPLE = """
[[read]]
file = "homes"
table = "homes"
columns = { home_id = "id", name = "name", home_type = "type", beds = "beds" }
constants = { practice = "P1", pcn = "N1" }
[[read]]
file = "people"
table = "residents"
columns = { resident_id = "id", date_of_birth = "born", sex = "sex" }
[[read]]
file = "people"
table = "stays"
columns = { resident_id = "id", home_id = "home", moved_in = "moved" }
"""
EXTRACTS = {
    "homes": [{"id": "1-101", "name": "Elm House", "type": "nursing", "beds": "38"}],
    "people": [{"id": "p1", "born": "1938-07-14", "sex": "F", "home": "1-101", "moved": "2020-01-06"}],
    "2024 CSDS activity": [
        {"Der_Pseudo_NHS_Number": "p1", "Contact_Date": "2024-03-01", "AttendanceStatus": "5", "Referral_TeamType": "12"},
        {"Der_Pseudo_NHS_Number": "p1", "Contact_Date": "02/03/2024", "AttendanceStatus": "6", "Referral_TeamType": "27"},
        {"Der_Pseudo_NHS_Number": "p1", "Contact_Date": "2024-03-03", "AttendanceStatus": "3", "Referral_TeamType": "12"},
        {"Der_Pseudo_NHS_Number": "p2", "Contact_Date": "2024-03-04", "AttendanceStatus": "5", "Referral_TeamType": "12"},
    ],
    "Ambulance_clean": [
        {"Der_Pseudo_NHS_Number": "p1", "time_call_connected": "2024-07-01 10:00:00",
         "time_resource_arrived_on_scene": arrived, "receiving_location_type_cad": place}
        for arrived, place in (("2024-07-01 10:20:00", "ED"), ("2024-07-01 10:20:00", ""),
                               ("2024-07-01 10:20:00", "ZZZZZ"), ("", "ED"))
    ],
    "111 calls": [{"Pseudo NHS NUMBER": "p1", "Start Date": "2024-05-01 21:30:00"}],
    "capacity-tracker-care-homes": [
        {"CqcId": "1-101", "LastUpdatedBst": "01/02/2024 09:00:00", "UsedBeds": "19", "MaxCapacity": "38",
         "HoursPaid": "300", "HoursAgency": "100"},
        {"CqcId": "1-101", "LastUpdatedBst": "08/02/2024 09:00:00", "UsedBeds": "", "MaxCapacity": "38",
         "HoursPaid": "0", "HoursAgency": "0"},
        {"CqcId": "1-101", "LastUpdatedBst": "15/02/2024 09:00:00", "UsedBeds": "19", "MaxCapacity": "-38",
         "HoursPaid": "ten", "HoursAgency": "0"},
    ],
}  # fmt: skip


def written(folder, extracts):
    folder.mkdir()
    for name, rows in extracts.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def imported(tmp_path, extracts=EXTRACTS, presets=None):
    mapping = tmp_path / "people.toml"
    mapping.write_text(PEOPLE, encoding="utf-8")
    options = Options(mapping=(mapping, *(names() if presets is None else presets)))
    report = import_history("csv", written(tmp_path / "extract", extracts), tmp_path / "history", options)
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def test_several_presets_read_one_folder(tmp_path):
    report, tables = imported(tmp_path)
    events = tables["events"].set_index("code")
    assert sorted(events.index) == [
        "CSDS_TEAM:27", *["ambulance_callout"] * 3, "district_nurse", "nhs111_call"]  # fmt: skip
    assert events.loc["ambulance_callout", "value"].tolist() == [1, 0, 0]
    assert events.loc["nhs111_call", "time"] == pd.Timestamp("2024-05-01 20:30", tz="UTC")  # London's summer
    assert set(events["source"]) == {"community", "urgent_care"}
    homes = tables["home_events"]
    assert homes[["code", "value"]].to_numpy().tolist() == [["occupancy", 0.5], ["agency_share", 0.25]]
    assert homes["time"].tolist() == homes["recorded_at"].tolist() == [pd.Timestamp("2024-02-01 09:00", tz="UTC")] * 2
    assert {(one.reason, one.rows, one.example) for one in report.dropped} == {
        ("unknown resident", 1, "row 4"), ("value: not a number", 2, "row 3")}  # fmt: skip
    assert report.passed_over["*csds*: not among those that the mapping reads"] == 1
    assert report.passed_over["*capacity*tracker*: left out by the mapping"] == 2
    assert [one.code for one in report.unmapped] == ["CSDS_TEAM:27"]
    assert not check(tmp_path / "history").errors


@pytest.mark.parametrize("name", names())
def test_a_preset_says_codes_that_features_read_and_where_its_names_are_from(name):
    text = path_of(name).read_text(encoding="utf-8")
    assert text.startswith("#")
    assert "public code" in text
    for one in load(path_of(name)):
        codes = [one.constants["code"]] if "code" in one.constants else list(one.values["code"].values())
        assert all(resolve(codes).values())
        assert one.constants.get("source") in ("community", "urgent_care", None)


def test_presets_are_told_by_name_and_files_by_path(tmp_path):
    assert names() == ("ambulance", "calls_111", "capacity_tracker", "csds")
    with pytest.raises(UsageError, match="'ambulence' is not a preset; nearest: 'ambulance'"):
        path_of("ambulence")
    with pytest.raises(UsageError):
        imported(tmp_path, presets=["ambulence"])


def test_an_extract_without_a_preset_s_columns_is_refused_with_their_names(tmp_path):
    rows = [{"Der_Pseudo_NHS_Number": "p1", "Contact_Date": "2024-03-01"}]
    with pytest.raises(HistoryError) as caught:
        imported(tmp_path, EXTRACTS | {"2024 CSDS activity": rows})
    assert {problem.column for problem in caught.value.problems} == {"AttendanceStatus", "Referral_TeamType"}


def test_every_preset_is_toml_of_reads_alone():
    for name in names():
        assert set(tomllib.loads(path_of(name).read_text(encoding="utf-8"))) == {"read"}


WORDS = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["", " ", "*", "5", "ED", "12", "p1", "1-101", "\x00", "0", "-1", "1e400", "NaN", "inf", "31/12/9999 23:59",
                     "2024-02-30", "0001-01-01", "9999-12-31T23:59:59-12:00", "\u202e", "NULL", '"', "a\nb", "é" * 300]),
)  # fmt: skip


@given(data=st.data())
def test_whatever_the_cells_say_the_history_is_sound(tmp_path_factory, data):
    tmp_path = tmp_path_factory.mktemp("presets")
    extracts = {name: [dict(row) for row in rows] for name, rows in EXTRACTS.items()}
    for name in list(extracts)[2:]:
        for row in extracts[name]:
            for column in data.draw(st.lists(st.sampled_from(list(row)), max_size=3, unique=True)):
                row[column] = data.draw(WORDS)
    report, tables = imported(tmp_path, extracts)
    assert not check(tmp_path / "history").errors
    over = sum(report.passed_over.values())
    kept = sum(len(table) for table in tables.values())
    assert sum(report.read.values()) == kept + sum(one.rows for one in report.dropped) + over
