"""Do the reasons hold? Delete the records behind each listed resident's first reason and look at the chance again."""

from collections.abc import Iterator, Sequence
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
from models.reasons_truth import Figure, figure
from serving.parts import parts
from serving.reasons import Cited, raising
from serving.rows import Entry, Reason, Watchlist
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


def deletions(
    prepared: Prepared, model: Model, scored: Scored, rows: Sequence[int], cited: Sequence[tuple[Cited, ...]]
) -> Iterator[Figure]:
    """The same of every reason shown, the first, second and third apart: each is deleted alone.

    A reason that rests on no record (a review never done, a fact of the home) cannot be tested: it counts as not
    lowered among all reasons shown, and is left out among those that rest on records.
    """
    lowered, home = [], []
    for n in range(max(map(len, cited))):
        shown = [(row, c[n]) for row, c in zip(rows, cited, strict=True) if n < len(c)]
        lowered.append(_lowered(prepared, model, scored, shown))
        home.append(scored.panel.home[[row for row, _ in shown]])
        name = f"reason {n + 1}: the estimate falls without its records"
        yield figure(f"{name}, of all shown", np.nan_to_num(lowered[-1]), home[-1])
    every, homes = np.concatenate(lowered), np.concatenate(home)
    yield figure("every reason: the estimate falls without its records, of all shown", np.nan_to_num(every), homes)
    yield figure("every reason: the same, of those that rest on records", every, homes)
    as_of = scored.panel.as_ofs[-1]
    recent = [any(_is_recent(c.reason, as_of) for c in each) for each in cited]
    yield figure("a fact that can be acted on of the last 28 days, of all listed", np.array(recent, float),
                 scored.panel.home[list(rows)])  # fmt: skip


def _lowered(prepared: Prepared, model: Model, scored: Scored, shown: Sequence[tuple[int, Cited]]) -> np.ndarray:
    """1 where the estimate falls without the reason's records, 0 where not, NaN where it rests on none."""
    gone = sorted({record for _, c in shown for record in c.rows})
    rows, columns = [row for row, _ in shown], model.columns(scored.names)
    after = _without(prepared, gone, scored, model.outcome)
    before, now = (model.margin(x[rows][:, columns]) for x in (scored.X, after))
    return np.where([bool(c.rows) for _, c in shown], (now < before).astype(float), np.nan)


def _behind_first(prepared: Prepared, model: Model, scored: Scored, row: int, entry: Entry) -> tuple[int, ...]:
    """The records that the first reason of a published entry rests on."""
    values, _ = model.contributions(scored.X[[row]][:, model.columns(scored.names)])
    named = dict(zip(scored.names, scored.X[row].tolist(), strict=True))
    found = raising(parts(model.names, values[0]), named, Look(prepared, scored.panel, row))
    return next((c.rows for c in found if c.reason.sentence == entry.reasons[0].sentence), ())


def _recent(entry: Entry, as_of: date) -> bool:
    return any(_is_recent(reason, as_of) for reason in entry.reasons)


def _is_recent(reason: Reason, as_of: date) -> bool:
    return bool(reason.actionable and reason.dated_on and (as_of - reason.dated_on).days <= 28)


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
