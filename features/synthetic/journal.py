"""Event rows of a block as columns of the contract."""

import numpy as np
import pyarrow as pa

from . import codes as c
from .delays import NUMBERED, Rows, dirtied, recording_times
from .draws import Draws
from .emit import Events
from .jit import key_of
from .texts import ROLES, TEXTS
from .write import instant_array, text_array

_FEED = np.array(c.FEED_OF, np.int64)
_UNIT_NAMES = sorted(set(c.UNITS.values()))
_UNIT = np.array([_UNIT_NAMES.index(c.UNITS[n]) if n in c.UNITS else -1 for n in c.NAMES])


def event_rows(events: Events, gone_at: np.ndarray, first_number: int, seed: int, cutoff: int) -> Rows:
    """The block's events as known at `cutoff`, sorted by resident and time; nothing after a resident has gone."""
    n = int(events.at[0])
    number = np.arange(first_number, first_number + n)
    feed = _FEED[events.code[:n]]
    key = key_of(seed, 8_000_001, 0)
    recorded = recording_times(events.time[:n], feed, key, number)
    rows = Rows(
        events.resident[:n], events.time[:n], recorded, events.code[:n], events.value[:n], events.text[:n],
        events.by[:n], number, np.zeros(n, bool),
    )  # fmt: skip
    kept = np.flatnonzero((rows.time < gone_at[rows.resident]) & (recorded < cutoff))
    rows = rows.take(kept)
    rows = dirtied(rows, Draws(np.full(len(kept), key, np.uint64), rows.number), feed[kept])
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
