"""HES extracts: episodes to spells, what stands for unknown, attendances, and a fall that is seen before it is coded."""

import csv

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.problems import HistoryError
from features.sources.importing import import_history


def episode(key, start, end="", **more):
    return {"EPIKEY": key, "TOKEN_PERSON_ID": "a", "SEX": "2", "MYDOB": "071938", "PROCODE3": "RTH", "EPISTART": start, "EPIEND": end,
            "ADMIDATE": start, "DISDATE": end, "ADMIMETH": "21", "ADMISORC": "19", "DISDEST": "19", "DISMETH": "1",
            "DIAG_01": "J189"} | more  # fmt: skip


def attendance(day, time="10:45", **more):
    return {"TOKEN_PERSON_ID": "a", "ARRDATE_EC": day, "ARRTIME_EC": time, "DEPARTDATE_EC": day, "DEPARTTIME_EC": "14:00",
            "SEX": "2", "MYDOB": "071938", "PROCODE3": "RTH"} | more  # fmt: skip


def imported(tmp_path, episodes, attendances=(), **more):
    source = tmp_path / "hes"
    source.mkdir(exist_ok=True)
    for name, rows in (("APC_2021", episodes), ("ECDS_2021", attendances)):
        if rows:
            with (source / f"{name}.csv").open("w", newline="") as stream:
                writer = csv.DictWriter(stream, list(dict.fromkeys(key for row in rows for key in row)))
                writer.writeheader()
                writer.writerows(rows)
    report = import_history("hes", source, tmp_path / "history", **more)
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def spells(tmp_path, *episodes):
    rows = imported(tmp_path, list(episodes))[1]["spells"]
    days = [
        rows[name].dt.tz_convert("Europe/London").dt.strftime("%Y-%m-%d") for name in ("admitted_at", "discharged_at")
    ]
    return list(zip(rows["spell_id"], *days, rows["admission_method"], strict=True))


def test_one_episode_is_one_spell(tmp_path):
    report, tables = imported(tmp_path, [episode("1", "2021-06-01", "2021-06-05", DIAG_02="F03X", OPERTN_01="W371")])
    spell = tables["spells"].iloc[0]
    assert (spell["primary_diagnosis"], spell["secondary_diagnoses"], spell["procedures"]) == ("J189", "F03X", "W371")
    assert tables["residents"]["date_of_birth"].astype(str).tolist() == ["1938-07-15"]
    assert tables["residents"]["sex"].tolist() == ["F"]
    assert not report.dropped
    assert not check(tmp_path / "history").errors


def test_episodes_of_one_admission_are_one_spell_with_the_first_diagnosis_and_the_last_discharge(tmp_path):
    first = episode("1", "2021-06-01", "2021-06-03", DISMETH="8", DISDEST="98", DISDATE="")
    second = episode(
        "2", "2021-06-03", "2021-06-09", ADMIDATE="2021-06-01", DISDATE="2021-06-09", DIAG_01="I500", DISDEST="54"
    )
    rows = imported(tmp_path, [second, first])[1]["spells"]
    assert rows["primary_diagnosis"].tolist() == ["J189"]
    assert rows["discharge_destination"].tolist() == ["54"]
    assert spells(tmp_path, second, first) == [("1", "2021-06-01", "2021-06-09", "21")]


def test_an_unfinished_episode_goes_on_where_it_ended_whatever_the_day_of_admission_says(tmp_path):
    first = episode("1", "2021-06-01", "2021-06-03", DISMETH="8", DISDATE="")
    second = episode("2", "2021-06-03", "2021-06-09", ADMIDATE="2021-06-02")
    assert spells(tmp_path, first, second) == [("1", "2021-06-01", "2021-06-09", "21")]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ({"DISDEST": "51"}, {}, True),
        ({}, {"ADMISORC": "52"}, True),
        ({}, {"ADMIMETH": "2B"}, True),
        ({}, {"ADMIMETH": "81"}, True),
        ({}, {}, False),
        ({"DISDEST": "51"}, {"EPISTART": "2021-06-09", "ADMIDATE": "2021-06-09"}, False),
    ],
)
def test_transfers_within_three_days_are_one_continuous_spell(tmp_path, first, second, joined):
    rows = spells(tmp_path, episode("1", "2021-06-01", "2021-06-05") | first,
                  episode("2", "2021-06-07", "2021-06-20", PROCODE3="RXX") | second)  # fmt: skip
    assert len(rows) == (1 if joined else 2)
    assert rows[0][:2] == ("1", "2021-06-01")
    assert rows[-1][2] == "2021-06-20"


@pytest.mark.parametrize("unknown", ["1800-01-01", "1801-01-01", "1582-10-15", "1900-01-01", ""])
def test_days_that_stand_for_unknown_are_missing(tmp_path, unknown):
    assert pd.isna(
        imported(tmp_path, [episode("1", "2021-06-01", DISDATE=unknown, EPIEND=unknown)])[1]["spells"][
            "discharged_at"
        ].iloc[0]
    )


@pytest.mark.parametrize("written", ["2021-06-01", "20210601", "01/06/2021"])
def test_days_may_be_written_in_three_ways(tmp_path, written):
    assert spells(tmp_path, episode("1", written, "2021-06-05"))[0][1] == "2021-06-01"


def test_a_death_in_hospital_is_the_death_of_the_resident(tmp_path):
    tables = imported(tmp_path, [episode("1", "2021-06-01", "2021-06-05", DISMETH="4", DISDEST="79")])[1]
    assert tables["residents"]["died_on"].dt.tz_convert("Europe/London").dt.strftime("%Y-%m-%d").tolist() == [
        "2021-06-05"
    ]
    assert tables["stays"]["moved_out"].notna().all()


def test_methods_that_are_not_in_the_dictionary_are_unknown(tmp_path):
    assert spells(tmp_path, episode("1", "2021-06-01", "2021-06-05", ADMIMETH="7"))[0][3] == "99"


def test_attendances_ambulances_and_falls_are_events_of_the_arrival(tmp_path):
    rows = [
        attendance("2021-06-01", ARRMODE_EC="1048031000000100", CHIEF_EC="161898004"),
        attendance("2021-07-01", "0930", DEPTYPE_EC="5"),
    ]
    report, tables = imported(tmp_path, [episode("1", "2021-06-01", "2021-06-05")], rows)
    events = tables["events"].assign(
        time=lambda t: t["time"].dt.tz_convert("Europe/London").dt.strftime("%Y-%m-%d %H:%M")
    )
    assert sorted(zip(events["code"], events["time"], events["value"].fillna(-1), strict=True)) == [
        ("SNOMED:161898004", "2021-06-01 10:45", -1), ("ambulance_callout", "2021-06-01 10:45", 1.0),
        ("ed_attendance", "2021-06-01 10:45", -1), ("sdec_attendance", "2021-07-01 09:30", -1)]  # fmt: skip
    assert report.mapped_rows == 1
    assert any("RTH is in ECDS from 2021-07-01" in note for note in report.notes)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (episode("2", "2021-06-09", "2021-06-01"), "episode ends before it starts"),
        (episode("2", "", "2021-06-01", ADMIDATE=""), "no day of admission or episode start"),
        (episode("2", "2021-06-01", "2021-06-02", TOKEN_PERSON_ID=""), "no person"),
    ],
)
def test_rows_that_cannot_be_are_dropped_and_strict_refuses_them(tmp_path, row, reason):
    report, _ = imported(tmp_path, [episode("1", "2021-06-01", "2021-06-05"), row])
    assert [(one.reason, one.rows, one.example) for one in report.dropped] == [(reason, 1, "row 2")]
    with pytest.raises(HistoryError, match=reason):
        imported(tmp_path, [episode("1", "2021-06-01", "2021-06-05"), row], strict=True)


def test_people_without_a_month_of_birth_are_counted_and_left_out(tmp_path):
    report, tables = imported(
        tmp_path,
        [
            episode("1", "2021-06-01", "2021-06-05"),
            episode("2", "2021-06-01", "2021-06-05", TOKEN_PERSON_ID="b", MYDOB=""),
        ],
    )
    assert tables["residents"]["resident_id"].tolist() == ["a"]
    assert tables["spells"]["resident_id"].tolist() == ["a"]
    assert [one.reason for one in report.dropped] == ["no month of birth in any record"]


def test_a_folder_without_apc_is_refused(tmp_path):
    (tmp_path / "hes").mkdir()
    (tmp_path / "hes/other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(HistoryError, match="APC"):
        import_history("hes", tmp_path / "hes", tmp_path / "history")
