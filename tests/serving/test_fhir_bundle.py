"""The bundle is FHIR by another's reckoning, whole in itself, and says no more than it should."""

import json
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from example_list import AS_OF, STAMP, empty, entry, example, identities, resident
from fhir.resources.R4B.bundle import Bundle

from serving.dues import Due, after_hospital
from serving.render.fhir import fhir
from serving.render.fhir_people import NHS_NUMBER, PSEUDONYM
from serving.render.meeting import to_review
from serving.rows import Identity

DUES = (
    *after_hospital(example()),
    Due(resident(0), "action", date(2026, 11, 20), "Weigh weekly", "Nurse in charge"),
    Due(resident(14), "review again", date(2026, 12, 7)),
    Due("nobody here", "action", date(2026, 11, 20)),
)


@cache
def _named() -> str:
    return fhir(example(), DUES, identities(), STAMP)


def _by_kind(text: str) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(text)["entry"]:
        out.setdefault(one["resource"]["resourceType"], []).append(one["resource"])
    return out


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if "reference" in value else []
        return own + [found for item in value.values() for found in _references(item)]
    return [found for item in value for found in _references(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("named", [True, False])
def test_it_parses_as_fhir_and_every_reference_leads_inside(named: bool) -> None:
    text = _named() if named else fhir(example(), DUES)
    assert Bundle.model_validate_json(text).type == "collection"
    entries = json.loads(text)["entry"]
    urls = [one["fullUrl"] for one in entries]
    assert len(set(urls)) == len(urls)
    assert set(_references(entries)) <= set(urls)
    assert all(one["fullUrl"] == f"urn:uuid:{one['resource']['id']}" for one in entries)


def test_the_list_has_the_order_of_the_review() -> None:
    kinds = _by_kind(_named())
    patients = {f"urn:uuid:{one['id']}": one["identifier"][0]["value"] for one in kinds["Patient"]}
    order = [patients[line["item"]["reference"]] for line in kinds["List"][0]["entry"]]
    assert order == [identities()[one.resident_id].nhs_number for one in to_review(example())]
    assert {one["identifier"][0]["system"] for one in kinds["Patient"]} == {NHS_NUMBER}


def test_a_chance_is_a_percentage_of_a_period_and_never_a_code() -> None:
    first = _by_kind(_named())["RiskAssessment"][0]
    avoidable, whole = first["prediction"]
    assert avoidable["probabilityDecimal"] == 13.8  # FHIR R4: decimal values are percentages
    assert whole["probabilityDecimal"] == 26.2
    assert avoidable["rationale"].startswith("14 in 100 people with similar records")
    assert avoidable["whenPeriod"] == {"start": "2026-11-16", "end": "2026-12-13"}
    assert "code" not in first
    assert "coding" not in json.dumps(first)
    assert any("2 falls in the last 28 days" in note["text"] for note in first["note"])
    assert any("does not know about today" in note["text"] for note in first["note"])


def test_whoever_has_no_chance_has_none_here() -> None:
    shown = replace(
        example(), entries=(entry(0, rank=1), entry(1, section="added"), entry(2, section="below", risk=0.1))
    )
    kinds = _by_kind(fhir(shown))
    assert "RiskAssessment" not in kinds
    assert len(kinds["Task"]) == 2


def test_flags_tasks_and_what_was_decided() -> None:
    kinds = _by_kind(_named())
    assert [one["code"]["text"] for one in kinds["Flag"]] == [f for e in to_review(example()) for f in e.flags]
    agreed = {one["code"]["text"]: one for one in kinds["Task"] if one["intent"] == "plan"}
    assert set(agreed) == {"Action", "Review again", "Review after hospital"}
    assert agreed["Action"]["description"] == "Weigh weekly"
    assert agreed["Action"]["owner"] == {"display": "Nurse in charge"}
    assert agreed["Action"]["restriction"]["period"]["end"] == "2026-11-20"
    made = kinds["Provenance"][0]
    assert len(made["target"]) == sum(len(of) for kind, of in kinds.items() if kind not in ("Device", "Provenance"))
    assert made["recorded"] == "2026-11-16T09:05:00Z"
    assert "Dr A. Patel" in made["reason"][0]["text"]


def test_without_names_there_is_nobody_in_it() -> None:
    text = fhir(example(), DUES)
    for one in identities().values():
        assert one.nhs_number not in text
        assert one.family_name not in text
    assert "Patient" not in _by_kind(text)
    first = _by_kind(text)["List"][0]["entry"][0]["item"]["identifier"]
    assert first == {"system": PSEUDONYM, "value": resident(0)}


def test_the_same_resident_and_list_have_the_same_ids_in_a_later_revision() -> None:
    ids = {one["resource"]["id"] for one in json.loads(fhir(example()))["entry"]}
    later = json.loads(fhir(replace(example(), revision=3)))
    assert {one["resource"]["id"] for one in later["entry"]} == ids
    assert later["meta"]["versionId"] == "3"
    next_week = json.loads(fhir(replace(example(), as_of=date(2026, 11, 23))))["entry"]
    assert {one["resource"]["id"] for one in next_week} & ids == {
        one["resource"]["id"]
        for one in json.loads(fhir(example()))["entry"]
        if one["resource"]["resourceType"] == "Device"
    }


def test_what_was_decided_twice_is_one_task() -> None:
    twice = (DUES[2], DUES[2])
    assert len(_by_kind(fhir(example(), twice))["Task"]) == len(_by_kind(fhir(example(), twice[:1]))["Task"])


def test_odd_people_and_an_empty_list() -> None:
    odd = {
        resident(0): Identity("", " \x00=1+1 ", "number not valid", None),
        resident(1): Identity("", "", "999 000 0018", date(1930, 1, 2)),
    }
    shown = replace(example(), entries=(entry(0, sex="?"), entry(1)))
    strange, nameless = _by_kind(fhir(shown, (), odd, STAMP))["Patient"]
    assert "identifier" not in strange
    assert strange["name"][0]["family"] == "\N{REPLACEMENT CHARACTER}=1+1"
    assert strange["gender"] == "unknown"
    assert nameless["identifier"][0]["value"] == "9990000018"
    assert "name" not in nameless
    assert _by_kind(fhir(empty()))["List"][0]["emptyReason"]["text"] == "No residents are listed this week"
    with pytest.raises(ValueError, match="stamp"):
        fhir(empty(), (), {})


def test_five_hundred_residents() -> None:
    many = tuple(replace(entry(0, rank=i + 1, risk=0.1), resident_id=f"R{i}") for i in range(500))
    kinds = _by_kind(fhir(replace(example(), entries=many, as_of=AS_OF)))
    assert len(kinds["RiskAssessment"]) == len(kinds["List"][0]["entry"]) == 500
