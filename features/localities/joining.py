"""A locality as a small history, sorted for the kernel, from what was kept of each block."""

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..block import Block, build_block
from ..build import Prepared
from ..cohort import sorted_ids
from ..history import History
from ..records import home_records, row_of_spell
from ..streams import HOME_STREAMS, RESIDENT_STREAMS
from .pieces import RECORDS, TABLES_KEPT, Pieces
from .spans import Spans


def joined(shared: History, pieces: Pieces, homes: Sequence[str]) -> Prepared:
    """Everybody who ever lived in these homes, as `build.prepare` has them; of events only those of outcomes.

    `shared` is the history's tables that are of no resident, `pieces` what `cutting.cut` gave this locality. A panel of
    it has only those who live in `homes`, and its `newest` and `attrition` are of this locality alone.
    """
    found = {name: pieces(name) for name in TABLES_KEPT}
    tables = dict(shared.tables) | {name: pa.concat_tables(parts) for name, parts in found.items()}
    for name in ("homes", "home_events"):
        tables[name] = tables[name].filter(pc.is_in(tables[name]["home_id"], pa.array(homes)))
    history = History(shared.root, MappingProxyType(tables), MappingProxyType({}), ())
    numbers = [(len(spells), len(stays)) for spells, stays in zip(found["spells"], found["stays"], strict=True)]
    ids = sorted_ids(tables["homes"]["home_id"])
    of_homes = build_block(home_records(history, ids), ids, HOME_STREAMS, tables["home_events"]["record_id"])
    return Prepared(history, _block(pieces, numbers), of_homes)


def _block(pieces: Pieces, numbers: Sequence[tuple[int, int]]) -> Block:
    people = pa.concat_tables(pieces("people")).combine_chunks()
    found = pieces("records")
    width = len(RESIDENT_STREAMS)
    counts = pc.list_flatten(people["records"]).to_numpy().astype(np.int64).reshape(-1, width)
    order = pc.sort_indices(people["resident_id"]).to_numpy()
    spans = Spans(np.concatenate([[0], np.cumsum(counts.sum(axis=1))]), None)
    at, _ = spans.gathered(order)
    records = {name: _joined(found, name)[at] for name in RECORDS.names if name != "row"}
    start = np.concatenate([[0], np.cumsum(counts[order].ravel())])
    ids = people["resident_id"].combine_chunks().take(pa.array(order))
    return Block(ids, tuple(RESIDENT_STREAMS), start, row=_rows(found, numbers)[at], **records)


def _rows(pieces: Sequence[pa.Table], numbers: Sequence[tuple[int, int]]) -> np.ndarray:
    """Records.row in the joined tables: spells of all pieces, and then their stays."""
    all_spells = sum(spells for spells, _ in numbers)
    out, spells_before, stays_before = [], 0, 0
    for piece, (spells, stays) in zip(pieces, numbers, strict=True):
        row = piece["row"].to_numpy().copy()
        own = np.flatnonzero(row < 0)
        at = row_of_spell(row[own])
        row[own] = row_of_spell(np.where(at < spells, at + spells_before, at - spells + all_spells + stays_before))
        out.append(row)
        spells_before, stays_before = spells_before + spells, stays_before + stays
    return np.concatenate(out)


def _joined(pieces: Sequence[pa.Table], name: str) -> np.ndarray:
    return np.concatenate([piece[name].to_numpy() for piece in pieces])
