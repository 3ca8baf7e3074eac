"""Clinical resources as events, and the diagnoses of admissions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..draft import Draft
from ..tally import Tally
from .people import People
from .resources import Resource
from .values import code_of, codes_in, first, instants, reference

_BATCH = 20_000
_DID_NOT_HAPPEN = frozenset(
    {"entered-in-error", "cancelled", "not-done", "draft", "preparation", "proposed", "revoked", "not-taken"}
)


@dataclass(frozen=True)
class Kind:
    """Where a resource says when, what, about whom and since when it has been on record."""

    times: tuple[str, ...]
    code: str
    recorded: str = ""
    who: str = "subject"
    concept: str = ""  # of ours, where the type of the resource says it all


EVENTS: Mapping[str, Kind] = {
    "Condition": Kind(("onsetDateTime", "onsetPeriod.start", "recordedDate"), "code", "recordedDate"),
    "Observation": Kind(("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued"), "code", "issued"),
    "MedicationRequest": Kind(("authoredOn",), "medicationCodeableConcept"),
    "MedicationStatement": Kind(
        ("effectiveDateTime", "effectivePeriod.start", "dateAsserted"), "medicationCodeableConcept", "dateAsserted"
    ),
    "Procedure": Kind(("performedDateTime", "performedPeriod.start"), "code"),
    "Immunization": Kind(("occurrenceDateTime",), "vaccineCode", "recorded", who="patient"),
    "Flag": Kind(("period.start",), "code"),
    "CarePlan": Kind(("period.start", "created"), "", "created", concept="care_plan"),
}


class Diagnoses:
    """ICD-10 codes of conditions by the admission that they were noted in, in the order of the files."""

    def __init__(self, admissions: set[str]) -> None:
        self._admissions = admissions
        self._codes: dict[str, list[str]] = defaultdict(list)

    def note(self, body: Mapping[str, Any]) -> bool:
        """Whether the condition belongs to an admission; its codes are kept."""
        encounter = reference(body.get("encounter"))
        if encounter not in self._admissions:
            return False
        if body.get("resourceType") == "Condition":
            self._codes[encounter] += [code.replace(".", "").upper() for code in codes_in(body.get("code"), "ICD10")]
        return True

    def primary(self, encounter: str) -> str | None:
        return next(iter(self._codes.get(encounter, ())), None)

    def others(self, encounter: str) -> str | None:
        return ";".join(dict.fromkeys(self._codes.get(encounter, ())[1:])) or None


def batches(found: Iterable[Resource]) -> Iterator[tuple[Resource, ...]]:
    """So many resources at a time."""
    rest = iter(found)
    while batch := tuple(islice(rest, _BATCH)):
        yield batch


def write_events(batch: Iterable[Resource], people: People, diagnoses: Diagnoses, draft: Draft, tally: Tally) -> None:
    """Add a batch's events; what cannot be one is counted."""
    rows: list[tuple[Any, ...]] = []
    places: list[tuple[str, str]] = []
    for one in batch:
        kind, body = EVENTS[one.type], one.body
        tally.read[one.file] += 1
        if body.get("status") in _DID_NOT_HAPPEN or _verification(body) in _DID_NOT_HAPPEN:
            tally.passed_over[f"{one.type}: entered in error, cancelled or not done"] += 1
            continue
        who = reference(body.get(kind.who))
        if who not in people:
            tally.drop(one.file, "unknown patient", 1, one.place)
            continue
        source = "hospital" if diagnoses.note(body) else "gp"
        when, recorded = first(body, *kind.times), first(body, kind.recorded) if kind.recorded else None
        for number, (code, part) in enumerate(_parts(body, kind)):
            if code is None:
                tally.drop(one.file, "no code of a known system", 1, one.place)
                continue
            value, unit = _value(part)
            name = f"{one.type}/{one.id}" + (f"#{number}" if number else "")
            rows.append((who, when, code, value, unit, recorded, source, name))
            places.append((one.file, one.place))
    _add(rows, places, draft, tally)


def _add(rows: list[tuple[Any, ...]], places: list[tuple[str, str]], draft: Draft, tally: Tally) -> None:
    if not rows:
        return
    who, when, code, value, unit, recorded, source, name = zip(*rows, strict=True)
    times = instants(when)
    kept = pc.is_valid(times)
    for number in pc.indices_nonzero(pc.invert(kept)).to_pylist():
        tally.drop(places[number][0], "no time that can be read", 1, places[number][1])
    for pair in pc.value_counts(pa.array(code).filter(kept.combine_chunks())).to_pylist():
        tally.codes[pair["values"]] += pair["counts"]
    columns = {"resident_id": who, "code": code, "unit": unit, "source": source, "record_id": name}
    draft.add(
        "events",
        time=times.filter(kept),
        value=pa.chunked_array([pa.array(value, pa.float64())]).filter(kept),
        recorded_at=instants(recorded).filter(kept),
        **{key: pa.chunked_array([pa.array(values, pa.string())]).filter(kept) for key, values in columns.items()},
    )


def _verification(body: Mapping[str, Any]) -> str:
    codings = first(body, "verificationStatus.coding") or ()
    return next((str(one.get("code")) for one in codings if isinstance(one, dict)), "")


def _parts(body: Mapping[str, Any], kind: Kind) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """The resource's own code and those of its components, which may be all that an observation has."""
    components = [part for part in body.get("component") or () if isinstance(part, dict)]
    own = kind.concept or code_of(body.get(kind.code))
    if own or not components:
        yield own, body
    for part in components:
        yield code_of(part.get("code")), part


def _value(part: Mapping[str, Any]) -> tuple[float | None, str | None]:
    value = first(part, "valueQuantity.value", "valueInteger", "valueDecimal", "valueBoolean")
    unit = first(part, "valueQuantity.unit", "valueQuantity.code")
    return (float(value) if isinstance(value, int | float) else None), None if unit is None else str(unit)
