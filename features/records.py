"""Every dated record of a history as flat arrays with its interval of knowledge, one concept each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ._hashing import dictionary
from .asof import DAY, LONG_AGO, NEVER, local_days, local_hours
from .codelists import SOFT_SIGN, resolve, sign_concepts, signs_of
from .codelists.outcomes import Definition, definition
from .contract import EMERGENCY_METHODS, TRANSFER_METHOD
from .history import History
from .placing import leave_out
from .visibility import Known, known, micros

LONG_EVENING = 20  # a discharge from 8pm on arrives after day staff and the surgery have gone


@dataclass(frozen=True)
class Records:
    """Unsorted records: entity index, concept index into `concepts`, instants in UTC microseconds, value, row.

    An entity of -1 leaves a record out: of somebody else, of no known concept, without a date or never recorded.

    `row` is the row of events a record comes from; see `row_of_spell` for spells, and for stays, which follow them.
    """

    concepts: tuple[str, ...]
    entity: np.ndarray
    concept: np.ndarray
    time: np.ndarray
    since: np.ndarray
    until: np.ndarray
    value: np.ndarray
    row: np.ndarray

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True)
class _Part:
    """Records of one concept, or of several when `concept` is an array of names' indices."""

    names: tuple[str, ...]
    concept: np.ndarray
    entity: np.ndarray
    time: np.ndarray
    since: np.ndarray
    until: np.ndarray
    value: np.ndarray
    row: np.ndarray


def resident_records(history: History, residents: pa.Array, outcome: str = "iau_2019") -> Records:
    """Records of events, spells and stays of the given residents (sorted ids; others are left out)."""
    return _join(
        (
            _event_part(history["events"], "resident_id", residents),
            *_spell_parts(history["spells"], residents, definition(outcome)),
            _move_part(history["stays"], residents, after=history["spells"].num_rows),
        )
    )


def home_records(history: History, homes: pa.Array) -> Records:
    """Records of home_events, by index into the sorted home ids."""
    return _join((_event_part(history["home_events"], "home_id", homes),))


def entities(ids: pa.ChunkedArray, known_ids: pa.Array) -> np.ndarray:
    """int32 index of each id in `known_ids`, -1 where it is not there."""
    if pa.types.is_dictionary(ids.type):
        words, at = dictionary(ids)
        return np.append(entities(words, known_ids), np.int32(-1))[at]
    return pc.fill_null(pc.index_in(ids, known_ids), -1).to_numpy(zero_copy_only=False).astype(np.int32)


def by_entity(values: np.ndarray, ids: pa.ChunkedArray, known_ids: pa.Array, missing: float) -> np.ndarray:
    """One value per known id from a table with a row per id; rows of other ids are left out."""
    entity = entities(ids, known_ids)
    out = np.full(len(known_ids), missing, values.dtype)
    out[entity[entity >= 0]] = values[entity >= 0]
    return out


def row_of_spell(row: np.ndarray) -> np.ndarray:
    """Records.row of a row of spells: negative, so that it is none of events. -1 stands for no row."""
    return -2 - row


def spell_of_row(row: int, spells: int) -> int | None:
    """The row of spells (of so many) that Records.row names; None for a record of events or stays."""
    return -2 - row if -2 - spells < row <= -2 else None


def _event_part(events: pa.Table, entity: str, ids: pa.Array) -> _Part:
    names, concept = _concepts(events)
    when = known(events)
    return _Part(
        names,
        concept,
        entities(events[entity], ids),
        micros(events["time"]),
        when.since,
        when.until,
        pc.fill_null(events["value"], np.nan).to_numpy(zero_copy_only=False),
        np.arange(events.num_rows, dtype=np.int32),
    )


def _concepts(events: pa.Table) -> tuple[tuple[str, ...], np.ndarray]:
    """The concepts that events name, and which of them each event does (-1: none)."""
    codes, at = dictionary(events["code"])
    named = resolve(codes)
    names = tuple(sorted({SOFT_SIGN, *sign_concepts(), *filter(None, named.values())}))
    number: dict[str | None, int] = {name: i for i, name in enumerate(names)}
    concept = np.array([*(number.get(named.get(c), -1) for c in codes.to_pylist()), -1], np.int16)[at]
    rows = np.flatnonzero(concept == number[SOFT_SIGN])
    texts, said = dictionary(events["text"].take(pa.array(rows)))
    concept[rows] = np.array([number[sign] for sign in signs_of([*texts.to_pylist(), None])], np.int16)[said]
    return names, concept


def _spell_parts(spells: pa.Table, residents: pa.Array, avoidable: Definition) -> Iterable[_Part]:
    """Admissions are known from their recording, diagnoses from coding, discharges from theirs."""
    entity = entities(spells["resident_id"], residents)
    method = spells["admission_method"]
    primary, secondary, procedures = (
        spells[name] for name in ("primary_diagnosis", "secondary_diagnoses", "procedures")
    )
    is_avoidable, is_fall = (
        np.array([c is not None for c in wanted.classify(primary, secondary, procedures, method)], np.bool_)
        for wanted in (avoidable, definition("falls"))
    )
    admitted, coded = micros(spells["admitted_at"]), micros(spells["coded_at"])
    discharged, told = micros(spells["discharged_at"]), micros(spells["discharge_recorded_at"])
    stay = (discharged - admitted) / DAY
    at_home = discharged < NEVER
    moment = np.where(at_home, discharged, 0)
    evening = at_home & (local_hours(moment) >= LONG_EVENING)
    weekend = at_home & ((local_days(moment) + 3) % 7 >= 5)  # 1970-01-01 was a Thursday, day 3 of the week
    one = np.ones(len(admitted))
    admission = (known(spells), admitted, np.full(len(admitted), LONG_AGO))
    coding = (known(spells, "coded_at"), admitted, coded)
    leaving = (known(spells, "discharge_recorded_at"), discharged, told)

    def part(name: str, mask: np.ndarray, of: tuple[Known, np.ndarray, np.ndarray], value: np.ndarray) -> _Part:
        when, time, learnt = of
        return _spell_part(name, mask & (entity >= 0), entity, time, when, learnt, value)

    return (
        part("emergency_admission", _is_in(method, EMERGENCY_METHODS - {TRANSFER_METHOD}), admission, one),
        part("elective_admission", ~_is_in(method, EMERGENCY_METHODS), admission, one),
        part("avoidable_admission", is_avoidable, coding, one),
        part("fall_admission", is_fall, coding, one),
        part("discharge", at_home, leaving, stay),
        part("late_discharge", evening, leaving, one),
        part("weekend_discharge", weekend, leaving, one),
    )


def _is_in(words: pa.ChunkedArray, wanted: Collection[str]) -> np.ndarray:
    return pc.is_in(words, pa.array(sorted(wanted))).to_numpy(zero_copy_only=False)


def _spell_part(
    name: str,
    mask: np.ndarray,
    entity: np.ndarray,
    time: np.ndarray,
    when: Known,
    learnt: np.ndarray,
    value: np.ndarray,
    after: int = 0,
) -> _Part:
    rows = np.flatnonzero(mask)
    return _Part(
        (name,),
        np.zeros(len(rows), np.int16),
        entity[rows],
        time[rows],
        np.maximum(when.since, learnt)[rows],
        when.until[rows],
        value[rows].astype(float),
        row_of_spell(rows + after).astype(np.int32),
    )


def _move_part(stays: pa.Table, residents: pa.Array, after: int) -> _Part:
    when, time = known(stays), micros(stays["moved_in"])
    entity = entities(stays["resident_id"], residents)
    always, one = np.full(len(entity), LONG_AGO), np.ones(len(entity))
    return _spell_part("move_in", entity >= 0, entity, time, when, always, one, after)


def _join(parts: Iterable[_Part]) -> Records:
    parts = tuple(parts)
    names = tuple(sorted({n for p in parts for n in p.names}))
    at = {n: i for i, n in enumerate(names)}
    concept = [np.array([*(at[n] for n in p.names), -1], np.int16)[p.concept] for p in parts]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(p, name) for p in parts])

    found = Records(
        names,
        joined("entity"),
        np.concatenate(concept),
        joined("time"),
        joined("since"),
        joined("until"),
        joined("value"),
        joined("row"),
    )
    leave_out(found.entity, found.concept, found.time, found.since, NEVER)
    return found
