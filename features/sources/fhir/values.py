"""Parts of resources: references, codes and times."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from ...codelists.maps import resolve
from ...coerce import converted

# FHIR R4 "Terminologies", NHS Digital for dm+d; the names are those of the code lists.
SYSTEMS: Mapping[str, str] = {
    "http://snomed.info/sct": "SNOMED",
    "http://loinc.org": "LOINC",
    "http://hl7.org/fhir/sid/icd-10": "ICD10",
    "http://hl7.org/fhir/sid/icd-10-uk": "ICD10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD10",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD9",
    "https://dmd.nhs.uk": "DMD",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
    "http://hl7.org/fhir/sid/cvx": "CVX",
}
_PARTIAL = re.compile(r"^\d{4}(-\d{2})?$")


def reference(value: Any) -> str:
    """The id that a reference points to: `Patient/7`, an address that ends so, or `urn:uuid:7`; '' for none."""
    text = str(value.get("reference") or "") if isinstance(value, dict) else ""
    if text.startswith("urn:uuid:"):
        return text.removeprefix("urn:uuid:")
    return text.split("/_history/")[0].rsplit("/", 1)[-1] if "?" not in text else ""


def first(body: Mapping[str, Any], *paths: str) -> Any:
    """The first of these dotted paths that has a value."""
    for path in paths:
        value: Any = body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value not in (None, ""):
            return value
    return None


def code_of(concept: Any) -> str | None:
    """`SYSTEM:code` of a CodeableConcept: a coding that the code lists know, else the first of a known system."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    found = [
        f"{SYSTEMS[str(one.get('system'))]}:{one['code']}"
        for one in codings or ()
        if isinstance(one, dict) and one.get("code") and str(one.get("system")) in SYSTEMS
    ]
    known = resolve(found)
    return next((code for code in found if known[code]), found[0] if found else None)


def codes_in(concept: Any, system: str) -> list[str]:
    """Codes of one system among the codings of a CodeableConcept."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return [str(c["code"]) for c in codings or () if SYSTEMS.get(str(c.get("system"))) == system and c.get("code")]


def instants(texts: Iterable[Any]) -> pa.ChunkedArray:
    """Times, null where there is none that can be read; a year or month stands for its first day."""
    padded = [None if t is None else _padded(str(t)) for t in texts]
    return converted(pa.chunked_array([pa.array(padded, pa.string())]), "instant")


def _padded(text: str) -> str:
    return f"{text}-01-01"[:10] if _PARTIAL.match(text) else text
