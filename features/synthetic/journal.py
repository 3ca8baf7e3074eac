"""Event rows of a block as columns of the contract."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from ..asof import NEVER
from ..write import instant_array, text_array
from . import codes as c
from . import emit as e
from . import planted as p
from .delays import NUMBERED, Rows, dirtied, recording_times
from .dirt import Dirt, Silence
from .draws import Draws
from .jit import key_of
from .practice import PLAN_SECOND, REVIEW_SECOND
from .span import instants
from .texts import CARER, ROLES, TEXTS

Planted: TypeAlias = list[tuple[int, Rows]]
_ASKED = 1 << 19  # where their numbers begin
_FEED = np.array(c.FEED_OF, np.int64)
_UNIT_NAMES = sorted(set(c.UNITS.values()))
_UNIT = np.array([_UNIT_NAMES.index(c.UNITS[n]) if n in c.UNITS else -1 for n in c.NAMES])


@dataclass(frozen=True)
class Site:
    """What happens to the records of one block on their way: when, how dirty, which feeds are silent."""

    midnight: np.ndarray
    cutoff: int
    dirt: Dirt
    silence: Silence
    seed: int


def event_rows(log: np.ndarray, gone: np.ndarray, numbers: np.ndarray, site: Site) -> tuple[Rows, Planted]:
    """The log's events as known at the cutoff, by resident and time, and what was planted in them.

    Nothing comes after the instant a resident has `gone`; `numbers` has a record number per resident from which to
    count, the same whatever the block.
    """
    written = log[1 : int(log[0, e.H_ROWS]) + 1]
    a = written[written[:, e.KIND] >= 0]
    resident, code = a[:, e.WHO].astype(np.int32), a[:, e.KIND].astype(np.int16)
    time = instants(site.midnight, a[:, e.DAY].astype(np.int64), a[:, e.SECOND])
    number = numbers[resident] + _places(resident, code, a[:, e.SECOND])
    key = key_of(site.seed, 8_000_001, 0)
    recorded = recording_times(time, _FEED[code], key, number, site.dirt.late)
    by, no = a[:, e.BY].astype(np.int32), np.zeros(len(a), bool)
    rows = Rows(resident, time, recorded, code, a[:, e.VALUE], a[:, e.TEXT].astype(np.int16), by, number, no, no)
    at_home = by // 64 % 8 <= CARER
    silent = site.silence.of(_FEED[code], by // 512, a[:, e.DAY].astype(np.int64), at_home)
    rows = rows.take(np.flatnonzero((time < gone[resident]) & (recorded < site.cutoff) & ~silent))
    draws = Draws(np.full(len(rows.time), key, np.uint64), rows.number)
    lost = draws.u(6) < site.dirt.lost
    found: Planted = [(p.LOST, rows.take(np.flatnonzero(lost)))]
    kept = np.flatnonzero(~lost)
    rows, draws = rows.take(kept), draws.take(kept)
    rows, more = dirtied(rows, draws, _FEED[rows.code], site.dirt, site.cutoff)
    order = (rows.resident.astype(np.int64) << 32) | ((rows.time - rows.time.min(initial=0)) // 1_000_000)
    return rows.take(np.argsort(order, kind="stable")), found + more


def _places(resident: np.ndarray, code: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Each row's place among those of its resident. Reviews that a list asked for are counted apart, so that they
    change nothing about the records that would be there without them."""
    asked = ((code == c.MDT_REVIEW) & (second == REVIEW_SECOND)) | ((code == c.CARE_PLAN) & (second == PLAN_SECOND))
    out = np.empty(len(resident), np.int64)
    out[~asked] = _within(resident[~asked])
    out[asked] = _ASKED + _within(resident[asked])
    return out


def _within(resident: np.ndarray) -> np.ndarray:
    """Each row's place among those of its resident, which are together."""
    first = np.flatnonzero(np.diff(resident, prepend=-1))
    return np.arange(len(resident)) - np.repeat(first, np.diff(np.append(first, len(resident))))


def planted_columns(found: Planted, ids: np.ndarray) -> Iterator[dict[str, pa.Array]]:
    """Rows of the answer key about events."""
    for kind, rows in found:
        yield p.planted(
            kind,
            "events",
            len(rows.time),
            resident_id=text_array(rows.resident, list(ids)),
            code=text_array(rows.code, c.NAMES),
            time=instant_array(rows.time),
            record_id=_record_ids(rows),
        )


def _record_ids(rows: Rows) -> pa.Array:
    return pa.array(rows.number, mask=~NUMBERED[_FEED[rows.code]]).cast(pa.string())


def event_columns(rows: Rows, ids: np.ndarray) -> dict[str, pa.Array]:
    """Columns of the table `events`; `ids` are the block's resident ids."""
    feed = _FEED[rows.code]
    return {
        "resident_id": text_array(rows.resident, list(ids)),
        "time": instant_array(rows.time),
        "code": text_array(rows.code, c.NAMES),
        "value": pa.array(rows.value, mask=np.isnan(rows.value)),
        "text": text_array(rows.text, TEXTS),
        "unit": text_array(_UNIT[rows.code], _UNIT_NAMES),
        "recorded_at": instant_array(np.where(rows.undated, NEVER, rows.recorded)),
        "source": text_array(feed, c.FEEDS),
        "by": _authors(rows.by),
        "record_id": _record_ids(rows),
        "retracted": pa.array(rows.retracted),
    }


def _authors(by: np.ndarray) -> pa.Array:
    """`role:pseudonym`, one pseudonym per member of staff of a home or practice."""
    people, index = np.unique(by, return_inverse=True)
    names = [f"{ROLES[int(b) // 64 % 8]}:p{int(b) // 512 * 64 + int(b) % 64}" for b in people]
    return text_array(index, names)
