"""Parts of resources, whatever a field holds: text, lists, references, codes, numbers and times."""

import calendar
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from ...codelists.maps import resolve
from ...codelists.sensitive import is_sensitive
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
_DAY = re.compile(r"^\d{4}(-\d{2}){0,2}$")
_SEARCH = "identifier="


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path; None where there is nothing."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def text(value: Any) -> str:
    """A string or number of JSON as text that can be written; '' for all else. Half a surrogate pair becomes `?`."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    plain = str(value).strip()
    return plain if plain.isascii() else plain.encode(errors="replace").decode()


def told(value: Any, *paths: str) -> str:
    """The text at the first of these paths that has any."""
    return next((found for path in paths if (found := text(at(value, path)))), "")


def items(value: Any, path: str) -> list[dict[str, Any]]:
    """The objects of the list at a path; none where there is no list."""
    found = at(value, path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def number(value: Any) -> float | None:
    """A finite number; yes and no are 1 and 0."""
    try:
        found = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def reference(value: Any) -> str:
    """The name of what a reference points to; '' for none and for what is contained.

    The id of `Patient/7`, of an address that ends so and of `urn:uuid:7`; `system|value` of a logical reference and of
    a conditional one (`Patient?identifier=system|value`).
    """
    to = told(value, "reference")
    if not to:
        return identifier(at(value, "identifier"))
    if to.startswith("urn:"):
        return to.rsplit(":", 1)[-1]
    _, search, query = to.partition("?")
    if search:
        return unquote(query.removeprefix(_SEARCH).split("&")[0]) if query.startswith(_SEARCH) else ""
    return "" if to.startswith("#") else to.split("/_history/")[0].rsplit("/", 1)[-1]


def identifier(value: Any) -> str:
    """`system|value` of an Identifier; '' where it has no value."""
    own = told(value, "value")
    return f"{told(value, 'system')}|{own}" if own else ""


def code_of(concept: Any) -> str | None:
    """`SYSTEM:code` of a CodeableConcept: a coding that the code lists know, else the first of a known system.

    A sensitive one comes before all others, so that the rules on these meet it whatever else was coded beside it.
    """
    codings = [(SYSTEMS.get(told(one, "system")), told(one, "code")) for one in items(concept, "coding")]
    found = [f"{system}:{code}" for system, code in codings if system and code]
    known = resolve(found)
    secret = (code for code in found if is_sensitive(code))
    return next(secret, None) or next((code for code in found if known[code]), found[0] if found else None)


def codes_in(concept: Any, system: str) -> list[str]:
    """Codes of one system among the codings of a CodeableConcept."""
    codings = items(concept, "coding")
    return [told(one, "code") for one in codings if SYSTEMS.get(told(one, "system")) == system and told(one, "code")]


def first_code(concept: Any) -> str:
    """The first code of a CodeableConcept, of whatever system."""
    return next((told(one, "code") for one in items(concept, "coding") if told(one, "code")), "")


def instants(texts: Iterable[str | None], *, ends: bool = False) -> pa.ChunkedArray:
    """Times, null where there is none that can be read; a day, month or year stands for its beginning.

    With `ends` it stands for its last moment: that something was known, or somebody dead, is sure only then.
    """
    whole = _ended if ends else _begun
    return converted(
        pa.chunked_array([pa.array([whole(one) if one else None for one in texts], pa.string())]), "instant"
    )


def partial(told: str) -> bool:
    """Whether a time is a month or a year."""
    return bool(_PARTIAL.match(told))


def _begun(told: str) -> str:
    return f"{told}-01-01"[:10] if partial(told) else told


def _ended(told: str) -> str:
    if not _DAY.match(told):
        return told
    year, month, day = (*map(int, told.split("-")), 0, 0)[:3]
    month = month or 12
    last = day or (calendar.monthrange(year, month)[1] if month <= 12 else 31)
    return f"{year:04}-{month:02}-{last:02}T23:59:59.999999"
