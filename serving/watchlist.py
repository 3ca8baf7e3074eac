"""One team's list for one week, assembled from scores, reasons and what was known of each resident."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from features.background import birth_days
from features.build import Prepared, newest_of_feed
from features.cohort import Status
from features.evidence import Look
from features.streams import FEEDS, HOME_FEEDS
from models.model import Model

from . import prompts, reasons
from .care import care_notes, flags, gaps, last_on, returned_within, reviewed_with_nothing_new
from .rows import SECTIONS, Change, Entry, Feed, FeedState, Left, Section, Team, Watchlist
from .scoring import Scored, score_rows

_OUTCOME = "emergency admission for a potentially avoidable condition"
_LABELS = {"all_emergency": "emergency admission", "falls": "emergency admission after a fall"}


@dataclass(frozen=True)
class ListRules:
    """How lists are cut: residents shown below the line, days a review lasts, and days after which a feed is stale."""

    below: int = 15
    reviewed_days: int = 28
    stale_days: Mapping[str, int] | None = None

    def stale(self, feed: str) -> int:
        return (_STALE | dict(self.stale_days or {}))[feed]


_STALE = {"care_record": 7, "gp": 14, "community": 28, "urgent_care": 14, "hospital": 14}


@dataclass(frozen=True)
class ModelInfo:
    """Which model made the list."""

    version: str
    alias: str
    trained_until: date


@dataclass(frozen=True)
class _Week:
    """Everything that is the same for all teams of one run."""

    prepared: Prepared
    scored: Scored
    model: Model
    rules: ListRules
    week: int
    before: Mapping[int, int]  # row of this week -> the same resident's row last week
    noise: float  # log-odds: movements within it are no real change
    newest: Mapping[str, np.ndarray]  # per feed, instant of each row's newest record

    def look(self, row: int) -> Look:
        return Look(self.prepared, self.scored.panel, row)

    def values(self, row: int) -> dict[str, float]:
        return dict(zip(self.scored.names, self.scored.X[row].tolist(), strict=True))


def build_watchlists(
    prepared: Prepared,
    as_of: date,
    model: Model,
    info: ModelInfo,
    *,
    teams: Sequence[Team],
    rules: ListRules | None = None,
    grace: int,
    objections: Collection[str] = frozenset(),
    previous: Mapping[str, Watchlist] | None = None,
    scored: Scored | None = None,
) -> tuple[Watchlist, ...]:
    """A list for each team. `previous` holds last week's published lists by team id, where there are any.

    Last week's chances are always this model's on what was known then, so a promotion never looks like a change.
    """
    weeks = (as_of - timedelta(days=7), as_of)
    scored = scored or score_rows(prepared, weeks, model, grace=grace, objections=objections)
    week = _week(prepared, scored, model, rules or ListRules())
    homes = {h: i for i, h in enumerate(scored.panel.homes.to_pylist())}
    cut = [_cut(week, team, [homes[h] for h, _ in team.homes if h in homes]) for team in teams]
    entries = _Entries(week)
    entries.explain([row for c in cut for members in c.sections.values() for row, _ in members])
    return tuple(_watchlist(week, entries, c, info, (previous or {}).get(c.team.id)) for c in cut)


def _week(prepared: Prepared, scored: Scored, model: Model, rules: ListRules) -> _Week:
    panel = scored.panel
    now = len(panel.as_ofs) - 1
    by_entity = {int(panel.entity[r]): int(r) for r in np.flatnonzero(panel.week == now - 1)}
    before = {int(r): by_entity[int(panel.entity[r])] for r in np.flatnonzero(panel.week == now)
              if int(panel.entity[r]) in by_entity}  # fmt: skip
    scale = model.heads["avoidable"].a
    moves = np.array([scale * (scored.margin[r] - scored.margin[p]) for r, p in before.items()])
    moves = moves[np.isfinite(moves)]
    # Twice the usual week-to-week movement of all residents (median absolute deviation as a standard deviation).
    noise = 2 * 1.4826 * float(np.median(np.abs(moves))) if len(moves) else 0.0
    newest = {feed: newest_of_feed(prepared, panel, feed) for feed in FEEDS}
    return _Week(prepared, scored, model, rules, now, before, noise, newest)


class _Entries:
    """A resident's reasons, flags and prompts, worked out once for all lists that show them."""

    def __init__(self, week: _Week) -> None:
        self._week = week
        self._made: dict[int, Entry] = {}
        panel = week.scored.panel
        self._ids = panel.residents.to_pylist()
        self._birth = birth_days(week.prepared.history, panel.residents)
        people = week.prepared.history["residents"]
        self._sex = dict(zip(people["resident_id"].to_pylist(), people["sex"].to_pylist(), strict=True))
        homes = week.prepared.history["homes"]
        names = dict(zip(homes["home_id"].to_pylist(), homes["name"].to_pylist(), strict=True))
        self._homes = [(h, names[h]) for h in panel.homes.to_pylist()]
        self._parts: dict[int, tuple[reasons.Part, ...]] = {}

    def id(self, row: int) -> str:
        return self._ids[self._week.scored.panel.entity[row]]

    def home_label(self, row: int) -> str:
        return self._homes[self._week.scored.panel.home[row]][1]

    def explain(self, rows: Sequence[int]) -> None:
        """Contributions of these rows, and of the same residents last week, in one call of the model."""
        wanted = sorted({r for row in rows for r in (row, self._week.before.get(row, row))} - set(self._parts))
        wanted = [r for r in wanted if np.isfinite(self._week.scored.margin[r])]
        if not wanted:
            return
        model, scored = self._week.model, self._week.scored
        contributions, _ = model.contributions(scored.X[wanted][:, model.columns(scored.names)])
        for row, values in zip(wanted, contributions, strict=True):
            self._parts[row] = reasons.parts(model.names, values)

    def entry(self, row: int, section: Section, rank: int | None) -> Entry:
        if row not in self._made:
            self._made[row] = self._make(row)
        return replace(self._made[row], section=section, rank=rank)

    def _make(self, row: int) -> Entry:
        week, scored, panel = self._week, self._week.scored, self._week.scored.panel
        look, values = week.look(row), week.values(row)
        entity = int(panel.entity[row])
        home_id, home_label = self._homes[panel.home[row]]
        age = (panel.clock.day[panel.week[row]] - self._birth[entity]) / 365.25
        estimated = bool(np.isfinite(scored.risk[row]))
        found = self._parts.get(row, ())
        return Entry(
            resident_id=self._ids[entity],
            home_id=home_id,
            home_label=home_label,
            age=int(age),
            sex=self._sex[self._ids[entity]],
            section="listed",
            risk=float(scored.risk[row]) if estimated else None,
            risk_any=float(scored.risk_any[row]) if estimated else None,
            status_note=_STATUS_NOTES.get(Status(int(panel.status[row])), ""),
            reasons=tuple(c.reason for c in reasons.reasons(found, values, look)),
            background=reasons.background_line(values),
            lowers=reasons.lowers(found, values, look),
            change=self._change(row, values, look),
            flags=flags(values, look),
            prompts=prompts.prompts(values),
            care_notes=care_notes(look),
            gaps=gaps(values, look, week.rules.stale),
        )

    def _change(self, row: int, values: Mapping[str, float], look: Look) -> Change | None:
        scored, before = self._week.scored, self._week.before.get(row)
        if before is None or not np.isfinite(scored.margin[[row, before]]).all():
            return None
        moved = self._week.model.heads["avoidable"].a * float(scored.margin[row] - scored.margin[before])
        previous = float(scored.risk[before])
        if abs(moved) <= self._week.noise or round(100 * previous) == round(100 * float(scored.risk[row])):
            return Change("steady", "No real change", previous)
        up = moved > 0
        why = reasons.why_changed(self._parts[before], self._parts[row], values, look, up=up)
        return Change("rising" if up else "falling", why, previous)


_STATUS_NOTES = {
    Status.HOSPITAL_UNCERTAIN: "Hospital status uncertain: no discharge received",
    Status.IN_HOSPITAL: "In hospital",
    Status.NO_USABLE_RECORD: "No record in the last year to estimate from",
}


_Sections = dict[Section, list[tuple[int, int | None]]]


@dataclass(frozen=True)
class _Cut:
    """A team's rows of this week, and which section each is in with its rank."""

    team: Team
    rows: np.ndarray
    sections: _Sections


def _cut(week: _Week, team: Team, homes: Sequence[int]) -> _Cut:
    panel = week.scored.panel
    rows = np.flatnonzero((panel.week == week.week) & np.isin(panel.home, homes))
    return _Cut(team, rows, _sections(week, team, rows))


def _watchlist(week: _Week, entries: _Entries, cut: _Cut, info: ModelInfo, previous: Watchlist | None) -> Watchlist:
    scored, panel = week.scored, week.scored.panel
    team, rows, sections = cut.team, cut.rows, cut.sections
    made = tuple(entries.entry(r, s, rank) for s, members in sections.items() for r, rank in members)
    listed = [r for r, _ in sections["listed"]]
    assessed = rows[np.isfinite(scored.risk[rows])]
    feeds = _feeds(week, team, rows)
    return Watchlist(
        team=team,
        as_of=panel.as_ofs[week.week],
        data_until=_data_until(week, rows),
        horizon_days=week.model.horizon_days,
        outcome_label=_LABELS.get(week.model.outcome, _OUTCOME),
        model_version=info.version,
        model_alias=info.alias,
        trained_until=info.trained_until,
        base_risk=_mean(scored.risk[assessed]),
        listed_risk=_mean(scored.risk[listed]),
        expected_events=float(scored.risk[listed].sum()) if listed else None,
        covered=len(assessed),
        not_covered=int((panel.status[rows] == Status.OBJECTION).sum()),
        entries=_with_history(made, previous),
        left=_left(entries, made, previous, sections),
        feeds=feeds,
        warnings=_warnings(feeds, panel.as_ofs[week.week]),
        prompts_version=prompts.version(),
        previous_note=_previous_note(previous, info),
        backdated=panel.as_ofs[week.week] <= info.trained_until,
    )


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _sections(week: _Week, team: Team, rows: np.ndarray) -> _Sections:
    """Every row of the team in exactly one section, or in none where the line leaves it out; ranks are the team's."""
    scored, status = week.scored, week.scored.panel.status
    order = [int(r) for r in scored.order(rows[scored.ranked[rows]])]
    rank = {row: i + 1 for i, row in enumerate(order)}
    out: _Sections = {section: [] for section in SECTIONS}
    for row in order:
        look, values = week.look(row), week.values(row)
        section = _place(week, team, look, values, len(out["listed"]) < team.capacity, len(out["below"]))
        if section:
            out[section].append((row, rank[row]))
    out["in_hospital"] = [(int(r), None) for r in rows[status[rows] == Status.IN_HOSPITAL]]
    out["not_estimated"] = [(int(r), None) for r in rows[status[rows] == Status.NO_USABLE_RECORD]]
    return out


def _place(week: _Week, team: Team, look: Look, values: Mapping[str, float], room: bool, below: int) -> Section | None:
    if values["end_of_life_register_active"] > 0:
        return "end_of_life"
    kind = "mdt_review" if team.kind == "mdt" else "home_round_review"
    if room and reviewed_with_nothing_new(look, kind, week.rules.reviewed_days):
        return "reviewed"
    if room:
        return "listed"
    if returned_within(look, working_days=7):
        return "back_from_hospital"
    return "below" if below < week.rules.below else None


def _with_history(made: tuple[Entry, ...], previous: Watchlist | None) -> tuple[Entry, ...]:
    """Mark who is new to the list, where last week's list is known."""
    if previous is None:
        return made
    listed = {e.resident_id for e in previous.section("listed")}
    return tuple(
        replace(
            e, change=Change("new", e.change.sentence if e.change else "", e.change.previous_risk if e.change else None)
        )
        if e.section == "listed" and e.resident_id not in listed
        else e
        for e in made
    )


def _left(
    entries: _Entries,
    made: tuple[Entry, ...],
    previous: Watchlist | None,
    sections: Mapping[Section, Sequence[tuple[int, int | None]]],
) -> tuple[Left, ...]:
    if previous is None:
        return ()
    now = {entries.id(row): section for section, members in sections.items() for row, _ in members}
    gone = [e for e in previous.section("listed") if now.get(e.resident_id) != "listed"]
    return tuple(Left(e.resident_id, e.home_label, _GONE[now.get(e.resident_id)]) for e in gone)


_GONE: Mapping[Section | None, str] = {
    "below": "Now below the line",
    "back_from_hospital": "Back from hospital, now below the line",
    "in_hospital": "In hospital",
    "reviewed": "Reviewed, with nothing new since",
    "not_estimated": "No longer estimated",
    "end_of_life": "On the end-of-life register",
    None: "Died, moved, objected, or well below the line",
}


def _feeds(week: _Week, team: Team, rows: np.ndarray) -> tuple[Feed, ...]:
    """How fresh each feed is: told home by home where the home sends it, else over the whole history."""
    panel = week.scored.panel
    as_of = panel.as_ofs[week.week]
    out = []
    for feed, label in FEEDS.items():
        newest = week.newest[feed]
        chosen = newest[rows] if feed in HOME_FEEDS else newest[panel.week == week.week]
        when = last_on(chosen)
        out.append(Feed(label, _state(when, as_of, week.rules.stale(feed)), when))
    return tuple(out)


def _state(when: date | None, as_of: date, stale_days: int) -> FeedState:
    if when is None:
        return "no data"
    return "stale" if (as_of - when).days > stale_days else "fresh"


def _data_until(week: _Week, rows: np.ndarray) -> date:
    newest = [last_on(week.newest[feed][rows]) for feed in FEEDS]
    day_before = week.scored.panel.as_ofs[week.week] - timedelta(days=1)
    return max((d for d in newest if d), default=day_before)


def _warnings(feeds: Sequence[Feed], as_of: date) -> tuple[str, ...]:
    said = []
    for feed in feeds:
        if feed.state == "stale" and feed.last_on:
            said.append(
                f"{feed.label}: nothing since {feed.last_on.day} {feed.last_on:%B %Y}. Estimates may be too low."
            )
        elif feed.state == "no data":
            said.append(f"{feed.label}: no data. Estimates may be too low.")
    return tuple(said)


def _previous_note(previous: Watchlist | None, info: ModelInfo) -> str:
    if previous is None:
        return "No list of last week was found. Last week's chances are today's model on what was known then."
    if previous.model_version != info.version:
        return "The model changed since last week. Last week's chances are recalculated with today's model."
    return ""
