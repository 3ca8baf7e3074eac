"""One team's list for one week, assembled from scores, reasons and what was known of each resident."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from features.build import Prepared
from features.cohort import Status
from features.evidence import Look
from features.streams import FEEDS, HOME_FEEDS
from models.model import Model

from .care import flags, last_on, nothing_new_since, returned_within, reviewed_with_nothing_new
from .entries import Entries, ListRules, Unexplained, Week, week_of
from .holdout import HoldOut, Withheld
from .recorded import NOTHING, Recorded
from .rows import SECTIONS, Band, Change, Entry, Feed, FeedState, Left, Section, Team, Watchlist
from .scoring import Scored, score_rows

_OUTCOME = "emergency admission for a potentially avoidable condition"
_LABELS = {"all_emergency": "emergency admission", "falls": "emergency admission after a fall"}


@dataclass(frozen=True)
class ModelInfo:
    """Which model made the list, and how its estimates came true when it was tested."""

    version: str
    alias: str
    trained_until: date
    calibration: tuple[Band, ...] = ()


@dataclass(frozen=True)
class Built:
    """The lists of a week, and who a study withheld from which of them."""

    lists: tuple[Watchlist, ...]
    withheld: tuple[Withheld, ...] = ()


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
    holdout: HoldOut | None = None,
    recorded: Recorded = NOTHING,
    noise: float | None = None,
) -> Built:
    """A list for each team. `previous` holds last week's published lists by team id, where there are any; a study
    `holdout` keeps some residents off, and the next in order take their places; `recorded` is what people decided and
    asked for before; `noise` is that of everybody, where `prepared` holds some (scoring.noise).

    Last week's chances are always this model's on what was known then, so a promotion never looks like a change.
    """
    weeks = (as_of - timedelta(days=7), as_of)
    scored = scored or score_rows(prepared, weeks, model, grace=grace, objections=objections)
    week = week_of(prepared, scored, model, rules or ListRules(), recorded, noise)
    homes = {h: i for i, h in enumerate(scored.panel.homes.to_pylist())}
    entries = Entries(week)
    found = [_rows(week, [homes[h] for h, _ in team.homes if h in homes]) for team in teams]
    cut = _cut_all(week, entries, teams, found, holdout)
    entries.explain({row for one in cut for members in one.sections.values() for row, _ in members})
    lists = tuple(_watchlist(week, entries, c, info, (previous or {}).get(c.team.id)) for c in cut)
    return Built(lists, tuple(one for c in cut for one in c.withheld))


@dataclass(frozen=True)
class _Rows:
    """A team's rows of this week, and those of residents who may be ranked, highest first."""

    all: np.ndarray
    order: np.ndarray


def _rows(week: Week, homes: Sequence[int]) -> _Rows:
    scored = week.scored
    rows = np.flatnonzero((scored.panel.week == week.week) & np.isin(scored.panel.home, homes))
    return _Rows(rows, scored.order(rows[scored.ranked[rows]]))


_Sections = dict[Section, list[tuple[int, int | None]]]


@dataclass(frozen=True)
class _Cut:
    """A team's rows of this week, and which section each is in with its rank."""

    team: Team
    rows: _Rows
    sections: _Sections
    withheld: tuple[Withheld, ...]
    notice: tuple[str, ...]
    notes: Mapping[int, str]


_MORE = 8  # rows that are explained beyond those whose places others may take


def _cut_all(
    week: Week, entries: Entries, teams: Sequence[Team], found: Sequence[_Rows], holdout: HoldOut | None
) -> list[_Cut]:
    """Every team's cut. Reasons are found of many rows together, and of those alone that may have a place."""
    cuts: dict[int, _Cut] = {}
    asked = dict.fromkeys(range(len(teams)), 0)  # from which place of the order on reasons are not known yet
    while asked:
        wanted: set[int] = set()
        for i, place in asked.items():
            order = found[i].order[place:]
            wanted |= {*order[~week.end_of_life[order]][: teams[i].capacity + _MORE].tolist()}
        entries.explain(wanted)
        for i in [*asked]:
            try:
                cuts[i] = _cut(week, entries, teams[i], found[i], holdout)
                del asked[i]
            except Unexplained as missing:
                asked[i] = int(np.flatnonzero(found[i].order == missing.row)[0])
    return [cuts[i] for i in range(len(teams))]


def _cut(week: Week, entries: Entries, team: Team, rows: _Rows, holdout: HoldOut | None) -> _Cut:
    sections, withheld = _sections(week, entries, team, rows, holdout)
    notice = (holdout.notice(len(withheld)),) if holdout and withheld else ()
    return _Cut(team, rows, sections, withheld, notice, _notes(week, entries, team, sections))


def _notes(week: Week, entries: Entries, team: Team, sections: _Sections) -> dict[int, str]:
    """What people recorded of residents, by row: why they are shown, or what was decided."""
    as_of, found = week.scored.panel.as_ofs[week.week], {}
    for section in ("listed", "added", "reviewed", "in_hospital"):
        for row, _ in sections[section]:  # type: ignore[index]
            who = entries.id(row)
            review = week.recorded.review(who, team.id) if section == "reviewed" else None
            found[row] = review.told(as_of) if review else week.recorded.why_shown(who, team.id, as_of)
    return found


def _watchlist(week: Week, entries: Entries, cut: _Cut, info: ModelInfo, previous: Watchlist | None) -> Watchlist:
    scored, panel = week.scored, week.scored.panel
    team, rows, sections = cut.team, cut.rows.all, cut.sections
    made = tuple(
        entries.entry(r, s, rank, cut.notes.get(r, "")) for s, members in sections.items() for r, rank in members
    )
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
        left=_left(entries, previous, cut),
        feeds=feeds,
        warnings=(*_warnings(feeds, panel.as_ofs[week.week]), *cut.notice),
        prompts_version=week.prompts.told(),
        home_lines_version=week.rules.soft_signs.version,
        previous_note=_previous_note(previous, info),
        backdated=panel.as_ofs[week.week] <= info.trained_until,
        calibration=info.calibration,
    )


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _sections(
    week: Week, entries: Entries, team: Team, found: _Rows, holdout: HoldOut | None
) -> tuple[_Sections, tuple[Withheld, ...]]:
    """Every row of the team in exactly one section, or in none where the line or a study leaves it out; ranks are the
    team's."""
    rows, status = found.all, week.scored.panel.status
    withheld = []
    order = found.order.tolist()
    rank = {row: i + 1 for i, row in enumerate(order)}
    out: _Sections = {section: [] for section in SECTIONS}
    for row in order:
        room, below = len(out["listed"]) < team.capacity, len(out["below"])
        who, as_of = entries.id(row), week.scored.panel.as_ofs[week.week]
        section = _place(week, entries, team, row, room, below)
        if wanted := week.recorded.why_shown(who, team.id, as_of):
            section = "listed" if section == "listed" else "added"
        if section and not wanted and holdout and holdout.withholds(entries.id(row), section, _flagged(week, row)):
            withheld.append(_withheld(week, entries, team, row, section, rank[row]))
        elif section:
            out[section].append((row, rank[row]))
    out["in_hospital"] = [(int(r), None) for r in rows[status[rows] == Status.IN_HOSPITAL]]
    for row in rows[status[rows] == Status.NO_USABLE_RECORD].tolist():
        wanted = week.recorded.why_shown(entries.id(row), team.id, week.scored.panel.as_ofs[week.week])
        out["added" if wanted else "not_estimated"].append((row, None))
    return out, tuple(withheld)


def _flagged(week: Week, row: int) -> bool:
    return bool(flags(week.values(row), week.look(row)))


def _withheld(week: Week, entries: Entries, team: Team, row: int, section: Section, rank: int) -> Withheld:
    panel = week.scored.panel
    who, home = entries.id(row), panel.homes[int(panel.home[row])].as_py()
    return Withheld(who, home, team.id, team.kind, panel.as_ofs[week.week], section, rank, float(week.scored.risk[row]))


def _place(week: Week, entries: Entries, team: Team, row: int, room: bool, below: int) -> Section | None:
    """The section of the next in order; a place on the list is for a resident whose own record raises the estimate."""
    if week.end_of_life[row]:
        return "end_of_life"
    look = week.look(row)
    if room and any(reason.group != "Home" for reason in entries.reasons(row)):
        kind = "mdt_review" if team.kind == "mdt" else "home_round_review"
        reviewed = reviewed_with_nothing_new(look, kind, week.rules.reviewed_days)
        return "reviewed" if reviewed or _decided(week, entries.id(row), team, look) else "listed"
    if returned_within(look, working_days=7):
        return "back_from_hospital"
    return "below" if below < week.rules.below else None


def _decided(week: Week, who: str, team: Team, look: Look) -> bool:
    """The team decided on the resident lately, or until a day that has not come, and nothing new was recorded since."""
    review = week.recorded.review(who, team.id)
    if review is None or review.due(look.as_of):
        return False
    days = (look.as_of - review.made_on).days
    lasts = review.review_on is not None or days <= week.rules.reviewed_days
    return lasts and nothing_new_since(look, round(review.made_at.timestamp() * 1_000_000), days + 1)


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


def _left(entries: Entries, previous: Watchlist | None, cut: _Cut) -> tuple[Left, ...]:
    """Who was listed last week and is not now; who is withheld is not told of."""
    if previous is None:
        return ()
    now = {entries.id(row): section for section, members in cut.sections.items() for row, _ in members}
    hidden = {one.resident_id for one in cut.withheld}
    gone = [e for e in previous.section("listed") if now.get(e.resident_id) != "listed" and e.resident_id not in hidden]
    return tuple(Left(e.resident_id, e.home_label, _GONE[now.get(e.resident_id)]) for e in gone)


_GONE: Mapping[Section | None, str] = {
    "added": "Below the line, added by a person",
    "below": "Now below the line",
    "back_from_hospital": "Back from hospital, now below the line",
    "in_hospital": "In hospital",
    "reviewed": "Reviewed, with nothing new since",
    "not_estimated": "No longer estimated",
    "end_of_life": "On the end-of-life register",
    None: "Died, moved, objected, or well below the line",
}


def _feeds(week: Week, team: Team, rows: np.ndarray) -> tuple[Feed, ...]:
    """How fresh each feed is: told home by home where the home sends it, else over the whole history."""
    panel = week.scored.panel
    as_of = panel.as_ofs[week.week]
    out = []
    for feed, label in FEEDS.items():
        here = feed in HOME_FEEDS
        when = last_on(week.newest[feed][rows] if here else panel.newest[feed][week.week : week.week + 1])
        out.append(Feed(label, _state(when, as_of, week.rules.stale(feed)), when))
    return tuple(out)


def _state(when: date | None, as_of: date, stale_days: int) -> FeedState:
    if when is None:
        return "no data"
    return "stale" if (as_of - when).days > stale_days else "fresh"


def _data_until(week: Week, rows: np.ndarray) -> date:
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
