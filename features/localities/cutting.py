"""The residents of one block, each given to every locality that they ever lived in."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..build import Prepared
from ..outcomes import events_of_outcomes
from ..records import entities, row_of_spell
from .homes import Localities
from .pieces import PEOPLE, RECORDS, SCHEMAS, TABLES_KEPT, Cut
from .spans import Spans, spans_of


@dataclass(frozen=True)
class _Given:
    """Residents of a block by locality, those of one after those of another: `entity` and where each locality ends."""

    entity: np.ndarray
    ends: np.ndarray

    def rows(self, spans: Spans) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows that residents have of something, in this order, where each resident's begin, and where each
        locality's end."""
        at, begin = spans.gathered(self.entity)
        return at, begin, begin[self.ends]


def cut(prepared: Prepared, homes: Localities, *, outcomes: bool = False) -> Cut:
    """What a block holds for each locality; see `joining.joined`.

    Of events no more is kept than what `outcomes` look at, if they will be asked for.
    """
    history, block = prepared.history, prepared.residents
    given = _given(prepared, homes)
    events = events_of_outcomes(history["events"]) if outcomes else history["events"].slice(0, 0)
    kept = {name: history[name] for name in TABLES_KEPT} | {"events": events.cast(SCHEMAS["events"])}
    spans = {name: spans_of(entities(kept[name]["resident_id"], block.ids), len(block.ids)) for name in kept}
    tables, ends, begins = {}, {}, {}
    for name, table in kept.items():
        rows, begins[name], ends[name] = given.rows(spans[name])
        tables[name] = table.take(pa.array(rows))
    counts = np.diff(block.start).reshape(-1, block.width).astype(np.int32)[given.entity]
    lists = pa.FixedSizeListArray.from_arrays(pa.array(counts.ravel()), block.width)
    tables["people"] = pa.table([block.ids.take(pa.array(given.entity)), lists], PEOPLE)
    ends["people"] = given.ends
    at, begin, ends["records"] = given.rows(Spans(block.start[:: block.width], None))
    row = _rows_of_piece(block.row[at], np.diff(begin), history["spells"].num_rows, given, spans, begins)
    columns = {name: getattr(block, name)[at] for name in RECORDS.names if name != "row"}
    tables["records"] = pa.table([*(columns[name] for name in RECORDS.names[:-1]), row], RECORDS)
    return Cut(tables, ends)


def _given(prepared: Prepared, homes: Localities) -> _Given:
    stays, block = prepared.history["stays"], prepared.residents
    ids = pa.array([home for one in homes for home in one])
    of = np.append(np.repeat(np.arange(len(homes)), [len(one) for one in homes]), -1)[entities(stays["home_id"], ids)]
    entity = entities(stays["resident_id"], block.ids)
    known = (of >= 0) & (entity >= 0)
    pairs = np.unique(of[known].astype(np.int64) * len(block.ids) + entity[known])
    locality, who = np.divmod(pairs, max(len(block.ids), 1))
    return _Given(who, np.searchsorted(locality, np.arange(len(homes)), side="right"))


def _rows_of_piece(
    row: np.ndarray,
    counts: np.ndarray,
    spells: int,
    given: _Given,
    spans: Mapping[str, Spans],
    begins: Mapping[str, np.ndarray],
) -> np.ndarray:
    """Records.row (int32) in the tables of a locality's piece. Of the block's `spells` come first, then its stays; each
    resident given has `counts` records."""
    own = np.flatnonzero(row < 0)
    of_block = row_of_spell(row[own]).astype(np.int64)
    who = np.repeat(np.arange(len(given.entity)), counts)[own]
    locality = np.searchsorted(given.ends, who, side="right")
    first, last = np.append(0, given.ends)[locality], given.ends[locality]
    spells_there = begins["spells"][last] - begins["spells"][first]

    def place(name: str, chosen: np.ndarray, at: np.ndarray) -> np.ndarray:
        begin = begins[name][who] - begins[name][first]
        return begin[chosen] + spans[name].rank(at[chosen])

    is_spell = of_block < spells
    at = np.empty(len(own), np.int64)
    at[is_spell] = place("spells", is_spell, of_block)
    at[~is_spell] = place("stays", ~is_spell, of_block - spells) + spells_there[~is_spell]
    out = row.copy()
    out[own] = row_of_spell(at)
    return out
