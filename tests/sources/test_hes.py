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
        attendance("2021-07-01", "0930", EC_DEPARTMENT_TYPE="5"),
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
        (episode("2", "2021-06-01", "2021-06-02", TOKEN_PERSON_ID="999999999"), "no person"),
        (
            episode("2", "2021-06-09", DISDATE="2021-06-08", ADMIDATE="2021-06-01"),
            "discharged before the episode starts",
        ),
        (episode("2", "2021-06-01", TOKEN_PERSON_ID="b", MYDOB="072021"), "born after the person's first record"),
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
    reason = "no month of birth in any record of the person"
    assert [(one.file, one.reason, one.rows, one.example) for one in report.dropped] == [
        ("APC_2021.csv", reason, 1, "row 2")
    ]


def test_a_folder_without_apc_is_refused(tmp_path):
    (tmp_path / "hes").mkdir()
    (tmp_path / "hes/other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(HistoryError, match="APC"):
        import_history("hes", tmp_path / "hes", tmp_path / "history")


def test_a_table_of_headings_alone_is_no_apc(tmp_path):
    (tmp_path / "hes").mkdir()
    (tmp_path / "hes/apc.csv").write_text(",".join(episode("1", "")) + "\n")
    with pytest.raises(HistoryError, match="no table with rows"):
        import_history("hes", tmp_path / "hes", tmp_path / "history")


def test_a_folder_where_nobody_has_a_birthday_is_refused(tmp_path):
    with pytest.raises(HistoryError, match="month of birth"):
        imported(tmp_path, [episode("1", "2021-06-01", MYDOB="")])


def test_an_episode_told_as_unfinished_and_again_as_finished_is_over(tmp_path):
    """At the end of a year an episode is told as it is then, and whole in the next year's extract."""
    then = episode("1", "2021-03-20", EPISTAT="1", DISMETH="8")
    now = episode("2", "2021-03-20", "2021-04-03", EPISTAT="3")
    assert spells(tmp_path, then, now) == spells(tmp_path, now, then)
    assert [row[1:3] for row in spells(tmp_path, then, now)] == [("2021-03-20", "2021-04-03")]


def test_an_episode_that_goes_on_keeps_its_spell_open(tmp_path):
    first = episode("1", "2021-06-01", "2021-06-03", DISMETH="8", DISDATE="")
    second = episode("2", "2021-06-03", ADMIDATE="2021-06-01", EPISTAT="1")
    rows = imported(tmp_path, [second, first])[1]["spells"]
    assert rows["discharged_at"].isna().tolist() == [True]


def test_an_epikey_counts_once_with_its_discharge(tmp_path):
    rows = [
        episode("1", "2021-06-01", "2021-06-05"),
        episode("1", "2021-06-01"),
        episode("1", "2021-06-01", TOKEN_PERSON_ID="b"),
    ]
    report, tables = imported(tmp_path, rows)
    assert tables["spells"][["resident_id", "discharged_at"]].notna().to_numpy().tolist() == [
        [True, True],
        [True, False],
    ]
    assert report.passed_over["episode that stands again under its EPIKEY"] == 1


def test_what_begins_inside_a_spell_of_the_same_provider_belongs_to_it(tmp_path):
    rows = [episode("1", "2021-06-01", "2021-06-20"), episode("2", "2021-06-05", "2021-06-06", DISDEST="29"),
            episode("3", "2021-06-10", "2021-06-11"), episode("4", "2021-06-10", "2021-06-11", PROCODE3="RXX")]  # fmt: skip
    assert [row[1:3] for row in spells(tmp_path, *rows)] == [("2021-06-01", "2021-06-20"), ("2021-06-10", "2021-06-11")]
    assert imported(tmp_path, rows)[1]["spells"]["discharge_destination"].tolist() == ["19", "19"]


@pytest.mark.parametrize(
    ("more", "says"),
    [({"EPITYPE": "3"}, "episode of a birth"), ({"EPITYPE": "6"}, "episode of a birth"), ({"CLASSPAT": "3"}, "regular day or night attender"),
     ({"CLASSPAT": "4"}, "regular day or night attender"), ({"EPITYPE": "4"}, None), ({"CLASSPAT": "2"}, None)],
)  # fmt: skip
def test_births_and_regular_attenders_are_no_admissions(tmp_path, more, says):
    report, tables = imported(
        tmp_path, [episode("1", "2021-06-01", "2021-06-05"), episode("2", "2021-08-01", "2021-08-01") | more]
    )
    assert len(tables["spells"]) == (1 if says else 2)
    assert report.passed_over.get(says, 0) == bool(says)


def test_the_clock_is_londons_on_the_day_that_it_changes(tmp_path):
    rows = [
        attendance("2021-03-28", "10:45"),
        attendance("28/03/2021", "101500"),
        attendance("20210328", "3000", DEPARTTIME_EC=""),
    ]
    events = imported(tmp_path, [episode("1", "2021-06-01", "2021-06-05")], rows)[1]["events"]
    assert sorted(events["time"].dt.strftime("%H:%M")) == ["00:00", "09:15", "09:45"]


def sus(**more):
    return {"APCE_Ident": "1", "Der_Pseudo_NHS_Number": "a", "Sex": "2", "Ethnic_Group": "A", "Month_of_Birth": "7", "Year_of_Birth": "1938",
            "Der_Provider_Code": "RTH08", "Admission_Date": "2021-06-01", "Admission_Method": "2a", "Source_of_Admission": "54",
            "Discharge_Date": "2021-06-05", "Discharge_Destination": "85", "Discharge_Method": "1",
            "Der_Diagnosis_All": "||J18.1D ,I10X ,", "Der_Procedure_All": "||W371 ,Z94.2"} | more  # fmt: skip


def test_sus_has_names_of_its_own(tmp_path):
    seen = {"Der_Pseudo_NHS_Number": "a", "Der_EC_Arrival_Date_Time": "2021-08-01 09:30:00", "Arrival_Date": "2021-08-01", "EC_Department_Type": "05",
            "EC_Departure_Date": "2021-08-01", "Der_Provider_Code": "RTH08", "EC_Arrival_Mode_SNOMED_CT": "1048031000000100"}  # fmt: skip
    planned, again = {"EC_AttendanceCategory": "4"}, {"Der_Dupe_Flag": "1"}
    report, tables = imported(tmp_path, [sus(), sus(APCE_Ident="2", Der_Diagnosis_All="", Admission_Date="2021-09-01", Discharge_Date="2021-09-01", Der_Primary_Diagnosis_Code="N390")],
                              [seen | planned, seen | again, seen])  # fmt: skip
    spell = tables["spells"].iloc[0]
    assert (
        spell["admission_method"],
        spell["primary_diagnosis"],
        spell["secondary_diagnoses"],
        spell["procedures"],
    ) == ("2A", "J181", "I10X", "W371;Z942")
    assert (spell["provider"], spell["discharge_destination"]) == ("RTH", "85")
    assert tables["spells"]["primary_diagnosis"].tolist()[1] == "N390"
    assert tables["residents"][["date_of_birth", "ethnicity"]].astype(str).to_numpy().tolist() == [["1938-07-15", "A"]]
    assert sorted(tables["events"]["code"]) == ["ambulance_callout", "sdec_attendance"]
    assert tables["events"]["time"].dt.strftime("%H:%M").tolist() == ["08:30", "08:30"]
    assert report.passed_over["planned follow-up or duplicate attendance"] == 2
    assert (
        "of 2 spells 2 came from a care home by their codes and 2 went to one; most residents are coded as at home"
        in report.notes
    )
    assert not check(tmp_path / "history").errors


def test_the_report_says_where_same_day_care_breaks_the_series(tmp_path):
    short = [episode(str(n), day, day) for n, day in enumerate(("2021-01-01", "2021-02-01", "2021-09-01"))]
    rows = [attendance("2021-07-01", EC_DEPARTMENT_TYPE="05")]
    report = imported(tmp_path, short, rows)[0]
    assert any("RTH is in ECDS from 2021-07-01" in note and "2 before and 1 since" in note for note in report.notes)
    assert not any("not told apart" in note for note in report.notes)
    assert any("not told apart" in note for note in imported(tmp_path, short, [attendance("2021-07-01")])[0].notes)


def emergency(day, time="1045", **more):
    return {"ENCRYPTED_HESID": "a", "ARRIVALDATE": day, "ARRIVALTIME": time, "DEPDUR": "120", "SEX": "2", "MYDOB": "071938", "PROCODE3": "RTH",
            "AEDEPTTYPE": "01", "AEARRIVALMODE": "2", "AEATTENDCAT": "1", "AEATTENDDISP": "03", "AEPATGROUP": "80"} | more  # fmt: skip


def test_the_older_emergency_data_set_is_read_too(tmp_path):
    rows = [
        emergency("2018-06-01", AEARRIVALMODE="1"),
        emergency("2018-07-01", AEATTENDCAT="2"),
        emergency("2018-08-01", AEATTENDDISP="10"),
    ]
    report, tables = imported(tmp_path, [episode("1", "2017-06-01", "2017-06-05")], rows)
    assert sorted(tables["events"]["code"]) == ["ambulance_callout", "ed_attendance", "ed_attendance"]
    assert tables["residents"]["died_on"].tolist() == [pd.Timestamp("2018-08-01T11:45:00Z")]
    assert report.passed_over["planned follow-up or duplicate attendance"] == 1


def test_an_attendance_that_both_data_sets_tell_counts_once(tmp_path):
    (tmp_path / "hes").mkdir()
    row = emergency("2018-06-01", "10:45")
    (tmp_path / "hes/AE.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    report, tables = imported(tmp_path, [episode("1", "2017-06-01", "2017-06-05")], [attendance("2018-06-01")])
    assert tables["events"]["code"].tolist() == ["ed_attendance"]
    assert report.passed_over["attendance that stands again"] == 1


def test_a_death_in_hospital_is_at_the_end_of_its_day(tmp_path):
    """So an attendance of that day is not after it."""
    rows = [attendance("2021-06-05", "10:45")]
    tables = imported(tmp_path, [episode("1", "2021-06-01", "2021-06-05", DISMETH="4")], rows)[1]
    assert tables["residents"]["died_on"].tolist() == [pd.Timestamp("2021-06-05T22:59:59.999999Z")]
    assert not check(tmp_path / "history").errors


def test_a_day_case_and_an_emergency_of_one_day_are_two_spells_by_their_numbers(tmp_path):
    """And episodes of one number are one spell, though the other began among them."""
    day = episode("1", "2022-03-01", "2022-03-01", PROVSPNOPS="S1", ADMIMETH="11", DIAG_01="H269")
    stay = episode("2", "2022-03-01", "2022-03-04", PROVSPNOPS="S2", DISMETH="8", DISDATE="")
    on = episode("3", "2022-03-04", "2022-03-09", PROVSPNOPS="S2", ADMIDATE="2022-03-01")
    other = episode("4", "2022-03-02", "2022-03-02", PROVSPNOPS="S3", ADMIMETH="12")
    wanted = [("1", "2022-03-01", "2022-03-01", "11"), ("2", "2022-03-01", "2022-03-09", "21"),
              ("4", "2022-03-02", "2022-03-02", "12")]  # fmt: skip
    assert spells(tmp_path, on, stay, day, other) == wanted
    without = [one | {"PROVSPNOPS": ""} for one in (on, stay, day)]
    assert [row[:3] for row in spells(tmp_path, *without)] == [("1", "2022-03-01", "2022-03-09")]


def test_a_transfer_is_from_the_spell_that_ended_last(tmp_path):
    """Not from a short one inside it, whose end is long past; a day case that lies between stays one of its own."""
    long = episode("1", "2022-03-01", "2022-03-20")
    short = episode("2", "2022-03-05", "2022-03-07", ADMIMETH="81", DISDEST="51", PROCODE3="RBB")
    between = episode("3", "2022-03-12", "2022-03-12", ADMIMETH="11", PROCODE3="RDD")
    moved = episode("4", "2022-03-21", "2022-03-25", ADMIMETH="2B", PROCODE3="RCC")
    wanted = [("1", "2022-03-01", "2022-03-25", "21"), ("3", "2022-03-12", "2022-03-12", "11")]
    assert spells(tmp_path, moved, between, short, long) == wanted
