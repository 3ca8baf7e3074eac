"""FHIR folders as histories: lines and bundles, every way to point and to say when, and what did not happen."""

import gzip
import json
import tarfile
import tracemalloc
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from features.check import check
from features.history import open_history
from features.problems import HistoryError
from features.sources.fhir.medicines import Medicines
from features.sources.fhir.resources import Resource
from features.sources.importing import import_history
from features.sources.options import Options
from tests.sources.fhir_resources import (
    ICD,
    SCT,
    bundle,
    concept,
    condition,
    encounter,
    folder,
    imported,
    observation,
    patient,
    reasons,
)

SYNTHEA = Path(__file__).resolve().parents[3] / "shared/data/fhir_r4_bulk_10.tar.gz"


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
    assert tables["events"]["recorded_at"].tolist() == [
        pd.Timestamp("2021-04-16T09:00:00Z"),
        pd.Timestamp("2021-03-04T23:59:59.999999Z"),
    ]
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
    entries = [(f"urn:uuid:{one['id']}", one | {"id": f"server-{one['id']}"}) for one in rows]
    (tmp_path / "b/fhir").mkdir(parents=True)
    (tmp_path / "b/fhir/one.json").write_text(json.dumps(bundle(*entries)))
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
     ("HH", 0, 0), ("VR", 0, 0), ("FLD", 0, 0), ("PRENC", 0, 0)],
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
    assert len(report.passed_over) == 4


def consent(number, **more):
    return {"resourceType": "Consent", "id": number, "status": "active", "patient": {"reference": "Patient/1"},
            "dateTime": "2021-02-03T00:00:00Z", "provision": {"type": "deny"}, **more}  # fmt: skip


def test_consent_that_denies_is_an_objection_from_its_day_to_its_end(tmp_path):
    until = {"type": "deny", "period": {"end": "2022-01-01T00:00:00Z"}}
    rows = [consent("k"), consent("l", provision={"type": "permit"}), consent("m", status="inactive"), consent("n", provision=until),
            consent("o", scope=concept("treatment", "http://terminology.hl7.org/CodeSystem/consentscope"))]  # fmt: skip
    objections = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), *rows))[1]["objections"]
    assert objections[["resident_id", "kind"]].to_numpy().tolist() == [["1", "local"], ["1", "local"]]
    assert objections["to"].isna().tolist() == [True, False]


BROKEN = [
    (encounter("x", who="Patient/404"), "unknown patient"),
    (encounter("x", end="2021-02-01T00:00:00Z"), "ends before it starts"),
    (encounter("x", start="soon"), "no start that can be read"),
    (condition("x") | {"onsetDateTime": "then"}, "no time that can be read"),
    (condition("x") | {"subject": {"reference": "Patient/404"}}, "unknown patient"),
    (condition("x") | {"code": {"text": "poorly"}}, "no code of a known system"),
    (patient("2") | {"birthDate": None}, "no birthDate that can be read"),
    (patient("2") | {"birthDate": "around 1930"}, "no birthDate that can be read"),
    (patient("2") | {"birthDate": "2999-01-01"}, "born after the last encounter"),
    (patient("2") | {"deceasedDateTime": "1919-01-01"}, "died before birth"),
    (encounter(""), "no id"),
    (consent("k", dateTime="once"), "denies, but since when is not said"),
    (consent("k", patient={"reference": "Patient/404"}), "unknown patient"),
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


def test_synthea_comes_in_whole(tmp_path):
    """Counted here from the lines alone."""
    if not SYNTHEA.exists():
        pytest.skip("the FHIR export is not beside the repository")
    source, history = tmp_path / "export", tmp_path / "history"
    with tarfile.open(SYNTHEA) as archive:
        archive.extractall(source, filter="data")
    report = import_history("fhir", source, history)

    def lines(name):
        return [json.loads(line) for line in next(source.rglob(f"{name}.*.ndjson")).read_text().splitlines()]

    kinds = Counter(one["class"]["code"] for one in lines("Encounter"))
    tables = open_history(history)
    assert tables["residents"].num_rows == len(lines("Patient")) == 13
    assert tables["spells"].num_rows == kinds["IMP"] == 49
    codes = tables["events"]["code"].to_pylist()
    assert codes.count("ed_attendance") == kinds["EMER"] == 23
    names = ("Condition", "MedicationRequest", "Procedure", "Immunization")
    assert len(codes) - 23 == sum(len(lines(name)) for name in names) - report.left_out["events with a sensitive code"]
    assert not report.dropped
    assert not check(history).errors


def test_a_stay_begins_and_ends_by_the_clock_and_not_by_its_letters(tmp_path):
    """23:30 at two hours east is before 22:00 in UTC, though it reads later."""
    rows = [
        encounter("a", "AMB", start="2020-03-01T22:00:00Z", end="2020-03-01T22:10:00Z"),
        encounter("b", "AMB", start="2020-03-01T23:30:00+02:00", end="2020-03-01T23:40:00+02:00"),
        encounter("c", "AMB", start="2022-03-01T22:00:00Z", end="2022-03-01T22:10:00Z", who="Patient/2"),
    ]
    stays = imported(tmp_path, folder(tmp_path, patient("1"), patient("2"), *rows))[1]["stays"]
    own = stays[stays["resident_id"] == "1"].iloc[0]
    assert own["moved_in"] == pd.Timestamp("2020-03-01T21:30:00Z")
    assert own["moved_out"] == pd.Timestamp("2021-03-01T22:10:00Z")


def test_one_record_id_never_stands_for_two_people(tmp_path):
    """Ids that come twice, or not at all."""
    other = {"subject": {"reference": "Patient/2"}}
    rows = [condition("c"), condition("c") | other, condition(""), condition("") | other]
    events = imported(tmp_path, folder(tmp_path, patient("1"), patient("2"), encounter("e", "AMB"), *rows))[1]["events"]
    assert len(events) == 4
    assert not check(tmp_path / "history").errors


def test_the_rank_of_diagnoses_comes_before_their_order_in_the_files(tmp_path):
    ranked = [{"condition": {"reference": f"Condition/{one}"}, "rank": rank} for one, rank in (("c1", 2), ("c2", 1))]
    inside = {"encounter": {"reference": "Encounter/e"}}
    rows = [
        condition("c1", "F03", ICD),
        condition("c2", "J18.9", ICD, **inside),
        condition("c3", "E11.9", ICD, **inside),
    ]
    tables = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", diagnosis=ranked), *rows))[1]
    spell = tables["spells"].iloc[0]
    assert (spell["primary_diagnosis"], spell["secondary_diagnoses"]) == ("J189", "F03;E119")


def test_a_ward_is_part_of_its_admission(tmp_path):
    within = {"partOf": {"reference": "Encounter/e"}}
    deeper = {"partOf": {"reference": "Encounter/w"}}
    noted = condition("c", "J18.9", ICD, encounter={"reference": "Encounter/x"})
    rows = [encounter("e"), encounter("w", **within), encounter("x", **deeper), noted]
    spells = imported(tmp_path, folder(tmp_path, patient("1"), *rows))[1]["spells"]
    assert spells[["spell_id", "primary_diagnosis"]].to_numpy().tolist() == [["e", "J189"]]


def test_encounters_that_are_each_part_of_the_other_are_both_kept(tmp_path):
    rows = [encounter("a", partOf={"reference": "Encounter/b"}), encounter("b", partOf={"reference": "Encounter/a"})]
    assert len(imported(tmp_path, folder(tmp_path, patient("1"), *rows))[1]["spells"]) == 2


@pytest.mark.parametrize(
    "where",
    [
        {"medicationReference": {"reference": "Medication/m"}},
        {"medicationReference": {"reference": "#inside"}, "contained": [{"resourceType": "Medication", "id": "inside",
         "code": concept("319775004", "https://dmd.nhs.uk")}]},
        {"medicationReference": {"reference": "Medication?identifier=https://shop|9"}},
    ],
)  # fmt: skip
def test_a_medicine_that_is_pointed_to_gives_its_code(tmp_path, where):
    medicine = {"resourceType": "Medication", "id": "m", "code": concept("319775004", "https://dmd.nhs.uk"),
                "identifier": [{"system": "https://shop", "value": "9"}]}  # fmt: skip
    order = {"resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order", "authoredOn": "2021-03-02",
             "subject": {"reference": "Patient/1"}, **where}  # fmt: skip
    report, tables = imported(tmp_path, folder(tmp_path, order, patient("1"), encounter("e", "AMB"), medicine))
    assert tables["events"]["code"].tolist() == ["DMD:319775004"]
    assert not report.dropped


@pytest.mark.parametrize("more", [{"intent": "plan"}, {"doNotPerform": True}, {"status": "draft"}])
def test_what_nobody_is_to_take_is_no_medicine(tmp_path, more):
    order = {"resourceType": "MedicationRequest", "id": "r", "status": "active", "intent": "order", "authoredOn": "2021-03-02",
             "subject": {"reference": "Patient/1"}, "medicationCodeableConcept": concept("319775004", "https://dmd.nhs.uk")}  # fmt: skip
    report, tables = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), order | more))
    assert not len(tables["events"])
    assert any("MedicationRequest" in what for what in report.passed_over)


def test_an_observation_without_a_value_for_a_reason_says_nothing(tmp_path):
    missing = {"dataAbsentReason": concept("unknown", "x")}
    parts = [{"code": concept("8480-6", "http://loinc.org"), **missing},
             {"code": concept("8462-4", "http://loinc.org"), "valueQuantity": {"value": 80, "unit": "mmHg"}}]  # fmt: skip
    rows = [observation("a", code=concept("29463-7", "http://loinc.org"), **missing), observation("b", component=parts)]
    report, tables = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), *rows))
    assert tables["events"]["code"].tolist() == ["LOINC:8462-4"]
    assert [rows for what, rows in report.passed_over.items() if "no value" in what] == [2]


@pytest.mark.parametrize("number", [True, 1e400, -1e400, 10**400])
def test_a_value_that_is_no_number_is_none(tmp_path, number):
    row = observation("a", code=concept("29463-7", "http://loinc.org"), valueQuantity={"value": number, "unit": "kg"})
    events = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e", "AMB"), row))[1]["events"]
    assert events["value"].fillna(-1).tolist() == [1.0 if number is True else -1]


MERGED = {"type": "replaced-by", "other": {"reference": "Patient/1"}}


@pytest.mark.parametrize(
    "records",
    [
        [patient("old", link=[MERGED]), patient("1")],
        [patient("old"), patient("1", link=[{"type": "replaces", "other": {"reference": "Patient/old"}}])],
        [
            patient("older", link=[MERGED | {"other": {"reference": "Patient/old"}}]),
            patient("old", link=[MERGED]),
            patient("1"),
        ],
    ],
)
def test_records_that_were_merged_are_one_person(tmp_path, records):
    """What was said of the old record is said of the new one."""
    rows = [encounter("e", "AMB"), encounter("f", who=f"Patient/{records[0]['id']}"), condition("c")]
    report, tables = imported(tmp_path, folder(tmp_path, *records, *rows), strict=True)
    assert tables["residents"]["resident_id"].tolist() == ["1"]
    assert tables["spells"]["resident_id"].tolist() == ["1"]
    assert any("merged into another" in what for what in report.passed_over)


def test_a_record_out_of_use_stays_but_its_person_lives_there_no_longer(tmp_path):
    """Gone with the last encounter of all: to end with their own would say beforehand that it is the last."""
    later = encounter("f", who="Patient/2", start="2021-06-01T10:00:00Z", end=None)
    source = folder(tmp_path, patient("1", active=False), encounter("e"), patient("2"), later)
    stays = imported(tmp_path, source)[1]["stays"].set_index("resident_id")["moved_out"]
    assert stays["1"] == pd.Timestamp("2021-06-01T10:00:00Z")
    assert pd.isna(stays["2"])


def test_who_died_on_a_day_that_is_not_said_died_by_the_last_encounter(tmp_path):
    report, tables = imported(tmp_path, folder(tmp_path, patient("1", deceasedBoolean=True), encounter("e")))
    assert tables["residents"]["died_on"].tolist() == [pd.Timestamp("2021-03-05T09:00:00Z")]
    assert tables["stays"]["moved_out"].notna().all()
    assert any("died on a day that is not said" in note for note in report.notes)


def test_without_an_encounter_nobody_lives_anywhere(tmp_path):
    with pytest.raises(HistoryError, match="Encounter"):
        import_history(
            "fhir", folder(tmp_path, patient("1"), observation("o", code=concept("1"))), tmp_path / "history"
        )
    assert not (tmp_path / "history").exists()


@pytest.mark.parametrize(
    ("told", "wanted"),
    [("2022-02-03", "2022-02-03T23:59:59.999999Z"), ("2021-07-03", "2021-07-03T22:59:59.999999Z"),
     ("2021", "2021-12-31T23:59:59.999999Z"), ("2021-04", "2021-04-30T22:59:59.999999Z"),
     ("2022", "2022-06-01T10:00:00Z"), ("2023", "2023-01-01T00:00:00Z"), ("2020", "2021-03-05T09:00:00Z")],
)  # fmt: skip
def test_a_death_without_a_clock_counts_from_the_end_of_what_is_told(tmp_path, told, wanted):
    """Of a month or a year it is not after the export, and not before the last encounter."""
    late = encounter("f", "AMB", who="Patient/2", start="2022-06-01T10:00:00Z", end=None)
    rows = [patient("1", deceasedDateTime=told), encounter("e"), patient("2"), late]
    people = imported(tmp_path, folder(tmp_path, *rows))[1]["residents"].set_index("resident_id")
    assert people["died_on"]["1"] == pd.Timestamp(wanted)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [("2021-03-04", "2021-03-04T23:59:59.999999Z"), ("2021-07", "2021-07-31T22:59:59.999999Z"), ("2021", "2021-12-31T23:59:59.999999Z"),
     ("2021-03-04T10:00:00Z", "2021-03-04T10:00:00Z")],
)  # fmt: skip
def test_what_was_recorded_on_a_day_is_known_when_it_is_over(tmp_path, told, wanted):
    rows = [patient("1"), encounter("e", "AMB"), condition("c", recordedDate=told)]
    events = imported(tmp_path, folder(tmp_path, *rows))[1]["events"]
    assert events["recorded_at"].tolist() == [pd.Timestamp(wanted)]
    assert events["time"].tolist() == [pd.Timestamp("2021-03-02T00:00:00Z")]


def test_an_attendance_led_to_one_admission_and_not_to_the_transfer_after_it(tmp_path):
    rows = [
        encounter("ed", "EMER", start="2024-02-01T08:00:00Z", end="2024-02-01T12:00:00Z"),
        encounter("to", start="2024-02-02T10:00:00Z", end="2024-02-09T10:00:00Z"),
        encounter("from", start="2024-02-01T12:00:00Z", end="2024-02-02T09:00:00Z"),
        encounter("other ed", "EMER", start="2024-02-10T08:00:00Z", end="2024-02-10T12:00:00Z"),
        encounter("again", start="2024-02-10T12:00:00Z", end="2024-02-12T09:00:00Z"),
    ]
    spells = imported(tmp_path, folder(tmp_path, patient("1"), *rows))[1]["spells"]
    assert dict(zip(spells["spell_id"], spells["admission_method"], strict=True)) == {
        "from": "21", "to": "99", "again": "21"}  # fmt: skip


def test_a_diagnosis_of_an_admission_is_known_when_it_is_coded(tmp_path):
    """Conditions are dated back to the admission; only those of an admission that lasts may be known in it."""
    rows = [patient("1")]
    for own, end in (("e", "2021-03-10T09:00:00Z"), ("f", None)):
        here = {"encounter": {"reference": f"Encounter/{own}"}}
        rows += [encounter(own, start="2021-03-01T10:00:00Z", end=end), condition(f"{own}1", "F03", ICD, **here),
                 condition(f"{own}2", **here), observation(f"{own}3", code=concept("84114007"), **here)]  # fmt: skip
    tables = imported(tmp_path, folder(tmp_path, *rows))[1]
    events = tables["events"].assign(name=lambda t: t["record_id"].str[-2:]).set_index("name")
    coded = pd.Timestamp("2021-04-21T09:00:00Z")
    assert events["recorded_at"].dropna().to_dict() == {"e1": coded, "e2": coded}
    assert (events["source"] == "hospital").all()
    assert tables["spells"]["primary_diagnosis"].tolist() == ["F03", "F03"]


def test_a_medicine_for_every_dose_takes_little_memory():
    """A name is kept as a number, and a code once."""

    def size(many):
        tracemalloc.start()
        medicines = Medicines()
        for n in range(many):
            shop = [{"system": "https://shop", "value": f"{n:036}"}]
            told = {
                "resourceType": "Medication",
                "id": f"{n:036}",
                "identifier": shop,
                "code": concept(str(39113611 + n % 7)),
            }
            medicines.add(Resource("a", "line 1", told))
        found = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return found

    assert size(8000) - size(2000) < 6000 * 300


def test_a_name_of_two_medicines_is_nobodys(tmp_path):
    shop = {"identifier": [{"system": "https://shop", "value": "9"}]}
    order = {"resourceType": "MedicationRequest", "id": "r", "status": "active", "authoredOn": "2021-03-02", "subject": {"reference": "Patient/1"},
             "medicationReference": {"identifier": shop["identifier"][0]}}  # fmt: skip
    same = [{"resourceType": "Medication", "id": own, "code": concept("319775004"), **shop} for own in "ab"]
    other = same[1] | {"code": concept("7")}
    for name, rows, wanted in (("x", same, ["SNOMED:319775004"]), ("y", [same[0], other, same[0]], [])):
        (tmp_path / name).mkdir()
        source = folder(tmp_path / name, order, patient("1"), encounter("e", "AMB"), *rows)
        assert imported(tmp_path / name, source)[1]["events"]["code"].tolist() == wanted


def test_a_sensitive_coding_keeps_the_resource_out_whatever_stands_beside_it(tmp_path):
    codings = [{"system": "http://hl7.org/fhir/sid/icd-9-cm", "code": "042"}, {"system": SCT, "code": "86406008"}]
    rows = [encounter("e", "AMB"), condition("c"), condition("d") | {"code": {"coding": codings}}]
    report, tables = imported(tmp_path, folder(tmp_path, patient("1"), *rows))
    assert tables["events"]["code"].tolist() == ["SNOMED:44054006"]
    assert report.left_out == {"events with a sensitive code": 1}
