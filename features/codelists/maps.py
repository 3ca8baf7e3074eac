"""From `SYSTEM:code` to concepts, by the reviewable list maps.csv."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from .concepts import concepts
from .rows import normalise, read, unique

# Other names the same classification goes by in OMOP, MEDS and FHIR extracts.
_ALIASES = {"ICD10CM": "ICD10", "ICD9CM": "ICD9", "SNOMEDCT": "SNOMED", "SCT": "SNOMED"}


@dataclass(frozen=True)
class Entry:
    """One row of the list: a code, or every code that begins with it (`match` exact or prefix)."""

    system: str
    code: str
    match: str
    concept: str
    source: str
    note: str


@cache
def entries() -> tuple[Entry, ...]:
    """Every row of maps.csv, in its order."""
    found = tuple(Entry(**row) for row in read("maps.csv"))
    unique((f"{e.system}:{normalise(e.code)} ({e.match})" for e in found), "mapped code")
    return found


def resolve(codes: Iterable[str | None] | pa.Array | pa.ChunkedArray) -> dict[str, str | None]:
    """The concept of each distinct event code, or None where the lists do not know it.

    A concept's own name is itself. A whole code beats a beginning, a longer beginning a shorter one. Codes
    are compared without case, dots or dashes. The value of an event is never changed by its mapping, so
    the list holds measurements only in the concept's own unit.
    """
    if isinstance(codes, (pa.Array, pa.ChunkedArray)):
        codes = codes.unique().to_pylist()
    return {code: _one(code) for code in dict.fromkeys(codes) if code is not None}


def _one(code: str) -> str | None:
    if code in concepts():
        return code
    system, colon, rest = code.partition(":")
    if not colon:
        return None
    name = normalise(system)
    return _look_up(_ALIASES.get(name, name), normalise(rest))


def _look_up(system: str, code: str) -> str | None:
    exact, prefixes = _index("exact"), _index("prefix")
    if (system, code) in exact:
        return exact[system, code]
    beginnings = ((system, code[:end]) for end in range(len(code), 0, -1))
    return next((prefixes[key] for key in beginnings if key in prefixes), None)


@cache
def _index(match: str) -> Mapping[tuple[str, str], str]:
    return {(e.system, normalise(e.code)): e.concept for e in entries() if e.match == match}
