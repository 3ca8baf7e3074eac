"""The same invented people as contract, OMOP, FHIR and MEDS: the formats carry the same facts, so features are the same."""

import csv
import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from features.build import features, panel_of, prepare
from features.catalogue import catalogue
from features.history import Lags, open_history
from features.sources import meds
from features.sources.importing import import_history
from tests.histories import write_history

MONDAYS = tuple(date(2021, 3, 1) + timedelta(weeks=5 * k) for k in range(6))
BEGIN, END = datetime(2020, 2, 3, 9, tzinfo=UTC), datetime(2021, 11, 20, 9, tzinfo=UTC)
CODED = timedelta(days=Lags().coding)  # diagnoses of an admission are known so long after it
CONDITIONS = ("ICD10:F03", "ICD10:J44.9", "SNOMED:44054006", "SNOMED:73211009", "ICD10:N39.0")
READINGS = (
    ("LOINC:29463-7", "kg", 55.0, 75.0),
    ("LOINC:8480-6", "mmHg", 100.0, 160.0),
    ("LOINC:8867-4", "/min", 55.0, 110.0),
)


def people():
    """Twelve people with conditions, readings, attendances and admissions with diagnoses, drawn once."""
    rng = np.random.default_rng(7)

    def moment():
        return (BEGIN + timedelta(minutes=int(rng.integers(60, 60 * 24 * 640)))).replace(second=0)

    out = []
    for number in range(1, 13):
        admissions = []
        for k in range(int(rng.integers(0, 3))):
            start = BEGIN + timedelta(days=int(200 + 150 * k + rng.integers(0, 60)), hours=int(rng.integers(1, 12)))
            admissions.append({"id": f"{number}0{k}", "start": start, "end": start + timedelta(days=int(rng.integers(1, 9))),
                               "codes": [str(rng.choice(["J18.9", "N39.0", "S72.0"])), "F03"]})  # fmt: skip
        out.append({
            "id": str(number), "born": date(1930 + int(rng.integers(0, 15)), 3, 9), "sex": str(rng.choice(["F", "M"])),
            "conditions": [(str(rng.choice(CONDITIONS)), moment()) for _ in range(3)],
            "readings": [(code, unit, float(np.round(rng.uniform(low, high), 1)), moment())
                         for code, unit, low, high in READINGS for _ in range(6)],
            "attendances": [moment() for _ in range(int(rng.integers(0, 4)))]
                           + [a["start"] - timedelta(hours=2) for a in admissions if rng.random() < 0.7],
            "admissions": admissions,
        })  # fmt: skip
    return out


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def method(person, admission):
    """21 after an attendance that began before the admission, none of which is longer than a moment."""
    near = [
        a for a in person["attendances"] if a <= admission["start"] and admission["start"] - a <= timedelta(hours=24)
    ]
    return "21" if near else "99"


def contract(root):
    everyone, spells, events = people(), [], []
    for p in everyone:
        for a in p["admissions"]:
            primary, other = (code.replace(".", "") for code in a["codes"])
            spells.append({"spell_id": a["id"], "resident_id": p["id"], "admitted_at": a["start"], "discharged_at": a["end"],
                           "admission_method": method(p, a), "primary_diagnosis": primary, "secondary_diagnoses": other})  # fmt: skip
            events += [
                {
                    "resident_id": p["id"],
                    "time": a["start"],
                    "code": f"ICD10:{code}",
                    "source": "hospital",
                    "recorded_at": a["end"] + CODED,
                }
                for code in a["codes"]
            ]
        events += [{"resident_id": p["id"], "time": t, "code": code, "source": "gp"} for code, t in p["conditions"]]
        events += [
            {"resident_id": p["id"], "time": t, "code": code, "value": v, "unit": u, "source": "gp"}
            for code, u, v, t in p["readings"]
        ]
        events += [
            {"resident_id": p["id"], "time": t, "code": "ed_attendance", "source": "urgent_care"}
            for t in p["attendances"]
        ]
    home = {
        "home_id": "site",
        "name": "x",
        "home_type": "nursing",
        "beds": len(everyone),
        "practice": "none",
        "pcn": "none",
    }
    return write_history(
        root,
        homes=[home],
        residents=[{"resident_id": p["id"], "date_of_birth": p["born"], "sex": p["sex"]} for p in everyone],
        stays=[{"resident_id": p["id"], "home_id": "site", "moved_in": BEGIN} for p in everyone],
        spells=spells,
        events=events,
    )


def omop(root):
    tables = {
        name: [] for name in ("person", "observation_period", "visit_occurrence", "condition_occurrence", "measurement")
    }
    for p in people():
        born = p["born"]
        tables["person"].append({"person_id": p["id"], "gender_concept_id": {"F": 8532, "M": 8507}[p["sex"]], "year_of_birth": born.year,
                                 "month_of_birth": born.month, "day_of_birth": born.day})  # fmt: skip
        tables["observation_period"].append({"person_id": p["id"], "observation_period_start_date": iso(BEGIN),
                                             "observation_period_end_date": iso(END)})  # fmt: skip
        for a in p["admissions"]:
            tables["visit_occurrence"].append({"visit_occurrence_id": a["id"], "person_id": p["id"], "visit_concept_id": 9201,
                                               "visit_start_datetime": iso(a["start"]), "visit_end_datetime": iso(a["end"])})  # fmt: skip
            tables["condition_occurrence"] += [condition(p, code, a["start"], a["id"]) for code in a["codes"]]
        for k, t in enumerate(p["attendances"]):
            tables["visit_occurrence"].append({"visit_occurrence_id": f"{p['id']}9{k}", "person_id": p["id"], "visit_concept_id": 9203,
                                               "visit_start_datetime": iso(t), "visit_end_datetime": iso(t)})  # fmt: skip
        tables["condition_occurrence"] += [condition(p, code.split(":")[1], t, "") for code, t in p["conditions"]]
        tables["measurement"] += [{"measurement_id": f"{p['id']}{k}", "person_id": p["id"], "measurement_source_value": code.split(":")[1],
                                   "measurement_datetime": iso(t), "value_as_number": v, "unit_source_value": u}
                                  for k, (code, u, v, t) in enumerate(p["readings"])]  # fmt: skip
    root.mkdir()
    for name, rows in tables.items():
        with (root / f"{name}.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
    return root


def condition(person, code, moment, visit):
    return {"condition_occurrence_id": f"{person['id']}{code}{iso(moment)}", "person_id": person["id"], "condition_source_value": code,
            "condition_start_datetime": iso(moment), "visit_occurrence_id": visit}  # fmt: skip


SYSTEM = {"ICD10": "http://hl7.org/fhir/sid/icd-10", "SNOMED": "http://snomed.info/sct", "LOINC": "http://loinc.org"}


def fhir(root):
    rows = []
    for p in people():
        who = {"subject": {"reference": f"Patient/{p['id']}"}}
        rows.append({"resourceType": "Patient", "id": p["id"], "birthDate": p["born"].isoformat(),
                     "gender": {"F": "female", "M": "male"}[p["sex"]]})  # fmt: skip
        spans = [("AMB", f"{p['id']}8{k}", at, at) for k, at in enumerate((BEGIN, BEGIN + timedelta(days=330), END))]
        spans += [("EMER", f"{p['id']}9{k}", t, t) for k, t in enumerate(p["attendances"])]
        spans += [("IMP", a["id"], a["start"], a["end"]) for a in p["admissions"]]
        rows += [{"resourceType": "Encounter", "id": i, "status": "finished", "class": {"code": kind}, **who,
                  "period": {"start": iso(start), "end": iso(end)}} for kind, i, start, end in spans]  # fmt: skip
        found = [(f"ICD10:{code}", a["start"], a["id"]) for a in p["admissions"] for code in a["codes"]]
        for k, (code, t, encounter) in enumerate(found + [(code, t, "") for code, t in p["conditions"]]):
            rows.append({"resourceType": "Condition", "id": f"c{p['id']}-{k}", "onsetDateTime": iso(t), "code": concept(code), **who,
                         **({"encounter": {"reference": f"Encounter/{encounter}"}} if encounter else {})})  # fmt: skip
        rows += [{"resourceType": "Observation", "id": f"o{p['id']}-{k}", "status": "final", "effectiveDateTime": iso(t), "code": concept(code),
                  "valueQuantity": {"value": v, "unit": u}, **who} for k, (code, u, v, t) in enumerate(p["readings"])]  # fmt: skip
    root.mkdir()
    (root / "export.ndjson").write_text("\n".join(json.dumps(row) for row in rows))
    return root


def concept(code):
    system, own = code.split(":")
    return {"coding": [{"system": SYSTEM[system], "code": own}]}


def matrix(history):
    prepared = prepare(open_history(history))
    panel = panel_of(prepared, MONDAYS, grace=0)
    return features(prepared, panel)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    root = contract(tmp_path_factory.mktemp("contract") / "history")
    return root, matrix(root)


@pytest.mark.parametrize("kind", ["omop", "fhir", "meds"])
def test_the_same_people_have_the_same_features_in_every_format(wanted, tmp_path, kind):
    root, expected = wanted
    if kind == "meds":
        meds.write(root, tmp_path / "source")
    else:
        {"omop": omop, "fhir": fhir}[kind](tmp_path / "source")
    report = import_history(kind, tmp_path / "source", tmp_path / "history")
    assert not report.dropped
    found = matrix(tmp_path / "history")
    assert found.shape == expected.shape == (12 * len(MONDAYS), len(catalogue()))
    differ = [
        name
        for k, name in enumerate(catalogue().names)
        if not np.array_equal(found[:, k], expected[:, k], equal_nan=True)
    ]
    assert differ == []


def test_the_comparison_is_about_something(wanted):
    """The features that these formats carry are there and vary."""
    X = wanted[1]
    for name in (
        "emergency_admission_count_364",
        "ed_attendance_count_91",
        "weight_kg_last_182",
        "dementia_ever",
        "diabetes_ever",
    ):
        assert np.nanstd(X[:, catalogue().names.index(name)]) > 0, name
