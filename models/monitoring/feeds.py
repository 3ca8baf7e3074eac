"""Freshness and completeness: which residents have recent records of each feed, in each home and everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.streams import FEEDS, HOME_FEEDS
from models.monitoring.cells import Cells
from models.monitoring.discoveries import adjusted
from models.monitoring.shift import shifts
from models.monitoring.signals import Action, Rules, Signal
from models.monitoring.watched import Watched


@dataclass(frozen=True)
class HomeFeed:
    """One home's feed on the Monday judged: days since its newest record of any resident (NaN: none), residents, the
    share of them with a record within `within` days, that share over its own past, and the p-value of a drop."""

    home: str
    feed: str
    days: float
    residents: int
    share: float
    before: float
    p: float
    adjusted: float


def fresh_cells(seen: Watched, within: Mapping[str, int]) -> Cells:
    """Cells of 'has a record of this feed within so many days', for the feeds the matrix tells of."""
    feeds = tuple(feed for feed in FEEDS if feed in within and f"{feed}_age" in seen.matrix.names)
    ages = [np.nan_to_num(seen.matrix.column(f"{feed}_age"), nan=np.inf) for feed in feeds]
    fresh = [(age <= within[feed]).astype(np.float32) for feed, age in zip(feeds, ages, strict=True)]
    return seen.cells(feeds, np.stack(fresh, axis=1) if fresh else np.empty((len(seen.week), 0), np.float32))


def newest(seen: Watched, feeds: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Days since the newest record of each feed in each home on the Monday judged, by (home, feed)."""
    out: dict[tuple[str, str], float] = {}
    rows = np.flatnonzero(seen.now)
    for feed in feeds:
        ages = np.nan_to_num(seen.matrix.column(f"{feed}_age")[rows].astype(float), nan=np.inf)
        least = np.full(len(seen.homes), np.inf)
        np.minimum.at(least, seen.home[rows], ages)
        out |= {(home, feed): float(days) for home, days in zip(seen.homes, least, strict=True)}
    return out


def home_feeds(
    fresh: Cells, homes: tuple[str, ...], week: int, reference: np.ndarray, days: Mapping[tuple[str, str], float]
) -> tuple[HomeFeed, ...]:
    """Every home's feeds against their own past.

    One-sided: the drop over its standard error, which adds the chance variation of this week's residents to how much
    the home's own weeks varied. Residents' shares repeat from week to week, so past weeks are no independent draws,
    and the second part is what counts in practice.
    """
    from scipy.stats import t as student

    rows = []
    for j, feed in enumerate(fresh.names):
        if feed not in HOME_FEEDS:
            continue
        for h, home in enumerate(homes):
            n = fresh.rows[h, week]
            past = fresh.rows[h, reference] > 0
            if not n or past.sum() < 8:
                continue
            weekly = fresh.total[j, h, reference][past] / fresh.rows[h, reference][past]
            share = fresh.total[j, h, week] / n
            centre = (weekly.sum() + 0.5) / (past.sum() + 1)
            error = np.sqrt(centre * (1 - centre) / n + weekly.var(ddof=1))
            p = float(student.sf((centre - share) / error, past.sum() - 1))
            since = days.get((home, feed), np.inf)
            known = since if np.isfinite(since) else float("nan")
            rows.append((home, feed, known, int(n), float(share), float(weekly.mean()), p))
    fixed = adjusted(np.array([row[-1] for row in rows]))
    return tuple(HomeFeed(*row, float(q)) for row, q in zip(rows, fixed, strict=True))


def feed_signals(
    fresh: Cells, rows: tuple[HomeFeed, ...], week: int, reference: np.ndarray, rules: Rules
) -> tuple[Signal, ...]:
    """A drop everywhere holds all lists back; a home's is a note: [checks] hold its round back when nothing comes."""
    everywhere = shifts(fresh, week, reference)
    fixed = np.minimum(everywhere.p * max(1, len(fresh.names)), 1.0)
    found = []
    for j, feed in enumerate(fresh.names):
        now, before = float(everywhere.now[j]), float(everywhere.before[j])
        if not fixed[j] <= rules.note_rate or now >= before:
            continue
        far = before - now >= rules.feed_drop and fixed[j] <= rules.acting
        action: Action = "hold back" if far else "note"
        limits = before - 1.96 * float(everywhere.error[j]), before + 1.96 * float(everywhere.error[j])
        said = f"{FEEDS[feed]}: {now:.0%} of residents have recent records, where {before:.0%} is usual"
        found.append(Signal("feeds", feed, "", now, before, *limits, float(fixed[j]), action, said))
    for row in rows:
        if row.adjusted <= rules.note_rate and row.before - row.share >= rules.feed_drop:
            said = f"{FEEDS[row.feed]} of home {row.home}: {row.share:.0%} of {row.residents} residents have recent "
            said += f"records, where {row.before:.0%} is usual"
            nothing = float("nan")
            found.append(
                Signal("feeds", row.feed, row.home, row.share, row.before, nothing, nothing, row.adjusted, "note", said)
            )
    return tuple(found)
