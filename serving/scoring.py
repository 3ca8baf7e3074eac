"""Every resident's chance at one as-of: the training path with one week and no outcome."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from features.build import Prepared, features, panel_of, rows_of
from features.catalogue import catalogue
from features.cohort import ESTIMATED, RANKED, Panel, Status
from models.logistic import logit
from models.model import ANY, Model


@dataclass(frozen=True)
class Scored:
    """A panel with its features and, per row, the margin and chances; NaN where no estimate is given."""

    panel: Panel
    X: np.ndarray
    names: tuple[str, ...]
    margin: np.ndarray
    risk: np.ndarray
    risk_any: np.ndarray

    @property
    def ranked(self) -> np.ndarray:
        """Mask of rows that may be ranked."""
        return np.isin(self.panel.status, RANKED)

    def order(self, rows: np.ndarray) -> np.ndarray:
        """Rows by falling margin; equal margins in the order of a hash of the pseudonym, the same every week."""
        return rows[_falling(self.margin[rows], self._ties[self.panel.entity[rows]])]

    @cached_property
    def _ties(self) -> np.ndarray:
        """A hash of each resident."""
        return _hashes(self.panel.residents.to_pylist())


def _falling(margin: np.ndarray, ties: np.ndarray) -> np.ndarray:
    return np.lexsort((ties, -margin))


def _hashes(ids: Iterable[str]) -> np.ndarray:
    digests = (hashlib.sha256(one.encode()).digest() for one in ids)
    return np.array([int.from_bytes(digest[:8]) for digest in digests], np.uint64)


def score_rows(
    prepared: Prepared,
    as_ofs: Sequence[date],
    model: Model,
    *,
    grace: int,
    objections: Collection[str] = frozenset(),
) -> Scored:
    """Panel, features and chances at the given as-ofs; residents in hospital get an estimate but no rank."""
    return scored(prepared, panel_of(prepared, as_ofs, grace=grace, objections=objections), model)


def scored(prepared: Prepared, panel: Panel, model: Model) -> Scored:
    """The features and chances of a panel's rows."""
    X, names = features(prepared, panel), catalogue().names
    used = np.ascontiguousarray(X[:, model.columns(names)])
    given = np.isin(panel.status, ESTIMATED)
    margin, risk, risk_any = (np.full(len(panel), np.nan) for _ in range(3))
    if given.any():
        margin[given] = model.margin(used[given])
        risk[given] = model.risk(used[given])
        # Two heads, one truth: any emergency holds the avoidable ones, so its chance is never the smaller.
        risk_any[given] = np.maximum(model.risk(used[given], ANY), risk[given])
    return Scored(panel, X, names, margin, risk, risk_any)


def weeks_apart(panel: Panel) -> dict[int, int]:
    """Each row of the last week whose resident has one in the week before, and that row."""
    now = len(panel.as_ofs) - 1
    by_entity = {int(panel.entity[r]): int(r) for r in np.flatnonzero(panel.week == now - 1)}
    rows = np.flatnonzero(panel.week == now).tolist()
    return {r: by_entity[e] for r in rows if (e := int(panel.entity[r])) in by_entity}


def moves(found: Scored) -> np.ndarray:
    """How far the log-odds of everybody estimated in both of the last two weeks moved."""
    log_odds, before = logit(found.risk), weeks_apart(found.panel)
    moved = log_odds[[*before]] - log_odds[[*before.values()]] if before else np.empty(0)
    return moved[np.isfinite(moved)]


def noise(moved: np.ndarray) -> float:
    """Log-odds within which a movement is no real change: twice the usual movement from week to week of all residents
    (the median absolute deviation as a standard deviation)."""
    return 2 * 1.4826 * float(np.median(np.abs(moved))) if len(moved) else 0.0


def scores(prepared: Prepared, scored: Scored) -> pa.Table:
    """resident_id, as_of, home_id, status, margin, risk, risk_any (null: not estimated) of each row."""
    table = rows_of(prepared.history, scored.panel).select(["resident_id", "as_of", "home_id", "status"])
    for name in ("margin", "risk", "risk_any"):
        table = table.append_column(name, pa.array(getattr(scored, name), pa.float64(), from_pandas=True))
    return table


def score_table(scores: pa.Table) -> pa.Table:
    """The scores of everybody with rank (1 highest; null: not ranked) instead of margin, by as-of and rank."""
    may = np.isin(scores["status"].to_numpy(), [Status(one).name.lower() for one in RANKED])
    margin, ties = scores["margin"].to_numpy(), _hashes(scores["resident_id"].to_pylist())
    week = scores["as_of"].cast(pa.int32()).to_numpy()
    rank = np.zeros(len(scores), np.int64)
    for day in np.unique(week):
        rows = np.flatnonzero(may & (week == day))
        rank[rows[_falling(margin[rows], ties[rows])]] = np.arange(1, len(rows) + 1)
    table = scores.drop_columns("margin").append_column("rank", pa.array(rank, mask=rank == 0))
    return table.sort_by([("as_of", "ascending"), ("rank", "ascending"), ("resident_id", "ascending")])
