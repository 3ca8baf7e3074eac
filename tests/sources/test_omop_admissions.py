"""Admissions of an OMOP extract: when their diagnoses are known, and which visits are one."""

import pandas as pd

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
