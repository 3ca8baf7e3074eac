"""FHIR folders as histories: lines and bundles, every way to point and to say when, and what did not happen."""

import gzip
import json
import tarfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.history import open_history
from features.problems import HistoryError
from features.sources.importing import import_history
from features.sources.options import Options

SYNTHEA = Path(__file__).resolve().parents[3] / "shared/data/fhir_r4_bulk_10.tar.gz"
SCT, ICD = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"


def patient(number, **more):
    return {"resourceType": "Patient", "id": number, "birthDate": "1938-07-14", "gender": "female", **more}


def encounter(number, kind="IMP", start="2021-03-01T10:00:00Z", end="2021-03-05T09:00:00Z", who="Patient/1", **more):
    return {"resourceType": "Encounter", "id": number, "status": "finished", "class": {"code": kind},
            "subject": {"reference": who}, "period": {"start": start, **({"end": end} if end else {})}, **more}  # fmt: skip


def concept(code, system=SCT):
    return {"coding": [{"system": system, "code": code}]}


def condition(number, code="44054006", system=SCT, **more):
    return {"resourceType": "Condition", "id": number, "subject": {"reference": "Patient/1"}, "code": concept(code, system),
            "onsetDateTime": "2021-03-02", **more}  # fmt: skip


def observation(number, **more):
    return {"resourceType": "Observation", "id": number, "status": "final", "subject": {"reference": "Patient/1"},
            "effectiveDateTime": "2021-03-02T08:00:00Z", **more}  # fmt: skip


def folder(tmp_path, *resources, name="export.ndjson"):
    out = tmp_path / "fhir"
    out.mkdir(exist_ok=True)
    (out / name).write_text("\n".join(json.dumps(one) for one in resources) + "\n", encoding="utf-8")
    return out


def imported(tmp_path, source, options=None, **more):
    report = import_history("fhir", source, tmp_path / "history", options, **more)
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def reasons(report):
    return {one.reason: (one.rows, one.example) for one in report.dropped}


def test_a_person_an_admission_and_what_was_found(tmp_path):
    report, tables = imported(
        tmp_path,
        folder(
            tmp_path,
            patient("1", deceasedDateTime="2022-02-03T04:05:06Z"),
            encounter("e1", serviceProvider={"reference": "Organization/RTH08"}),
            condition("c1", "J18.9", ICD, encounter={"reference": "Encounter/e1"}),
            condition("c2", "E11.9", ICD, encounter={"reference": "Encounter/e1"}, recordedDate="2021-03-04"),
        ),
    )
    assert tables["residents"]["died_on"].tolist() == [pd.Timestamp("2022-02-03T04:05:06Z")]
    assert tables["stays"]["moved_out"].isna().all() or tables["stays"]["moved_out"].tolist() == [
        pd.Timestamp("2022-02-03T04:05:06Z")
    ]
    spell = tables["spells"].iloc[0]
    assert (spell["primary_diagnosis"], spell["secondary_diagnoses"], spell["provider"]) == ("J189", "E119", "RTH08")
    assert tables["events"]["code"].tolist() == ["ICD10:J18.9", "ICD10:E11.9"]
    assert tables["events"]["source"].tolist() == ["hospital", "hospital"]
    assert tables["events"]["recorded_at"].notna().tolist() == [False, True]
    assert not report.dropped
    assert not check(tmp_path / "history").errors


@pytest.mark.parametrize(
    "who", ["Patient/1", "https://example.org/fhir/Patient/1", "urn:uuid:1", "Patient/1/_history/3"]
)
def test_a_reference_may_be_written_in_many_ways(tmp_path, who):
    assert len(imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", who=who)))[1]["spells"]) == 1


def test_bundles_and_gzip_hold_the_same(tmp_path):
    rows = [patient("1"), encounter("e", who="urn:uuid:1"), condition("c", encounter={"reference": "urn:uuid:e"})]
    (tmp_path / "a").mkdir()
    plain = imported(tmp_path / "a", folder(tmp_path / "a", *rows))[1]
    bundle = {"resourceType": "Bundle", "type": "transaction",
              "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one | {"id": f"server-{one['id']}"}} for one in rows]}  # fmt: skip
    (tmp_path / "b/fhir").mkdir(parents=True)
    (tmp_path / "b/fhir/one.json").write_text(json.dumps(bundle))
    bundled = imported(tmp_path / "b", tmp_path / "b/fhir")[1]
    (tmp_path / "c/fhir").mkdir(parents=True)
    with gzip.open(tmp_path / "c/fhir/export.ndjson.gz", "wt") as stream:
        stream.write("\n".join(json.dumps(one) for one in rows))
    zipped = imported(tmp_path / "c", tmp_path / "c/fhir")[1]
    for name in ("residents", "stays", "spells", "events"):
        pd.testing.assert_frame_equal(plain[name], bundled[name])
        pd.testing.assert_frame_equal(plain[name], zipped[name])


@pytest.mark.parametrize(
    ("kind", "spells", "attendances"),
    [("IMP", 1, 0), ("ACUTE", 1, 0), ("NONAC", 1, 0), ("SS", 1, 0), ("OBSENC", 1, 0), ("EMER", 0, 1), ("AMB", 0, 0),
     ("HH", 0, 0), ("VR", 0, 0), ("FLD", 0, 0)],
)  # fmt: skip
def test_encounters_count_as_their_class_says(tmp_path, kind, spells, attendances):
    tables = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", kind)))[1]
    assert (len(tables["spells"]), len(tables["events"])) == (spells, attendances)


def test_the_method_of_admission(tmp_path):
    uk = {
        "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AdmissionMethod",
        "valueCodeableConcept": concept("22"),
    }
    rows = [
        encounter("uk", start="2021-01-01T10:00:00Z", end="2021-01-02T10:00:00Z", hospitalization={"extension": [uk]}),
        encounter(
            "emd",
            start="2021-02-01T10:00:00Z",
            end="2021-02-02T10:00:00Z",
            hospitalization={"admitSource": concept("emd", "x")},
        ),
        encounter("seen", "EMER", start="2021-03-01T08:00:00Z", end="2021-03-01T11:00:00Z"),
        encounter("after", start="2021-03-01T11:00:00Z"),
        encounter("alone", start="2021-06-01T11:00:00Z", end=None),
    ]
    source = folder(tmp_path, patient("1"), *rows)
    found = imported(tmp_path, source)[1]["spells"].set_index("spell_id")["admission_method"].to_dict()
    assert found == {"uk": "22", "emd": "21", "after": "21", "alone": "99"}
    assert imported(tmp_path, source, Options(emergencies=True))[1]["spells"]["admission_method"].tolist()[-1] == "21"


def test_observations_with_components_give_each_its_own_event(tmp_path):
    pressure = observation("bp", code=concept("85354-9", "http://loinc.org"), component=[
        {"code": concept("8480-6", "http://loinc.org"), "valueQuantity": {"value": 131, "unit": "mmHg"}},
        {"code": concept("8462-4", "http://loinc.org"), "valueQuantity": {"value": 80, "unit": "mmHg"}}])  # fmt: skip
    weight = observation(
        "w",
        code=concept("29463-7", "http://loinc.org"),
        valueQuantity={"value": 61.5, "unit": "kg"},
        issued="2021-03-03T00:00:00Z",
    )
    events = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), pressure, weight))[1]["events"]
    assert events[["code", "value"]].fillna(-1).to_numpy().tolist() == [
        ["LOINC:85354-9", -1], ["LOINC:8480-6", 131.0], ["LOINC:8462-4", 80.0], ["LOINC:29463-7", 61.5]]  # fmt: skip
    assert events["record_id"].is_unique
    assert events["recorded_at"].notna().tolist() == [False, False, False, True]


def test_a_code_that_the_lists_know_is_taken_before_others(tmp_path):
    both = condition("c") | {"code": {"coding": [{"system": SCT, "code": "999"}, {"system": SCT, "code": "44054006"}]}}
    report, tables = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), both))
    assert tables["events"]["code"].tolist() == ["SNOMED:44054006"]
    assert report.mapped_rows == 1


def test_other_resources_become_events_too(tmp_path):
    who = {"subject": {"reference": "Patient/1"}}
    rows = [
        {"resourceType": "MedicationRequest", "id": "m", "status": "active", "authoredOn": "2021-03", **who,
         "medicationCodeableConcept": concept("319775004", "https://dmd.nhs.uk")},
        {"resourceType": "Procedure", "id": "p", "status": "completed", "performedPeriod": {"start": "2021-04-01"}, **who, "code": concept("1")},
        {"resourceType": "Immunization", "id": "i", "status": "completed", "occurrenceDateTime": "2021-10-01",
         "patient": {"reference": "Patient/1"}, "vaccineCode": concept("2")},
        {"resourceType": "CarePlan", "id": "c", "status": "active", "period": {"start": "2021-05-01"}, **who},
        {"resourceType": "Flag", "id": "f", "status": "active", "period": {"start": "2021"}, **who, "code": concept("3")},
    ]  # fmt: skip
    events = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), *rows))[1]["events"]
    assert events["code"].tolist() == ["DMD:319775004", "SNOMED:1", "SNOMED:2", "care_plan", "SNOMED:3"]
    assert events["time"].dt.strftime("%Y-%m-%d").tolist()[0] == "2021-03-01"


def test_what_did_not_happen_is_passed_over_and_said(tmp_path):
    rows = [
        condition("c", verificationStatus=concept("entered-in-error", "x")),
        observation("o", code=concept("1")) | {"status": "cancelled"},
    ]
    planned = encounter("e") | {"status": "planned"}
    report, tables = imported(
        tmp_path, folder(tmp_path, patient("1"), encounter("f", "VR"), planned, *rows), strict=True
    )
    assert not len(tables["events"])
    assert not len(tables["spells"])
    assert sum("passed over" in note for note in report.notes) == 4


def test_consent_that_denies_is_an_objection_from_its_day(tmp_path):
    consent = {
        "resourceType": "Consent",
        "id": "k",
        "status": "active",
        "patient": {"reference": "Patient/1"},
        "dateTime": "2021-02-03T00:00:00Z",
    }
    rows = [consent | {"provision": {"type": "deny"}}, consent | {"id": "l", "provision": {"type": "permit"}}]
    objections = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), *rows))[1]["objections"]
    assert objections[["resident_id", "kind"]].to_numpy().tolist() == [["1", "local"]]


BROKEN = [
    (encounter("x", who="Patient/404"), "unknown patient"),
    (encounter("x", end="2021-02-01T00:00:00Z"), "ends before it starts"),
    (encounter("x", start="soon"), "no start that can be read"),
    (condition("x") | {"onsetDateTime": "then"}, "no time that can be read"),
    (condition("x") | {"subject": {"reference": "Patient/404"}}, "unknown patient"),
    (condition("x") | {"code": {"text": "poorly"}}, "no code of a known system"),
    (patient("2") | {"birthDate": None}, "no birthDate that can be read"),
    (patient("1"), "the same patient twice"),
]


@pytest.mark.parametrize(("row", "reason"), BROKEN)
def test_what_cannot_be_is_dropped_with_its_place_and_strict_refuses_it(tmp_path, row, reason):
    source = folder(tmp_path, patient("1"), encounter("e"), row)
    assert reasons(imported(tmp_path, source)[0]) == {reason: (1, "line 3")}
    with pytest.raises(HistoryError, match=reason):
        import_history("fhir", source, tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict").exists()


def test_lines_that_are_not_json_are_counted_and_the_rest_is_kept(tmp_path):
    source = folder(tmp_path, patient("1"), encounter("e"))
    path = source / "export.ndjson"
    path.write_text(path.read_text() + '{"resourceType": "Encounter", "id": \n[1]\n')
    report, tables = imported(tmp_path, source)
    assert reasons(report) == {"not JSON": (1, "line 3, character 38"), "not a resource": (1, "line 4")}
    assert len(tables["spells"]) == 1


def test_a_gzip_file_cut_short_is_refused(tmp_path):
    (tmp_path / "fhir").mkdir()
    whole = gzip.compress("\n".join(json.dumps(patient(str(n), note="x" * n)) for n in range(500)).encode())
    (tmp_path / "fhir/Patient.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HistoryError, match=r"Patient\.ndjson\.gz"):
        import_history("fhir", tmp_path / "fhir", tmp_path / "history")
    assert not (tmp_path / "history").exists()


@pytest.fixture(scope="module")
def synthea(tmp_path_factory):
    if not SYNTHEA.exists():
        pytest.skip("the FHIR export is not beside the repository")
    out = tmp_path_factory.mktemp("synthea")
    with tarfile.open(SYNTHEA) as archive:
        archive.extractall(out / "export", filter="data")
    return out / "export", import_history("fhir", out / "export", out / "history"), out / "history"


def test_synthea_comes_in_whole(synthea):
    """Counted here from the lines alone."""
    source, report, history = synthea

    def lines(name):
        return [json.loads(line) for line in next(source.rglob(f"{name}.*.ndjson")).read_text().splitlines()]

    kinds = Counter(one["class"]["code"] for one in lines("Encounter"))
    tables = open_history(history)
    assert tables["residents"].num_rows == len(lines("Patient")) == 13
    assert tables["spells"].num_rows == kinds["IMP"] == 49
    codes = tables["events"]["code"].to_pylist()
    assert codes.count("ed_attendance") == kinds["EMER"] == 23
    names = ("Condition", "MedicationRequest", "Procedure", "Immunization")
    assert len(codes) - 23 == sum(len(lines(name)) for name in names)
    assert not report.dropped
    assert not check(history).errors
