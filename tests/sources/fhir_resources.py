"""Small FHIR resources for the tests, and folders of them."""

import json

import pyarrow.parquet as pq

from features.sources.importing import import_history

SCT, ICD = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"


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


def place(kind, number, role="NCCF", **more):
    return {"resourceType": kind, "id": number, "name": f"The {number}", "type": [concept(role, ROLE)], **more}


def bundle(*entries):
    """Of resources, or of pairs of an address and a resource."""
    pairs = [one if isinstance(one, tuple) else ("", one) for one in entries]
    return {"resourceType": "Bundle", "type": "collection",
            "entry": [{**({"fullUrl": url} if url else {}), "resource": body} for url, body in pairs]}  # fmt: skip


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
