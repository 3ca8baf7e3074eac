"""Admissions of an OMOP extract: when their diagnoses are known, and which visits are one."""

import pandas as pd
import pytest

from features.check import check
from features.history import open_history
from features.visibility import known
from tests.sources.test_omop import folder, imported, visit

GRACE = 6 * 3600 * 10**6
STAY = {"start": "2022-03-01", "end": "2022-03-10"}


def condition(number, code, visit_id="10", day="2022-03-01"):
    return {"condition_occurrence_id": number, "person_id": "1", "condition_concept_id": "0", "condition_source_value": code,
            "condition_start_date": day, "visit_occurrence_id": visit_id}  # fmt: skip


def visible(history, day):
    """Codes of the events that are known on the list of that day."""
    events = open_history(history)["events"]
    now = known(events).at(int(pd.Timestamp(day, tz="Europe/London").timestamp() * 1e6), GRACE)
    return {code for code, there in zip(events["code"].to_pylist(), now, strict=True) if there}


def test_diagnoses_of_an_admission_are_known_when_it_is_coded_and_not_before(tmp_path):
    """Otherwise a list would show, days after the admission, what the hospital's coders say weeks later."""
    weight = {"measurement_id": "1", "person_id": "1", "visit_occurrence_id": "10", "measurement_date": "2022-03-02",
              "measurement_source_value": "29463-7", "value_as_number": "60"}  # fmt: skip
    rows = [condition("5", "F03"), condition("6", "J44.1"), condition("7", "E11.9", "")]
    imported(
        tmp_path,
        folder(tmp_path, visit_occurrence=[visit("10", **STAY)], condition_occurrence=rows, measurement=[weight]),
    )
    coded, early = {"ICD10:F03", "ICD10:J44.1"}, {"ICD10:E11.9", "LOINC:29463-7"}
    assert visible(tmp_path / "history", "2022-03-07") == early
    assert visible(tmp_path / "history", "2022-03-28") == early
    assert visible(tmp_path / "history", "2022-04-18") == early
    assert visible(tmp_path / "history", "2022-04-25") == early | coded, "42 days after the discharge"
    assert not check(tmp_path / "history").errors


def test_diagnoses_of_an_admission_without_an_end_are_coded_after_its_beginning(tmp_path):
    source = folder(
        tmp_path,
        visit_occurrence=[visit("10", start="2022-03-01", end="")],
        condition_occurrence=[condition("5", "F03")],
    )
    imported(tmp_path, source)
    assert visible(tmp_path / "history", "2022-04-11") == set()
    assert visible(tmp_path / "history", "2022-04-18") == {"ICD10:F03"}


def test_diagnoses_at_the_end_of_time_are_no_trap(tmp_path):
    visits = [visit("10", start="9999-12-01", end="9999-12-31")]
    periods = [
        {"person_id": "1", "observation_period_start_date": "2020-01-06", "observation_period_end_date": "9999-12-31"}
    ]
    rows = [condition("5", "F03", day="9999-12-01")]
    source = folder(tmp_path, observation_period=periods, visit_occurrence=visits, condition_occurrence=rows)
    imported(tmp_path, source)
    assert not check(tmp_path / "history").errors


INTENSIVE = [
    visit("10", concept="262", start="2022-03-01 08:00", end="2022-03-10 10:00"),
    visit("11", concept="32037", start="2022-03-02 08:00", end="2022-03-04 10:00"),
    visit("12", concept="9203", start="2022-03-01 08:00", end="2022-03-01 12:00"),
]
INSIDE = "visit_occurrence, inside another inpatient visit of the person"


def spells(tables):
    """Spells as (id, method, end) in the order of their beginning."""
    rows = tables["spells"].sort_values("admitted_at")
    return list(
        zip(rows["spell_id"], rows["admission_method"], rows["discharged_at"].dt.strftime("%d %H:%M"), strict=True)
    )


def test_intensive_care_within_a_visit_is_part_of_its_spell(tmp_path):
    rows = [condition("5", "J44.1"), condition("6", "J96.0", "11", "2022-03-02")]
    report, tables = imported(tmp_path, folder(tmp_path, visit_occurrence=INTENSIVE, condition_occurrence=rows))
    assert spells(tables) == [("10", "21", "10 10:00")]
    assert tables["spells"][["primary_diagnosis", "secondary_diagnoses"]].to_numpy().tolist() == [["J441", "J960"]]
    events = tables["events"].set_index("code")
    assert (events["source"].drop("ed_attendance") == "hospital").all()
    assert events.loc["ICD10:J96.0", "recorded_at"] == pd.Timestamp("2022-04-21 10:00", tz="UTC"), (
        "coded with the spell"
    )
    assert report.passed_over[INSIDE] == 1
    assert not report.dropped


OTHERS = {
    "of another person": visit("11", "-9007199254740993", start="2022-03-02 08:00", end="2022-03-04 10:00"),
    "that goes on after it": visit("11", start="2022-03-02 08:00", end="2022-03-10 10:01"),
    "that began after it": visit("11", start="2022-03-10 10:01", end="2022-03-10 18:00"),
    "without an end": visit("11", start="2022-03-02 08:00", end=""),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_visit_that_is_not_inside_another_is_a_spell_of_its_own(tmp_path, other):
    report, tables = imported(tmp_path, folder(tmp_path, visit_occurrence=[INTENSIVE[0], other]))
    assert tables["spells"]["spell_id"].tolist() == ["10", "11"]
    assert INSIDE not in report.passed_over


def test_a_visit_without_an_end_holds_no_others(tmp_path):
    visits = [visit("10", start="2022-03-01", end=""), visit("11", start="2022-06-01", end="2022-06-03")]
    assert len(imported(tmp_path, folder(tmp_path, visit_occurrence=visits))[1]["spells"]) == 2


def test_wards_that_are_visits_within_one_another_are_one_spell_and_the_first_says_how_it_began(tmp_path):
    visits = [visit("13", concept="32037", start="2022-03-03", end="2022-03-04"), visit("12", start="2022-03-02", end="2022-03-05"),
              visit("11", concept="262", start="2022-03-01", end="2022-03-02"), visit("10", start="2022-03-01", end="2022-03-10"),
              visit("14", start="2022-03-10", end="2022-03-11")]  # fmt: skip
    report, tables = imported(tmp_path, folder(tmp_path, visit_occurrence=visits))
    assert spells(tables) == [("10", "21", "10 00:00"), ("14", "99", "11 00:00")]
    assert (tables["events"]["code"] == "ed_attendance").sum() == 1
    assert report.passed_over[INSIDE] == 2, "the visit of the arrival is in the history"


def test_an_end_day_without_a_clock_is_the_end_of_that_day(tmp_path):
    visits = [visit("10", start="2022-06-01", end="2022-06-01", visit_start_datetime="2022-06-01T08:00:00"),
              visit("11", start="2022-07-01", end="2022-07-03", visit_start_datetime="2022-07-01T08:00:00"),
              visit("12", concept="32037", start="2022-07-02", end="2022-07-03", visit_end_datetime="2022-07-03T10:00:00"),
              visit("13", start="2022-08-01", end="2022-08-03")]  # fmt: skip
    report, tables = imported(tmp_path, folder(tmp_path, visit_occurrence=visits))
    assert not report.dropped
    assert [(number, end) for number, _, end in spells(tables)] == [
        ("10", "01 22:59"),
        ("11", "03 22:59"),
        ("13", "02 23:00"),
    ]
