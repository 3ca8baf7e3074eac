"""Patient and Consent as residents and objections."""

from dataclasses import dataclass, fields
from datetime import date, datetime

import pandas as pd
import pyarrow as pa

from ..draft import Draft
from ..tally import Tally
from .names import Names
from .resources import Resource, kept
from .values import at, instants, items, partial, reference, told
from .versions import holds, updated

_SEX = {"male": "M", "female": "F"}
_OTHER_CONSENT = frozenset({"adr", "treatment"})  # consentscope: to be treated, or not to be, is no word on data


@dataclass(frozen=True)
class Person:
    """What is kept of a Patient; `dead` without a day in `died`, `current` unless the record is out of use."""

    born: date
    sex: str
    died: str
    dead: bool
    current: bool
    updated: datetime | None
    lives_at: str
    file: str
    place: str


class People:
    """Patients by id, in the order in which they came."""

    def __init__(self) -> None:
        self._rows: dict[str, Person] = {}
        self._names = Names()
        self._merged: list[tuple[str, str]] = []
        self._denied: list[tuple[str, str, str, str, str]] = []
        self.died = pd.Series(dtype="datetime64[us, UTC]")

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, person: str) -> Person:
        return self._rows[person]

    def of(self, name: str) -> str:
        """The patient that a reference names, under the id that stands after merging; '' for nobody."""
        return self._names.of(name, self._rows)

    def add(self, one: Resource, tally: Tally) -> None:
        born = _day(told(one.body, "birthDate"))
        if not one.id or born is None:
            tally.drop(one.file, "no id" if not one.id else "no birthDate that can be read", 1, one.place)
        elif self._holds(one, tally):
            self._names.add(one)
            self._rows[one.id] = Person(
                born,
                _SEX.get(told(one.body, "gender"), "X"),
                told(one.body, "deceasedDateTime"),
                at(one.body, "deceasedBoolean") is True,
                at(one.body, "active") is not False,
                updated(one.body),
                reference(at(one.body, "managingOrganization")),
                one.file,
                one.place,
            )
            for link in items(one.body, "link"):
                other, how = reference(at(link, "other")), told(link, "type")
                if how in ("replaced-by", "replaces"):
                    self._merged.append((one.id, other) if how == "replaced-by" else (other, one.id))

    def _holds(self, one: Resource, tally: Tally) -> bool:
        """Whether there is no version of a patient that is later than this."""
        before = self._rows.get(one.id)
        tally.passed_over[f"{one.type}: an earlier version"] += before is not None
        return before is None or holds(updated(one.body), before.updated)

    def consent(self, one: Resource, tally: Tally) -> None:
        """A consent in force that denies the use of data stands as a local objection."""
        body = one.body
        scopes = {told(coding, "code") for coding in items(body, "scope.coding")}
        if told(body, "status") != "active" or told(body, "provision.type") != "deny" or scopes & _OTHER_CONSENT:
            tally.passed_over["Consent: not in force, not denied, or not about data"] += 1
            return
        since = told(body, "provision.period.start", "dateTime")
        until = told(body, "provision.period.end")
        self._denied.append((reference(at(body, "patient")), since, until, one.file, one.place))

    def settle(self, spans: pd.DataFrame, last: pd.Timestamp, tally: Tally) -> None:
        """Merge records that say so, date deaths, and leave out who cannot be.

        `spans` are first and last encounters by `who`; `last` is when the latest encounter began.
        """
        for old, new in self._merged:
            gone, stays = self.of(old), self.of(new)
            if gone and stays and gone != stays:
                del self._rows[gone]
                self._names.link(gone, stays)
                tally.passed_over["Patient: merged into another"] += 1
        rows = pd.DataFrame(
            [vars(one) for one in self._rows.values()], list(self._rows), [field.name for field in fields(Person)]
        )
        seen = spans.groupby(spans["who"].map(self.of))["end"].max().reindex(rows.index)
        rows["died"] = _died(rows["died"], seen, last)
        undated = rows["dead"] & rows["died"].isna()
        rows["died"] = rows["died"].mask(undated, seen)
        if undated.any():
            tally.notes.append(f"{int(undated.sum()):,} died on a day that is not said: taken as their last encounter")
        born = pd.to_datetime(rows["born"].astype(str), utc=True, errors="coerce")
        rules = [("born after the last encounter", born > last), ("died before birth", rows["died"] < born)]
        sound = kept(rows.assign(id=rows.index), rules, tally)
        self._rows = {one: self._rows[one] for one in sound["id"]}
        self.died = sound.set_index("id")["died"]

    def write(self, draft: Draft, tally: Tally) -> None:
        people = self._rows.values()
        draft.add(
            "residents",
            resident_id=pa.array(list(self._rows), pa.string()),
            date_of_birth=pa.array([one.born for one in people], pa.date32()),
            sex=pa.array([one.sex for one in people], pa.string()),
            died_on=pa.array(self.died),
        )
        rows = pd.DataFrame(self._denied, columns=["who", "from", "to", "file", "place"])
        rows = rows.assign(who=rows["who"].map(self.of))
        for name in ("from", "to"):
            rows[name] = instants(rows[name]).to_pandas()
        rules = [("unknown patient", rows["who"] == ""), ("denies, but since when is not said", rows["from"].isna())]
        denied = kept(rows, rules, tally)
        draft.add(
            "objections",
            **{
                "resident_id": pa.array(denied["who"], pa.string()),
                "kind": pa.array(["local"] * len(denied), pa.string()),
                "from": pa.array(denied["from"]),
                "to": pa.array(denied["to"]),
            },
        )


def _died(texts: pd.Series, seen: pd.Series, last: pd.Timestamp) -> pd.Series:
    """The last moment of the day that is told; of a month or year that of the export, nor before a last encounter."""
    begins, ends = (
        instants(texts, ends=at_end).to_pandas().set_axis(texts.index).astype("datetime64[us, UTC]")
        for at_end in (False, True)
    )
    by_then = ends.mask(ends > last, begins.clip(lower=last))
    return ends.mask(texts.map(partial), by_then.mask(seen > by_then, seen))


def _day(told: str) -> date | None:
    """A day; the middle of the year, or of the month, where no more is known."""
    parts = told[:10].split("-")
    try:
        return date.fromisoformat("-".join((*parts, "07", "01")[:3] if len(parts) == 1 else (*parts, "15")[:3]))
    except ValueError:
        return None
