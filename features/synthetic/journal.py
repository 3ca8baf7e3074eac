"""Event rows of a block as columns of the contract."""

import numpy as np
import pyarrow as pa

from . import codes as c
from . import emit as e
from .delays import NUMBERED, Rows, dirtied, recording_times
from .draws import Draws
from .jit import key_of
from .span import instants
from .texts import ROLES, TEXTS
from .write import instant_array, text_array

_FEED = np.array(c.FEED_OF, np.int64)
_UNIT_NAMES = sorted(set(c.UNITS.values()))
_UNIT = np.array([_UNIT_NAMES.index(c.UNITS[n]) if n in c.UNITS else -1 for n in c.NAMES])


def event_rows(
    log: np.ndarray, midnight: np.ndarray, gone: np.ndarray, first_number: int, seed: int, cutoff: int
) -> Rows:
    """The log's events as known at `cutoff`, by resident and time; nothing after the instant a resident has `gone`.

    `first_number` numbers the log's first row among all blocks, so that records keep their numbers.
    """
    written = log[1 : int(log[0, e.H_ROWS]) + 1]
    kept = np.flatnonzero(written[:, e.KIND] >= 0)
    a = written[kept]
    resident, code = a[:, e.WHO].astype(np.int32), a[:, e.KIND].astype(np.int16)
    time = instants(midnight, a[:, e.DAY].astype(np.int64), a[:, e.SECOND])
    number = first_number + kept
    key = key_of(seed, 8_000_001, 0)
    recorded = recording_times(time, _FEED[code], key, number)
    rows = Rows(
        resident, time, recorded, code, a[:, e.VALUE], a[:, e.TEXT].astype(np.int16), a[:, e.BY].astype(np.int32),
        number, np.zeros(len(kept), bool),
    )  # fmt: skip
    rows = rows.take(np.flatnonzero((time < gone[resident]) & (recorded < cutoff)))
    rows = dirtied(rows, Draws(np.full(len(rows.time), key, np.uint64), rows.number), _FEED[rows.code])
    rows = rows.take(np.flatnonzero(rows.recorded < cutoff))
    order = (rows.resident.astype(np.int64) << 32) | ((rows.time - rows.time.min(initial=0)) // 1_000_000)
    return rows.take(np.argsort(order, kind="stable"))


def event_columns(rows: Rows, ids: np.ndarray) -> dict[str, pa.Array]:
    """Columns of the table `events`; `ids` are the block's resident ids."""
    feed = _FEED[rows.code]
    numbered = NUMBERED[feed]
    record = pa.array(rows.number, mask=~numbered).cast(pa.string())
    return {
        "resident_id": text_array(rows.resident, list(ids)),
        "time": instant_array(rows.time),
        "code": text_array(rows.code, c.NAMES),
        "value": pa.array(rows.value, mask=np.isnan(rows.value)),
        "text": text_array(rows.text, TEXTS),
        "unit": text_array(_UNIT[rows.code], _UNIT_NAMES),
        "recorded_at": instant_array(rows.recorded),
        "source": text_array(feed, c.FEEDS),
        "by": _authors(rows.by),
        "record_id": record,
        "retracted": pa.array(rows.retracted),
    }


def _authors(by: np.ndarray) -> pa.Array:
    """`role:pseudonym`, one pseudonym per member of staff of a home or practice."""
    people, index = np.unique(by, return_inverse=True)
    names = [f"{ROLES[int(b) // 64 % 8]}:p{int(b) // 512 * 64 + int(b) % 64}" for b in people]
    return text_array(index, names)
