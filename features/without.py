"""Panel rows as they would be had some of a resident's own records never been made.

It answers whether a fact really raises an estimate: take its records away and look again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numba import njit

from .block import Block
from .build import Prepared, feed_silence, own_columns
from .catalogue import catalogue
from .cohort import Panel
from .evidence import seen
from .measures import Measure
from .records import entities, row_of_spell
from .specs import BedDays, FeedAge, Ratio


@dataclass(frozen=True)
class Twin:
    """A panel row, and the records (features.records.Records.row) that are taken from its resident."""

    row: int
    gone: Collection[int]


def without(prepared: Prepared, panel: Panel, X: np.ndarray, twins: Sequence[Twin]) -> np.ndarray:
    """float32 (twins, features): X[twin.row] without the records gone; X is the whole panel's, by the catalogue.

    What the home and its feeds tell of others stays as it was, and so does what the roster says.
    """
    if not twins:
        return np.empty((0, X.shape[1]), X.dtype)
    rows = np.array([twin.row for twin in twins])
    ids = pa.array([f"{i:09d}" for i in range(len(twins))])
    alone = replace(
        panel, residents=ids, entity=np.arange(len(twins)), week=panel.week[rows], home=panel.home[rows],
        stay=panel.stay[rows], status=panel.status[rows],
    )  # fmt: skip
    left, touched = _left(prepared.residents, panel, twins, ids)
    in_hospital = np.array([min(twin.gone, default=0) < 0 for twin in twins])
    spells = _spells(prepared, panel, twins, np.flatnonzero(in_hospital), ids)
    history = replace(prepared.history, tables=MappingProxyType({**prepared.history.tables, "spells": spells}))
    silence = {feed: days[rows] for feed, days in feed_silence(prepared, panel).items()}
    found = np.empty((len(twins), X.shape[1]), X.dtype)
    own_columns(Prepared(history, left, prepared.homes), alone, catalogue(), silence, found)
    return np.where(_changed(touched, in_hospital, left), found, X[rows])


def _left(block: Block, panel: Panel, twins: Sequence[Twin], ids: pa.Array) -> tuple[Block, np.ndarray]:
    """What each twin still has of the streams that lack a record, and which these are (twins, streams).

    Of the other streams there is the newest record alone: the age of their feed may rest on it.
    """
    rows, of = np.unique([twin.row for twin in twins], return_inverse=True)
    counted = seen(block, panel, rows)
    gone = np.array([row for twin in twins for row in sorted(twin.gone)], np.int64)
    begin = np.cumsum([0, *(len(twin.gone) for twin in twins)])
    start, at, touched = _kept(counted.start, counted.at, block.width, block.row, of, begin, gone)
    left = replace(
        block, ids=ids, start=start, time=block.time[at], since=block.since[at], until=block.until[at],
        day=block.day[at], value=block.value[at], row=block.row[at],
    )  # fmt: skip
    return left, touched


@njit(cache=True, nogil=True)
def _kept(start, at, width, row, of, begin, gone):  # pragma: no cover - compiled
    most = 0
    for i in of:
        most += start[(i + 1) * width] - start[i * width]
    first, kept, n = np.zeros(len(of) * width + 1, np.int64), np.empty(most, np.int64), 0
    touched = np.zeros((len(of), width), np.bool_)
    for i in range(len(of)):
        lacks = gone[begin[i] : begin[i + 1]]
        for s in range(width):
            low, high = start[of[i] * width + s], start[of[i] * width + s + 1]
            before = n
            for j in range(low, high):
                place = np.searchsorted(lacks, row[at[j]])
                if place == len(lacks) or lacks[place] != row[at[j]]:
                    kept[n] = at[j]
                    n += 1
            touched[i, s] = n - before < high - low
            if n - before == high - low > 0:
                kept[before] = at[high - 1]
                n = before + 1
            first[i * width + s + 1] = n
    return first, kept[:n], touched


def _changed(touched: np.ndarray, in_hospital: np.ndarray, block: Block) -> np.ndarray:
    """Mask of the features (twins, features) that the records gone may have changed."""
    out = np.zeros((len(touched), len(catalogue())), bool)
    for column, feature in enumerate(catalogue().features):
        match feature.source:
            case Measure(stream=stream):
                out[:, column] = touched[:, block.number[stream]]
            case Ratio(over=over, under=under):
                out[:, column] = touched[:, [block.number[over.stream], block.number[under.stream]]].any(axis=1)
            case BedDays():
                out[:, column] = in_hospital
            case FeedAge(of_home=False):
                out[:, column] = True
    return out


def _spells(prepared: Prepared, panel: Panel, twins: Sequence[Twin], some: np.ndarray, ids: pa.Array) -> pa.Table:
    """What some of the twins still have of their spells."""
    spells = prepared.history["spells"]
    of = entities(spells["resident_id"], panel.residents)
    order = np.argsort(of, kind="stable")
    entity = panel.entity[[twins[i].row for i in some]]
    low, high = (np.searchsorted(of[order], entity, side=side) for side in ("left", "right"))
    taken = np.concatenate([[], *(order[a:b] for a, b in zip(low, high, strict=True))]).astype(np.int64)
    owner = np.repeat(some, high - low)
    kept = [r not in twins[i].gone for i, r in zip(owner, row_of_spell(taken), strict=True)]
    taken, owner = taken[kept], owner[kept]
    place = spells.schema.get_field_index("resident_id")
    return spells.take(pa.array(taken)).set_column(place, "resident_id", ids.take(pa.array(owner)))
