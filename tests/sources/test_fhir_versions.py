"""Versions of a resource: the last holds, whatever the order of the files, and what was wrong is wrong from then on."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from features.check import check
from features.history import open_history
from features.visibility import known
from tests.sources.fhir_resources import ICD, concept, condition, encounter, folder, imported, observation, patient

ERROR = {"status": "entered-in-error"}


def at(day):
    return {"meta": {"lastUpdated": f"2021-03-{day:02}T12:00:00Z"}}


def visible(history, day):
    """Codes of events that count on a day of March."""
    events = open_history(history)["events"]
    mask = known(events).at(int(datetime(2021, 3, day, tzinfo=UTC).timestamp() * 1e6), 0)
    return [code for code, one in zip(events["code"].to_pylist(), mask, strict=True) if one]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("recorded", [{"issued": "2021-03-02T12:00:00Z"}, {}])
def test_what_was_entered_in_error_counts_until_that_was_said(tmp_path, swapped, recorded):
    parts = [{"code": concept("44054006"), "valueQuantity": {"value": 1}}]
    first = observation("o", code=concept("84114007"), component=parts, **recorded, **at(2))
    rows = [first, observation("o") | ERROR | at(20)]
    report, tables = imported(
        tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), *(rows[::-1] if swapped else rows))
    )
    events = tables["events"]
    assert events["retracted"].fillna(False).tolist() == [False, True, False, True]
    assert events["record_id"].nunique() == 2
    assert events["recorded_at"].tolist() == [pd.Timestamp(f"2021-03-{day}T12:00:00Z") for day in ("02", "20")] * 2
    assert [len(visible(tmp_path / "history", day)) for day in (2, 3, 20, 21)] == [0, 2, 2, 0]
    assert not report.dropped
    assert not check(tmp_path / "history").errors


@pytest.mark.parametrize(
    ("versions", "seen"),
    [
        ([at(2), ERROR], []),
        ([{}, ERROR | at(20)], []),
        ([{"issued": "2021-03-25T12:00:00Z"} | at(2), ERROR | at(20)], []),
        ([at(2), ERROR | at(10), at(20)], [25]),
        ([ERROR | at(10)], []),
    ],
)
def test_what_never_counted_or_counts_again(tmp_path, versions, seen):
    """In error for ever where no time says since when, or before it was known; right again by a later version."""
    rows = [observation("o", code=concept("84114007")) | one for one in versions]
    imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), *rows))
    assert [day for day in (1, 15, 25) if visible(tmp_path / "history", day)] == seen


@pytest.mark.parametrize("swapped", [False, True])
def test_an_encounter_and_a_patient_are_as_their_last_version_says(tmp_path, swapped):
    rows = [
        [encounter("e", end=None) | at(2), encounter("e") | at(6)],
        [encounter("f", "EMER") | at(2), encounter("f", "EMER") | ERROR | at(6)],
        [patient("1", gender="male") | at(2), patient("1", deceasedDateTime="2021-04-01T00:00:00Z") | at(6)],
    ]
    report, tables = imported(
        tmp_path, folder(tmp_path, *(one for two in rows for one in (two[::-1] if swapped else two)))
    )
    assert tables["spells"]["discharged_at"].tolist() == [pd.Timestamp("2021-03-05T09:00:00Z")]
    assert not len(tables["events"])
    assert tables["residents"][["sex", "died_on"]].to_numpy().tolist() == [["F", pd.Timestamp("2021-04-01T00:00:00Z")]]
    assert not report.dropped
    assert report.passed_over["Patient: an earlier version"] == 1


def test_without_a_time_the_last_in_order_holds(tmp_path):
    rows = [patient("1", gender="male"), patient("1"), encounter("e", end=None), encounter("e")]
    tables = imported(tmp_path, folder(tmp_path, *rows))[1]
    assert tables["residents"]["sex"].tolist() == ["F"]
    assert tables["spells"]["discharged_at"].notna().tolist() == [True]


def test_a_diagnosis_in_error_is_none_of_its_spell(tmp_path):
    here = {"encounter": {"reference": "Encounter/e"}}
    rows = [condition("c", "J18.9", ICD, **here) | at(2), condition("d", "N39.0", ICD, **here) | at(2),
            condition("c", verificationStatus=concept("entered-in-error", "x")) | at(4)]  # fmt: skip
    tables = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e"), *rows))[1]
    assert tables["spells"]["primary_diagnosis"].tolist() == ["N390"]
