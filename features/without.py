"""Panel rows as they would be had some of a resident's own records never been made.

It answers whether a fact really raises an estimate: take its records away and look again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from .block import Block
from .build import Prepared, feed_silence, own_columns
from .catalogue import catalogue
from .cohort import Panel
from .records import entities, row_of_spell


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
    history = replace(prepared.history, tables=_tables(prepared, panel, twins, ids))
    made = Prepared(history, _block(prepared.residents, panel, twins, ids), prepared.homes)
    silence = {feed: days[rows] for feed, days in feed_silence(prepared, panel).items()}
    out = X[rows].copy()
    own_columns(made, alone, catalogue(), silence, out)
    return out


def _block(block: Block, panel: Panel, twins: Sequence[Twin], ids: pa.Array) -> Block:
    """Each twin's records, stream by stream, but those gone."""
    width, entity = block.width, panel.entity[[twin.row for twin in twins]].astype(np.int64)
    begin, end = block.start[entity * width], block.start[(entity + 1) * width]
    taken, owner = _spans(begin, end)
    kept = ~_gone(owner, block.row[taken], twins)
    before = np.append(0, np.cumsum(kept))  # records kept before each that was taken
    first = np.cumsum(end - begin) - (end - begin)
    starts = block.start[entity[:, None] * width + np.arange(width)] + (first - begin)[:, None]
    taken = taken[kept]
    return replace(
        block, ids=ids, start=np.append(before[starts.ravel()], before[-1]), time=block.time[taken],
        since=block.since[taken], until=block.until[taken], day=block.day[taken], value=block.value[taken],
        row=block.row[taken],
    )  # fmt: skip


def _tables(prepared: Prepared, panel: Panel, twins: Sequence[Twin], ids: pa.Array) -> MappingProxyType:
    """The tables with each twin's spells but those gone; all that the twins' own columns read beside the records."""
    spells = prepared.history["spells"]
    of = entities(spells["resident_id"], panel.residents)
    order = np.argsort(of, kind="stable")
    entity = panel.entity[[twin.row for twin in twins]]
    at, owner = _spans(np.searchsorted(of[order], entity), np.searchsorted(of[order], entity, side="right"))
    taken = order[at]
    kept = ~_gone(owner, row_of_spell(taken), twins)
    some = spells.take(pa.array(taken[kept]))
    place = some.schema.get_field_index("resident_id")
    some = some.set_column(place, "resident_id", ids.take(pa.array(owner[kept])))
    return MappingProxyType({**prepared.history.tables, "spells": some})


def _spans(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The positions of several spans one after the other, and which span each is of."""
    length = end - start
    owner = np.repeat(np.arange(len(start)), length)
    before = np.cumsum(length) - length
    return np.arange(length.sum()) - before[owner] + start[owner], owner


def _gone(owner: np.ndarray, row: np.ndarray, twins: Sequence[Twin]) -> np.ndarray:
    """Mask of the (twin, record) pairs that are taken away."""
    wide = np.int64(1) << 32
    gone = [i * wide + r for i, twin in enumerate(twins) for r in twin.gone]
    return np.isin(owner * wide + row, np.array(gone, np.int64))
