"""Encounter: admissions as spells, emergency attendances as events."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from ...codelists.rows import read
from ...contract import ADMISSION_METHODS
from ..draft import Draft
from ..encounters import FROM_EMERGENCY, method_of
from ..tally import Tally
from .events import Diagnoses
from .people import People
from .resources import Resource
from .values import first, instants, reference

_NOT_BEGUN = frozenset({"planned", "cancelled", "entered-in-error"})
_UK_METHOD = "Extension-UKCore-AdmissionMethod"
_COLUMNS = ("encounter_id", "person_id", "kind", "start", "end", "method", "destination", "provider", "file", "place")


@cache
def classes() -> Mapping[str, str]:
    """Kind of encounter by code of v3-ActCode, from classes.csv."""
    return {row["code"]: row["kind"] for row in read(Path(__file__).with_name("classes.csv"))}


class Encounters:
    """Encounters of the classes that count; the span of all of them by person."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self.spans: dict[str, tuple[str, str]] = {}

    def add(self, one: Resource, tally: Tally) -> None:
        body = one.body
        if body.get("status") in _NOT_BEGUN:
            tally.passed_over[f"{one.type}: {body['status']}"] += 1
            return
        who, start = reference(body.get("subject")), first(body, "period.start")
        if who and start:
            low, high = self.spans.get(who, (str(start), str(start)))
            last = str(first(body, "period.end") or start)
            self.spans[who] = min(low, str(start)), max(high, last)
        kind = classes().get(str(first(body, "class.code")))
        if kind:
            self._rows.append((one.id, who, kind, start, first(body, "period.end"), _method(body),
                               _code(first(body, "hospitalization.dischargeDisposition")),
                               reference(body.get("serviceProvider")) or None, one.file, one.place))  # fmt: skip

    def frame(self, people: People, tally: Tally) -> pd.DataFrame:
        """Those of known people with times in order."""
        rows = pd.DataFrame(self._rows, columns=_COLUMNS)
        for name in ("start", "end"):
            rows[name] = instants(None if pd.isna(t) else t for t in rows[name]).to_pandas()
        rules = (
            ("unknown patient", ~rows["person_id"].isin(people.died.index)),
            ("no start that can be read", rows["start"].isna()),
            ("ends before it starts", rows["end"] < rows["start"]),
            ("the same encounter twice", rows["encounter_id"].duplicated()),
        )
        wrong = pd.Series(False, rows.index)
        for reason, broken in rules:
            for file, these in rows[broken & ~wrong].groupby("file"):
                tally.drop(str(file), reason, len(these), str(these["place"].iloc[0]))
            wrong |= broken
        return rows[~wrong].reset_index(drop=True)

    def admissions(self, visits: pd.DataFrame, *, emergencies: bool) -> pd.DataFrame:
        """Inpatient encounters with the method of admission, as far as it can be told."""
        admitted = visits[visits["kind"] == "inpatient"].sort_values("start", kind="stable")
        seen = visits[visits["kind"] == "emergency"]
        return admitted.assign(method=method_of(admitted, admitted["method"], seen, emergencies=emergencies))

    def write(self, draft: Draft, visits: pd.DataFrame, admitted: pd.DataFrame, diagnoses: Diagnoses) -> None:
        ids = admitted["encounter_id"]
        draft.add(
            "spells",
            spell_id=pa.array(ids, pa.string()),
            resident_id=pa.array(admitted["person_id"], pa.string()),
            admitted_at=pa.array(admitted["start"]),
            discharged_at=pa.array(admitted["end"]),
            admission_method=pa.array(admitted["method"], pa.string()),
            primary_diagnosis=pa.array([diagnoses.primary(one) for one in ids], pa.string()),
            secondary_diagnoses=pa.array([diagnoses.others(one) for one in ids], pa.string()),
            discharge_destination=pa.array(admitted["destination"], pa.string(), from_pandas=True),
            provider=pa.array(admitted["provider"], pa.string(), from_pandas=True),
        )
        seen = visits[visits["kind"] == "emergency"]
        draft.add(
            "events",
            resident_id=pa.array(seen["person_id"], pa.string()),
            time=pa.array(seen["start"]),
            code=pa.array(["ed_attendance"] * len(seen), pa.string()),
            source=pa.array(["urgent_care"] * len(seen), pa.string()),
            record_id=pa.array([f"Encounter/{one}" for one in seen["encounter_id"]], pa.string()),
        )


def _method(body: Mapping[str, Any]) -> str | None:
    """NHS admission method from UK Core's extension, else from where the patient came."""
    inside = body.get("hospitalization")
    for extension in (*(body.get("extension") or ()), *((inside or {}).get("extension") or ())):
        if str(extension.get("url", "")).endswith(_UK_METHOD):
            code = _code(extension.get("valueCodeableConcept"))
            return code if code in ADMISSION_METHODS else None
    return FROM_EMERGENCY if _code(first(body, "hospitalization.admitSource")) == "emd" else None


def _code(concept: Any) -> str | None:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return next((str(one["code"]) for one in codings or () if one.get("code")), None)
