"""Visit details: an arrival in emergency care and the ward it led to, each once and at its own time."""

import pytest

from features.check import check
from tests.sources.test_omop import folder, imported, reasons, visit


def detail(number, of, concept, start, person="1", **more):
    return {"visit_detail_id": number, "visit_occurrence_id": of, "person_id": person, "visit_detail_concept_id": concept,
            "visit_detail_start_datetime": start, **more}  # fmt: skip


def told(tmp_path, visits, details):
    """Arrivals as (time, record), spells as (id, admitted, method, provider), and the report."""
    report, tables = imported(tmp_path, folder(tmp_path, visit_occurrence=visits, visit_detail=details))
    assert not check(tmp_path / "history").errors
    events, spells = tables["events"].sort_values("time"), tables["spells"]
    arrivals = list(zip(events["time"].dt.strftime("%d %H:%M"), events["record_id"], strict=True))
    spells = spells.assign(at=spells["admitted_at"].dt.strftime("%d %H:%M"))
    rows = spells[["spell_id", "at", "admission_method", "provider"]].fillna("").itertuples(index=False)
    return arrivals, [tuple(row) for row in rows], report


ONE = {"start": "2021-03-01 09:00", "end": "2021-03-05 12:00"}
ROOM, WARD = "2021-03-01 09:10", "2021-03-01 14:30"


@pytest.mark.parametrize("concept", ["262", "9201"])
def test_an_emergency_room_is_an_attendance_and_the_first_ward_the_admission(tmp_path, concept):
    details = [
        detail("71", "7", "8870", ROOM, care_site_id="60"),
        detail("72", "7", "9201", WARD, care_site_id="61"),
        detail("73", "7", "32037", "2021-03-02 03:00", care_site_id="62"),
    ]
    arrivals, spells, report = told(tmp_path, [visit("7", concept=concept, **ONE)], details)
    assert arrivals == [("01 09:10", "visit_detail:71")]
    assert spells == [("7", "01 14:30", "21", "61")]
    assert not report.dropped


def test_without_details_the_combined_visit_is_an_attendance_at_its_start(tmp_path):
    arrivals, spells, _ = told(tmp_path, [visit("7", concept="262", care_site_id="60", **ONE)], [])
    assert arrivals == [("01 09:00", "visit_occurrence:7")]
    assert spells == [("7", "01 09:00", "21", "60")]


def test_an_emergency_visit_with_a_ward_is_both(tmp_path):
    details = [detail("71", "7", "9203", ROOM), detail("72", "7", "8717", WARD)]
    arrivals, spells, _ = told(tmp_path, [visit("7", concept="9203", **ONE)], details)
    assert arrivals == [("01 09:00", "visit_occurrence:7")]
    assert spells == [("7", "01 14:30", "21", "")]


def test_moves_between_wards_are_one_spell_from_its_start(tmp_path):
    details = [detail("72", "7", "9201", WARD), detail("73", "7", "9201", "2021-03-02 10:00")]
    arrivals, spells, _ = told(tmp_path, [visit("7", care_site_id="60", **ONE)], details)
    assert not arrivals
    assert spells == [("7", "01 09:00", "99", "60")]


def test_an_emergency_room_after_the_ward_is_no_arrival(tmp_path):
    details = [detail("71", "7", "9201", "2021-03-01 09:00"), detail("72", "7", "9203", "2021-03-03 10:00")]
    arrivals, spells, _ = told(tmp_path, [visit("7", **ONE)], details)
    assert not arrivals
    assert spells == [("7", "01 09:00", "99", "")]


TWICE = {
    "visit and detail at one time": visit("5", concept="9203", start="2021-03-01 09:10", end="2021-03-01 14:30"),
    "visit ends the evening before": visit("5", concept="9203", start="2021-02-28 20:00", end="2021-02-28 23:50"),
    "visit of the day alone": visit("5", concept="9203", start="2021-03-01", end="2021-03-01"),
    "visit later that day by another clock": visit(
        "5", concept="9203", start="2021-03-01 10:10", end="2021-03-01 15:30"
    ),
}


@pytest.mark.parametrize("seen", TWICE.values(), ids=TWICE)
def test_an_arrival_told_by_a_visit_of_its_own_too_counts_once(tmp_path, seen):
    details = [detail("71", "7", "9203", ROOM), detail("72", "7", "9201", WARD)]
    arrivals, spells, _ = told(tmp_path, [seen, visit("7", concept="262", **ONE)], details)
    assert [record for _, record in arrivals] == ["visit_occurrence:5"]
    assert spells == [("7", "01 14:30", "21", "")]


@pytest.mark.parametrize(
    "seen",
    [
        visit("5", concept="9203", start="2021-02-20 10:00", end="2021-02-20 12:00"),
        visit("5", "-9007199254740993", "9203", "2021-03-01 09:10", "2021-03-01 14:30"),
    ],
    ids=["days before", "another person"],
)
def test_another_attendance_stays_one(tmp_path, seen):
    arrivals, _, _ = told(tmp_path, [seen, visit("7", concept="262", **ONE)], [detail("71", "7", "9203", ROOM)])
    assert {record for _, record in arrivals} == {"visit_occurrence:5", "visit_detail:71"}


def test_days_alone_are_enough_even_on_the_last_day_and_in_summer(tmp_path):
    """CDM 5.3 asks for dates alone, and a ward may begin on the day of discharge, which is told as its midnight."""
    days = {"start": "2021-06-01", "end": "2021-06-01"}
    room = detail("71", "7", "9203", "", visit_detail_start_date="2021-06-01")
    ward = detail("72", "7", "9201", "2021-06-01 16:00", visit_detail_start_date="2021-06-01")
    arrivals, spells, report = told(tmp_path, [visit("7", concept="262", **days)], [room, ward])
    assert arrivals == [("31 23:00", "visit_detail:71")], "midnight in London, in summer, by UTC"
    assert spells == [("7", "31 23:00", "21", "")]
    assert not report.dropped


WRONG = [
    (detail("", "7", "9203", ROOM), "no visit_detail_id"),
    (detail("72", "7", "9203", ROOM, person="-9007199254740993"), "not the person of its visit"),
    (detail("72", "7", "9203", "sometime"), "no start that can be read"),
    (detail("72", "7", "9203", "2021-04-01 10:00"), "begins outside its visit"),
    (detail("71", "7", "9203", "2021-03-02 10:00"), "the same visit_detail_id twice"),
]


@pytest.mark.parametrize(("row", "reason"), WRONG)
def test_details_that_cannot_be_are_dropped_and_counted(tmp_path, row, reason):
    arrivals, _, report = told(tmp_path, [visit("7", concept="262", **ONE)], [detail("71", "7", "9203", ROOM), row])
    assert arrivals == [("01 09:10", "visit_detail:71")]
    assert reasons(report) == {("visit_detail.csv", reason): (1, "row 2")}


def test_details_of_other_visits_are_passed_over_and_said(tmp_path):
    visits = [visit("7", concept="9202", **ONE)]
    details = [detail("71", "7", "9202", ROOM), detail("72", "404", "9203", ROOM)]
    arrivals, spells, report = told(tmp_path, visits, details)
    assert not arrivals
    assert not spells
    assert report.passed_over["visit_detail, of neither a ward nor emergency care in a hospital visit"] == 2
    assert report.passed_over["visit_occurrence, neither in hospital nor in a facility"] == 1


def test_visit_concepts_that_nobody_has_sorted_are_named(tmp_path):
    report, _ = imported(
        tmp_path, folder(tmp_path, visit_occurrence=[visit("1", concept="4711"), visit("2", concept="9202")])
    )
    assert any("4711 (1)" in note and "9202" not in note for note in report.notes)


def test_the_names_of_version_5_3_are_read(tmp_path):
    visits = [visit("7", admitting_source_concept_id="8870", discharge_to_source_value="19", **ONE)]
    spells = imported(tmp_path, folder(tmp_path, visit_occurrence=visits))[1]["spells"]
    assert spells[["admission_method", "discharge_destination"]].to_numpy().tolist() == [["21", "19"]]
