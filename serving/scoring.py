"""Every resident's chance at one as-of: the training path with one week and no outcome."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from features.build import Prepared, features, panel_of, rows_of
from features.catalogue import catalogue
from features.cohort import ESTIMATED, RANKED, Panel
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
        return rows[np.lexsort((self._ties[self.panel.entity[rows]], -self.margin[rows]))]

    @cached_property
    def _ties(self) -> np.ndarray:
        """A hash of each resident."""
        digests = (hashlib.sha256(i.encode()).digest() for i in self.panel.residents.to_pylist())
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


def score_table(prepared: Prepared, scored: Scored) -> pa.Table:
    """resident_id, as_of, home_id, status, risk, risk_any, rank (1 highest; null: not ranked), by as-of and rank."""
    rows = rows_of(prepared.history, scored.panel)
    rank = np.zeros(len(scored.panel), np.int64)
    for week in range(len(scored.panel.as_ofs)):
        order = scored.order(np.flatnonzero(scored.ranked & (scored.panel.week == week)))
        rank[order] = np.arange(1, len(order) + 1)
    table = rows.select(["resident_id", "as_of", "home_id", "status"])
    for name, values in (("risk", scored.risk), ("risk_any", scored.risk_any)):
        table = table.append_column(name, pa.array(values, pa.float64(), from_pandas=True))
    table = table.append_column("rank", pa.array(rank, mask=rank == 0))
    return table.sort_by([("as_of", "ascending"), ("rank", "ascending"), ("resident_id", "ascending")])
