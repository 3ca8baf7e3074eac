"""Clinical resources as events."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from ..draft import Draft
from ..tally import Tally
from .diagnoses import Diagnoses
from .medicines import Medicines
from .people import People
from .resources import Resource, kept
from .values import at, code_of, first_code, instants, items, number, reference, told
from .versions import Withdrawn

_BATCH = 20_000
_DID_NOT_HAPPEN = frozenset({"entered-in-error", "cancelled", "not-done", "draft", "preparation", "proposed", "revoked",
                             "not-taken", "registered", "intended", "refuted"})  # fmt: skip
_NO_ORDER = frozenset({"proposal", "plan", "option"})  # intents of a MedicationRequest that nobody has to follow
_MEDICINES = ("MedicationRequest", "MedicationStatement")
_ROW = ["who", "time", "code", "value", "unit", "recorded", "source", "name", "retracted", "file", "place"]


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


@dataclass(frozen=True)
class Known:
    """What the first reading found and the second needs."""

    people: People
    diagnoses: Diagnoses
    medicines: Medicines
    withdrawn: Withdrawn


def write_events(found: Iterable[Resource], known: Known, draft: Draft, tally: Tally) -> None:
    """Add the events of resources, so many at a time; what cannot be one is counted."""
    rows: list[tuple[Any, ...]] = []
    for one in found:
        if one.type in EVENTS:
            rows += _rows(one, known, tally)
        if len(rows) >= _BATCH:
            _add(rows, draft, tally)
            rows = []
    _add(rows, draft, tally)


def _rows(one: Resource, known: Known, tally: Tally) -> Iterator[tuple[Any, ...]]:
    kind, body = EVENTS[one.type], one.body
    if _passed_over(one):
        tally.passed_over[f"{one.type}: entered in error, cancelled, not done or not ordered"] += 1
        return
    who = known.people.of(reference(at(body, kind.who)))
    if not who:
        tally.drop(one.file, "unknown patient", 1, one.place)
        return
    counts = known.withdrawn.known(one, told(body, kind.recorded) if kind.recorded else "")
    if counts is None:
        tally.passed_over[f"{one.type}: entered in error, by another version"] += 1
        return
    recorded, until = counts
    admission = known.diagnoses.note(one, holds=not until)
    if admission and one.type == "Condition" and not recorded:
        recorded = known.diagnoses.coded(admission)
    source = "hospital" if admission else "gp"
    when = told(body, *kind.times)
    name = f"{who}/{one.type}/{one.id}" if one.id else None
    for at_which, (code, part) in enumerate(_parts(one, kind, known.medicines)):
        value, unit = _value(part)
        if code is None:
            tally.drop(one.file, "no code of a known system", 1, one.place)
        elif value is None and at(part, "dataAbsentReason"):
            tally.passed_over[f"{one.type}: said to have no value"] += 1
        else:
            own = f"{name}#{at_which}" if name and at_which else name
            yield who, when, code, value, unit, recorded, source, own, False, one.file, one.place
            if until:
                yield who, when, code, None, None, until, source, own, True, one.file, one.place


def _add(rows: list[tuple[Any, ...]], draft: Draft, tally: Tally) -> None:
    table = pd.DataFrame(rows, columns=_ROW)
    for name in ("time", "recorded"):
        table[name] = instants(table[name], ends=name == "recorded").to_pandas().astype("datetime64[us, UTC]")
    table = kept(table, [("no time that can be read", table["time"].isna())], tally)
    for code, count in table["code"].value_counts().items():
        tally.codes[str(code)] += int(count)
    names = {"resident_id": "who", "code": "code", "unit": "unit", "source": "source", "record_id": "name"}
    draft.add(
        "events",
        time=pa.array(table["time"]),
        value=pa.array(table["value"].astype("float64"), from_pandas=True),
        recorded_at=pa.array(table["recorded"]),
        retracted=pa.array(table["retracted"].astype("boolean").mask(~table["retracted"].astype(bool))),
        **{ours: pa.array(table[name], pa.string(), from_pandas=True) for ours, name in names.items()},
    )


def _passed_over(one: Resource) -> bool:
    body = one.body
    said = {told(body, "status"), first_code(at(body, "verificationStatus"))}
    no_order = one.type == "MedicationRequest" and told(body, "intent") in _NO_ORDER
    return bool(said & _DID_NOT_HAPPEN) or no_order or at(body, "doNotPerform") is True


def _parts(one: Resource, kind: Kind, medicines: Medicines) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """The resource's own code and those of its components, which may be all that an observation has."""
    own = kind.concept or code_of(at(one.body, kind.code))
    if own is None and one.type in _MEDICINES:
        own = medicines.of(one)
    components = items(one.body, "component")
    if own or not components:
        yield own, one.body
    for part in components:
        yield code_of(at(part, "code")), part


def _value(part: Mapping[str, Any]) -> tuple[float | None, str | None]:
    told_as = (at(part, path) for path in ("valueQuantity.value", "valueInteger", "valueDecimal", "valueBoolean"))
    value = next((found for each in told_as if (found := number(each)) is not None), None)
    return value, told(part, "valueQuantity.unit", "valueQuantity.code") or None
