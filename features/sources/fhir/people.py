"""Patient and Consent as residents and objections."""

from typing import Any

import pandas as pd
import pyarrow as pa

from ...coerce import converted
from ..draft import Draft
from ..tally import Tally
from .resources import Resource
from .values import first, instants, reference

_SEX = {"male": "M", "female": "F"}


class People:
    """Patients by id, in the order in which they came."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._denied: list[tuple[str, Any]] = []
        self.died = pd.Series(dtype="datetime64[us, UTC]")

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, person: str) -> bool:
        return person in self._rows

    def add(self, one: Resource, tally: Tally) -> None:
        if not one.id or not one.body.get("birthDate"):
            tally.drop(one.file, "no id" if not one.id else "no birthDate", 1, one.place)
        elif one.id in self._rows:
            tally.drop(one.file, "the same patient twice", 1, one.place)
        else:
            self._rows[one.id] = one.body

    def consent(self, one: Resource, tally: Tally) -> None:
        """A consent in force that denies stands as a local objection."""
        if one.body.get("status") == "active" and first(one.body, "provision.type") == "deny":
            since = first(one.body, "provision.period.start", "dateTime")
            if since is None:
                tally.drop(one.file, "denies, but since when is not said", 1, one.place)
            else:
                self._denied.append((reference(one.body.get("patient")), since))

    def write(self, draft: Draft, tally: Tally) -> None:
        ids, bodies = list(self._rows), list(self._rows.values())
        born = converted(pa.chunked_array([pa.array([_day(b["birthDate"]) for b in bodies], pa.string())]), "date")
        died = instants(b.get("deceasedDateTime") for b in bodies)
        self.died = died.to_pandas().set_axis(ids)
        draft.add(
            "residents",
            resident_id=pa.array(ids, pa.string()),
            date_of_birth=born,
            sex=pa.array([_SEX.get(str(b.get("gender")), "X") for b in bodies], pa.string()),
            died_on=died,
        )
        denied = [(who, since) for who, since in self._denied if who in self._rows]
        draft.add(
            "objections",
            **{
                "resident_id": pa.array([who for who, _ in denied], pa.string()),
                "kind": pa.array(["local"] * len(denied), pa.string()),
                "from": instants(since for _, since in denied),
            },
        )


def _day(text: Any) -> str:
    """The middle of the year, or of the month, where no more is known."""
    parts = str(text).split("-")
    return "-".join(parts) if len(parts) == 3 else f"{parts[0]}-07-01" if len(parts) == 1 else f"{text}-15"
