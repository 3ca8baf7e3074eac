"""Encounter: admissions as spells, emergency attendances as events, and who was seen or stayed at which home."""

from collections.abc import Mapping
from datetime import datetime
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
from .diagnoses import Diagnoses
from .homes import Home, Homes
from .names import Names
from .people import People
from .resources import Resource, kept
from .spans import Spans
from .values import at, first_code, instants, items, reference, told
from .versions import holds, updated

_NOT_BEGUN = frozenset({"planned", "cancelled", "entered-in-error"})
_UK_METHOD = "Extension-UKCore-AdmissionMethod"
_COLUMNS = ("encounter_id", "who", "kind", "start", "end", "method", "destination", "provider", "places", "part_of",
            "conditions", "file", "place")  # fmt: skip
_LAST = 1 << 30


@cache
def classes() -> Mapping[str, str]:
    """Kind of encounter by code of v3-ActEncounterCode, from classes.csv."""
    return {row["code"]: row["kind"] for row in read(Path(__file__).with_name("classes.csv"))}


class Encounters:
    """Encounters of the classes that count; the span of all of them by person."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], tuple[datetime | None, tuple[Any, ...] | None]] = {}
        self.names, self.spans = Names(), Spans()

    def add(self, one: Resource, tally: Tally) -> None:
        body, status, kind = one.body, told(one.body, "status"), classes().get(told(one.body, "class.code"))
        if status in _NOT_BEGUN:
            tally.passed_over[f"{one.type}: {status}"] += 1
            if one.id and (kind or not at(body, "class")):
                self._keep(one, None, tally)
            return
        who, start, end = reference(at(body, "subject")), told(body, "period.start"), told(body, "period.end")
        self.spans.add(who, start, end)
        if not kind:
            tally.passed_over[f"{one.type}: no admission, attendance or home visit by its class"] += 1
            return
        self.names.add(one)
        places = [(reference(at(each, "location")), told(each, "period.start"), told(each, "period.end"))
                  for each in items(body, "location")]  # fmt: skip
        self._keep(one, (one.id, who, kind, start, end, _method(body), _discharged(body),
                         reference(at(body, "serviceProvider")), places, reference(at(body, "partOf")),
                         _conditions(body), one.file, one.place), tally)  # fmt: skip

    def _keep(self, one: Resource, row: tuple[Any, ...] | None, tally: Tally) -> None:
        """The version that holds of each encounter; without a row it is none."""
        key, own = (one.id, 0 if one.id else len(self._rows)), updated(one.body)
        before, earlier = self._rows.get(key, (None, None))
        tally.passed_over[f"{one.type}: an earlier version"] += earlier is not None
        if holds(own, before):
            self._rows[key] = own, row

    def frame(self, people: People, tally: Tally) -> pd.DataFrame:
        """Those of known people with times in order."""
        rows = pd.DataFrame([row for _, row in self._rows.values() if row], columns=_COLUMNS)
        rows = rows.assign(person_id=rows["who"].map(people.of), **{n: _instants(rows[n]) for n in ("start", "end")})
        rules = [
            ("unknown patient", rows["person_id"] == ""),
            ("no id", rows["encounter_id"] == ""),
            ("no start that can be read", rows["start"].isna()),
            ("ends before it starts", rows["end"] < rows["start"]),
        ]
        return kept(rows, rules, tally)

    def admissions(self, visits: pd.DataFrame, tally: Tally, *, emergencies: bool) -> pd.DataFrame:
        """Inpatient encounters with the method of admission, as far as it can be told.

        What is told as a part of another, as a ward's is, goes into that.
        """
        admitted = visits[visits["kind"] == "inpatient"].sort_values("start", kind="stable")
        ids = admitted["encounter_id"]
        every = set(ids)
        above = admitted["part_of"].map(lambda name: self.names.of(name, every) if name else "")
        part = (above != "") & (above != ids)
        for own, whole in zip(ids[part], above[part], strict=True):
            self.names.link(own, whole)
        wholes = set(ids[~part])
        part &= ids.map(lambda own: self.names.of(own, wholes)) != ""
        tally.passed_over["Encounter: part of an admission that is told as a whole"] += int(part.sum())
        admitted, seen = admitted[~part], visits[visits["kind"] == "emergency"]
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
            discharge_destination=pa.array(admitted["destination"].replace("", None), pa.string(), from_pandas=True),
            provider=pa.array(admitted["provider"].replace("", None), pa.string(), from_pandas=True),
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


def at_homes(visits: pd.DataFrame, homes: Homes) -> pd.DataFrame:
    """Admissions and visits at care homes, a row for each place: whose, `home`, `moved_in`, `moved_out`.

    The index is that of `visits`. A place without a period of its own was that of the whole encounter.
    """
    rows = visits[visits["kind"] != "emergency"]
    found: list[tuple[Any, Home, str, str]] = []
    for index, places, provider in zip(rows.index, rows["places"], rows["provider"], strict=True):
        here = [(index, home, *period) for name, *period in places if (home := homes.of("Location", name))]
        run_by = homes.of("Organization", provider)
        found += here or ([(index, run_by, "", "")] if run_by else [])
    lived = pd.DataFrame(found, columns=["index", "home", "moved_in", "moved_out"]).set_index("index")
    lived = lived.join(rows[["person_id", "kind", "start", "end", "file", "place"]])
    for own, whole in (("moved_in", "start"), ("moved_out", "end")):
        lived[own] = _instants(lived[own]).astype("datetime64[us, UTC]").fillna(lived[whole])
    return lived


def _instants(texts: pd.Series) -> pd.Series:
    return instants(texts).to_pandas().set_axis(texts.index)


def _method(body: Mapping[str, Any]) -> str | None:
    """NHS admission method from UK Core's extension, else from where the patient came."""
    for extension in (*items(body, "extension"), *items(body, "hospitalization.extension")):
        if told(extension, "url").endswith(_UK_METHOD):
            code = first_code(at(extension, "valueCodeableConcept"))
            return code if code in ADMISSION_METHODS else None
    return FROM_EMERGENCY if first_code(at(body, "hospitalization.admitSource")) == "emd" else None


def _discharged(body: Mapping[str, Any]) -> str:
    return first_code(at(body, "hospitalization.dischargeDisposition"))


def _conditions(body: Mapping[str, Any]) -> list[str]:
    """The diagnoses that an encounter names, the first in rank first."""
    told_as = items(body, "diagnosis")
    ranked = sorted(told_as, key=lambda one: rank if isinstance(rank := one.get("rank"), int) else _LAST)
    return [name for one in ranked if (name := reference(at(one, "condition")))]
