"""Care homes among the places of a FHIR export, and who lives there by which evidence."""

import pandas as pd
import pytest

from features.check import check
from tests.sources.fhir_resources import ODS, SCT, concept, encounter, folder, imported, patient, place

HOME = {"serviceProvider": {"reference": "Organization/home"}}
PERIOD = {"start": "2021-01-01T00:00:00Z", "end": "2021-02-01T00:00:00Z"}


def stays(tmp_path, *rows):
    tables = imported(tmp_path, folder(tmp_path, *rows))[1]
    assert not check(tmp_path / "history").errors
    days = [tables["stays"][name].dt.strftime("%Y-%m-%d").fillna("") for name in ("moved_in", "moved_out")]
    return list(zip(tables["stays"]["resident_id"], tables["stays"]["home_id"], *days, strict=True)), tables


def test_an_admission_to_a_care_home_is_a_stay_and_no_spell(tmp_path):
    rows = [
        encounter("e", "NONAC", end=None, **HOME),
        encounter("f", start="2021-04-01T10:00:00Z", end="2021-04-03T10:00:00Z"),
    ]
    found, tables = stays(tmp_path, patient("1"), *rows, place("Organization", "home"))
    assert found == [("1", "home", "2021-03-01", "")]
    assert tables["spells"]["spell_id"].tolist() == ["f"]
    home = tables["homes"].iloc[0]
    assert (home["name"], home["home_type"], home["beds"], home["practice"]) == ("The home", "nursing", 1, "unknown")


def test_a_bed_lies_in_a_room_in_a_home_and_has_a_period_of_its_own(tmp_path):
    bed = {"location": {"reference": "Location/bed"}, "period": PERIOD}
    rows = [
        {"resourceType": "Location", "id": "bed", "partOf": {"reference": "Location/room"}},
        {"resourceType": "Location", "id": "room", "managingOrganization": {"reference": "Organization/home"}},
        place("Organization", "home"),
        encounter("e", "IMP", start="2020-12-01T00:00:00Z", end=None, location=[bed]),
    ]
    assert stays(tmp_path, patient("1"), *rows)[0] == [("1", "home", "2021-01-01", "2021-02-01")]


def test_places_that_lie_in_one_another_are_no_home(tmp_path):
    rows = [
        {"resourceType": "Location", "id": "a", "partOf": {"reference": "Location/b"}},
        {"resourceType": "Location", "id": "b", "partOf": {"reference": "Location/a"}},
    ]
    at = [{"location": {"reference": "Location/a"}}]
    assert stays(tmp_path, patient("1"), *rows, encounter("e", location=at))[0] == [("1", "site", "2021-03-01", "")]


def test_who_runs_where_a_person_lives_and_home_visits_tell_it_too(tmp_path):
    rows = [
        patient("1", managingOrganization={"reference": "Organization/home"}), encounter("a", "AMB"),
        patient("2"), encounter("b", "HH", who="Patient/2", start="2020-06-01T10:00:00Z", end="2020-06-01T10:30:00Z", **HOME),
        encounter("c", "FLD", who="Patient/2", start="2021-03-01T10:00:00Z", end="2021-03-01T10:30:00Z", **HOME),
        patient("3"), encounter("d", "AMB", who="Patient/3"),
        place("Organization", "home"),
    ]  # fmt: skip
    found, tables = stays(tmp_path, *rows)
    assert found == [("1", "home", "2021-03-01", ""), ("2", "home", "2020-06-01", "")]
    assert len(tables["residents"]) == 3


def test_an_admission_to_a_home_counts_before_other_evidence(tmp_path):
    rows = [patient("1", managingOrganization={"reference": "Organization/other"}), encounter("e", **HOME),
            place("Organization", "home"), place("Organization", "other")]  # fmt: skip
    found, tables = stays(tmp_path, *rows)
    assert found == [("1", "home", "2021-03-01", "2021-03-05")]
    assert tables["homes"]["home_id"].tolist() == ["home"]


@pytest.mark.parametrize(
    "kind", [place("Organization", "home", "HOSP"), place("Organization", "home") | {"type": [concept("prov", "x")]}]
)
def test_other_places_are_no_homes(tmp_path, kind):
    assert stays(tmp_path, patient("1"), encounter("e", **HOME), kind)[0][0][1] == "site"


@pytest.mark.parametrize(
    ("told_as", "home_id"),
    [
        ([{"system": ODS, "value": "VN123"}], "VN123"),
        (
            [{"system": ODS, "value": "VN123"}, {"system": "https://www.cqc.org.uk/location", "value": "1-123456789"}],
            "1-123456789",
        ),
        ([{"system": "https://example.org", "value": "7"}], "home"),
    ],
)
def test_a_home_goes_by_the_id_that_other_lists_have(tmp_path, told_as, home_id):
    home = place("Organization", "home", identifier=told_as) | {"type": [concept("42665001", SCT)]}
    logical = {"serviceProvider": {"identifier": told_as[0]}}
    assert stays(tmp_path, home, patient("1"), encounter("e", **logical))[0][0][1] == home_id


def test_a_stay_ends_with_the_death_of_its_person(tmp_path):
    rows = [
        patient("1", deceasedDateTime="2021-03-03T00:00:00Z"),
        encounter("e", end=None, **HOME),
        place("Organization", "home"),
    ]
    assert stays(tmp_path, *rows)[0] == [("1", "home", "2021-03-01", "2021-03-03")]


def test_a_place_whose_period_ends_before_it_begins_is_dropped(tmp_path):
    back = {"start": PERIOD["end"], "end": PERIOD["start"]}
    rows = [
        encounter("e", location=[{"location": {"reference": "Location/home"}, "period": back}]),
        place("Location", "home"),
    ]
    report, tables = imported(tmp_path, folder(tmp_path, patient("1"), *rows))
    assert [(one.reason, one.example) for one in report.dropped] == [("ends before it starts", "line 2")]
    assert tables["stays"]["home_id"].tolist() == ["site"]
    assert tables["stays"]["moved_in"].tolist() == [pd.Timestamp("2021-03-01T10:00:00Z")]
