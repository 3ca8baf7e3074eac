"""What the feeds of a history cover, and which of them it holds records of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from ._hashing import dictionary
from .codelists import concepts, resolve
from .history import History
from .streams import FEEDS
from .visibility import micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NONE = np.iinfo(np.int64).min  # no instant
_UNKNOWN = "unknown codes"


@dataclass(frozen=True)
class Feed:
    """What one feed covers, in UTC: its rows, first and last time, last recording (None: it tells no recordings)."""

    name: str
    rows: int
    first: datetime | None
    last: datetime | None
    recorded: datetime | None


def feeds(tables: Mapping[str, pa.Table]) -> tuple[Feed, ...]:
    """Coverage per feed, by name: events by the feed of their concept, spells as hospital, home_events as home."""
    words, at = dictionary(tables["events"]["code"])
    named = resolve(words)
    of_word = [concepts()[name].feed if (name := named[code]) else _UNKNOWN for code in words.to_pylist()]
    names = sorted({*of_word, _UNKNOWN})
    number = np.array([names.index(feed) for feed in (*of_word, _UNKNOWN)], np.int64)
    out = _covered(names, number[at], tables["events"], "time")
    for feed, table, time in (("hospital", "spells", "admitted_at"), ("home", "home_events", "time")):
        out += _covered([feed], np.zeros(tables[table].num_rows, np.int64), tables[table], time)
    return covered(out)


def covered(parts: Iterable[Feed]) -> tuple[Feed, ...]:
    """Each feed once, of parts of it."""
    by_name: dict[str, list[Feed]] = {}
    for feed in parts:
        by_name.setdefault(feed.name, []).append(feed)
    return tuple(
        Feed(
            name,
            sum(one.rows for one in some),
            min((one.first for one in some if one.first), default=None),
            max((one.last for one in some if one.last), default=None),
            max((one.recorded for one in some if one.recorded), default=None),
        )
        for name, some in sorted(by_name.items())
    )


def _covered(names: list[str], feed: np.ndarray, table: pa.Table, time: str) -> list[Feed]:
    spans = _spans(feed, len(names), micros(table[time], _NONE), micros(table["recorded_at"], _NONE), _NONE)
    return [
        Feed(name, rows, _moment(first), _moment(last), _moment(recorded))
        for name, (rows, first, last, recorded) in zip(names, spans.tolist(), strict=True)
        if rows
    ]


@njit(cache=True, nogil=True)
def _spans(feed, feeds, time, recorded, none):  # pragma: no cover - compiled
    """Per feed: rows, first and last time, last recording."""
    out = np.full((feeds, 4), none)
    out[:, 0] = 0
    for row in range(len(feed)):
        of = out[feed[row]]
        of[0] += 1
        if time[row] != none:
            if of[1] == none or time[row] < of[1]:
                of[1] = time[row]
            of[2] = max(of[2], time[row])
        of[3] = max(of[3], recorded[row])
    return out


def _moment(instant: int) -> datetime | None:
    return None if instant == _NONE else _EPOCH + timedelta(microseconds=instant)


def sources_of(history: History) -> frozenset[str]:
    """The feeds that a history holds records of."""
    return sources_held(history.tables)


def sources_held(tables: Mapping[str, pa.Table]) -> frozenset[str]:
    """The same of its spells and events: by the record's own source, else by its concept's feed."""
    held = {"home"} | ({"hospital"} if tables["spells"].num_rows else set())
    words, at = dictionary(tables["events"]["source"])
    known = np.append(pc.is_in(words, pa.array(list(FEEDS))).to_numpy(zero_copy_only=False), False)
    said = np.bincount(at + 1, minlength=len(words) + 1)[1:] > 0
    held |= {word for word, rows in zip(words.to_pylist(), said, strict=True) if rows} & set(FEEDS)
    silent = np.flatnonzero(~known[at]) if len(at) else at
    codes = pc.unique(tables["events"]["code"].take(pa.array(silent)).cast(pa.string())).drop_null()
    told = {concepts()[name].feed for name in resolve(codes).values() if name}
    return frozenset(held | (told & set(FEEDS)))
