"""Do the reasons hold? Delete the records behind each listed resident's first reason and look at the chance again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from features.build import Prepared, features, prepare
from features.catalogue import catalogue
from features.evidence import Look
from features.history import History
from features.records import spell_of_row
from features.specs import FeedAge, OfHome, OthersRate
from models.model import Model
from serving.reasons import parts, raising
from serving.rows import Entry, Watchlist
from serving.scoring import Scored, score_rows


@dataclass(frozen=True)
class Faithfulness:
    """Listed residents, those whose first reason rests on records, and how many of these fell without them."""

    listed: int
    tested: int
    lowered: int
    recent: int  # listed residents with an actionable fact dated in the last 28 days

    @property
    def share(self) -> float:
        return self.lowered / self.listed if self.listed else float("nan")


def faithfulness(
    prepared: Prepared, model: Model, lists: Sequence[Watchlist], as_of: date, *, grace: int
) -> Faithfulness:
    """Over every resident listed on any list of the week, each counted once.

    Records are deleted from the history itself, and everything is made from it again: another road than the lists'.
    """
    scored = score_rows(prepared, (as_of,), model, grace=grace)
    ids = scored.panel.residents.to_pylist()
    row_of = {ids[e]: r for r, e in enumerate(scored.panel.entity)}
    entries = {row_of[e.resident_id]: e for w in lists for e in w.section("listed")}
    first = {r: rows for r, e in entries.items() if (rows := _behind_first(prepared, model, scored, r, e))}
    gone = sorted({record for rows in first.values() for record in rows})
    after = _without(prepared, gone, scored, model.outcome)
    columns, tested = model.columns(scored.names), sorted(first)
    before_risk, after_risk = (model.margin(x[tested][:, columns]) for x in (scored.X, after))
    lowered, recent = int((after_risk < before_risk).sum()), sum(_recent(e, as_of) for e in entries.values())
    return Faithfulness(len(entries), len(tested), lowered, recent)


def _behind_first(prepared: Prepared, model: Model, scored: Scored, row: int, entry: Entry) -> tuple[int, ...]:
    """The records that the first reason of a published entry rests on."""
    values, _ = model.contributions(scored.X[[row]][:, model.columns(scored.names)])
    named = dict(zip(scored.names, scored.X[row].tolist(), strict=True))
    found = raising(parts(model.names, values[0]), named, Look(prepared, scored.panel, row))
    return next((c.rows for c in found if c.reason.sentence == entry.reasons[0].sentence), ())


def _recent(entry: Entry, as_of: date) -> bool:
    return any(r.actionable and r.dated_on and (as_of - r.dated_on).days <= 28 for r in entry.reasons)


def _without(prepared: Prepared, gone: Sequence[int], scored: Scored, outcome: str) -> np.ndarray:
    """Features after the deletion. What a home tells of its others stays: each resident is deleted alone."""
    history = prepared.history
    tables = dict(history.tables)
    spells = (spell_of_row(r, tables["spells"].num_rows) for r in gone)
    for name, rows in (("events", [r for r in gone if r >= 0]), ("spells", [r for r in spells if r is not None])):
        keep = np.ones(tables[name].num_rows, bool)
        keep[rows] = False
        tables[name] = tables[name].filter(pa.array(keep))
    changed: History = replace(history, tables=MappingProxyType(tables))
    X = features(prepare(changed, outcome), scored.panel)
    for kind in (OthersRate, OfHome, FeedAge):
        for name, source in catalogue().only(kind):
            if not isinstance(source, FeedAge) or source.of_home:
                at = scored.names.index(name)
                X[:, at] = scored.X[:, at]
    return X
