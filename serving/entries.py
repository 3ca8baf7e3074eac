"""What a list says of each resident, worked out once for all lists of a week: reasons, change, flags and prompts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from features.background import birth_days
from features.build import Prepared, newest_here
from features.cohort import Status
from features.evidence import Look
from features.streams import FEEDS
from features.without import Twin, without
from models import strata
from models.logistic import logit
from models.model import Model

from . import prompt_table, reasons
from .care import care_notes, flags, gaps
from .parts import Part, parts_of
from .prompts import PromptTable
from .recorded import NOTHING, Recorded
from .rows import Change, Entry, Reason, Section
from .scoring import Scored, moves, noise, weeks_apart
from .summary import soft_signs
from .summary.soft_signs import SoftSigns


@dataclass(frozen=True)
class ListRules:
    """How lists are cut: residents shown below the line, days a review lasts, and days after which a feed is stale.
    `invented`: the residents are, so lines that nobody has approved yet may be looked at."""

    below: int = 15
    reviewed_days: int = 28
    stale_days: Mapping[str, int] | None = None
    invented: bool = False
    soft_signs: SoftSigns = field(default_factory=soft_signs.read)
    prompts: PromptTable = field(default_factory=prompt_table.read)

    def stale(self, feed: str) -> int:
        return (_STALE | dict(self.stale_days or {}))[feed]


_STALE = {"care_record": 7, "gp": 14, "community": 28, "urgent_care": 14, "hospital": 14}


@dataclass(frozen=True)
class Week:
    """Everything that is the same for all teams of one run."""

    prepared: Prepared
    scored: Scored
    model: Model
    rules: ListRules
    week: int
    before: Mapping[int, int]  # row of this week -> the same resident's row last week
    noise: float  # see scoring.noise
    newest: Mapping[str, np.ndarray]  # per feed, instant of each row's newest record in this home
    prompts: PromptTable
    recorded: Recorded = NOTHING
    _looks: dict[int, Look] = field(default_factory=dict, repr=False)

    def look(self, row: int) -> Look:
        """The same each time it is asked for: what counts as of the row is gathered once."""
        if row not in self._looks:
            self._looks[row] = Look(self.prepared, self.scored.panel, row)
        return self._looks[row]

    def values(self, row: int) -> Mapping[str, float]:
        return _Values(self._column, self.scored.X[row].tolist())

    @cached_property
    def end_of_life(self) -> np.ndarray:
        """Mask of rows whose resident is on the end-of-life register."""
        return self.scored.X[:, self._column["end_of_life_register_active"]] > 0

    @cached_property
    def _column(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.scored.names)}


class _Values(Mapping[str, float]):
    """The features of a row by name: few of them are asked for."""

    def __init__(self, column: Mapping[str, int], row: Sequence[float]) -> None:
        self._column, self._row = column, row

    def __getitem__(self, name: str) -> float:
        return self._row[self._column[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._column)

    def __len__(self) -> int:
        return len(self._row)


def week_of(
    prepared: Prepared,
    scored: Scored,
    model: Model,
    rules: ListRules,
    recorded: Recorded = NOTHING,
    usual: float | None = None,
) -> Week:
    """`usual` is the noise of everybody, where `scored` are some."""
    panel = scored.panel
    now = len(panel.as_ofs) - 1
    usual = noise(moves(scored)) if usual is None else usual
    newest = {feed: newest_here(prepared, panel, feed) for feed in FEEDS}
    shown = rules.prompts.shown(panel.as_ofs[now], invented=rules.invented)
    return Week(prepared, scored, model, rules, now, weeks_apart(panel), usual, newest, shown, recorded)


class Unexplained(KeyError):
    """The reasons of a row were asked for before they were looked for."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class Entries:
    """The entry of each panel row, made when a list first shows it; `explain` comes before, of many rows together."""

    def __init__(self, week: Week) -> None:
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
        self._parts: dict[int, tuple[Part, ...]] = {}
        self._reasons: dict[int, tuple[reasons.Cited, ...]] = {}
        self._explained: set[int] = set()

    def id(self, row: int) -> str:
        return self._ids[self._week.scored.panel.entity[row]]

    def home_label(self, row: int) -> str:
        return self._homes[self._week.scored.panel.home[row]][1]

    def explain(self, rows: Collection[int]) -> None:
        """Find the reasons of these rows, and what they were last week where that changed, in a few calls of the
        model. What is known is not looked for again."""
        rows = sorted({*rows} - self._explained)
        week, model, scored = self._week, self._week.model, self._week.scored
        self._explained |= {*rows}
        estimated = np.isfinite(scored.margin)
        earlier = (week.before[row] for row in rows if self._moves.get(row))
        wanted = sorted(r for r in {*rows, *earlier} if estimated[r])
        if not wanted:
            return
        contributions, _ = model.contributions(scored.X[wanted][:, model.columns(scored.names)])
        self._parts |= zip(wanted, parts_of(model.names, contributions), strict=True)
        seeming = {
            row: reasons.raising(self._parts[row], week.values(row), week.look(row)) for row in rows if estimated[row]
        }
        holding = self._holding(seeming)
        as_of = scored.panel.as_ofs[week.week]
        for row, found in seeming.items():
            self._reasons[row] = reasons.chosen(found, holding.get(row, ()), as_of)

    def _holding(self, seeming: Mapping[int, Sequence[reasons.Cited]]) -> dict[int, set[str]]:
        """By row, the features of the facts without whose records the estimate would be lower."""
        week, scored = self._week, self._week.scored
        # A sign that may speak for two groups is one deletion.
        tried = [(row, c) for row, found in seeming.items() for c in {c.feature: c for c in found if c.rows}.values()]
        twins = [Twin(row, c.rows) for row, c in tried]
        X = without(week.prepared, scored.panel, scored.X, twins)
        out: dict[int, set[str]] = {}
        if twins:
            margin = week.model.margin(X[:, week.model.columns(scored.names)])
            for (row, cited), after in zip(tried, margin, strict=True):
                if after < scored.margin[row]:
                    out.setdefault(row, set()).add(cited.feature)
        return out

    def cited(self, row: int) -> tuple[reasons.Cited, ...]:
        """What raises a row's estimate, with the records behind it; empty when nothing recorded does.

        Raises Unexplained for a row that `explain` was not given.
        """
        if row not in self._explained:
            raise Unexplained(row)
        return self._reasons.get(row, ())

    def reasons(self, row: int) -> tuple[Reason, ...]:
        """The same as a list tells it."""
        return tuple(c.reason for c in self.cited(row))

    def entry(self, row: int, section: Section, rank: int | None, note: str = "") -> Entry:
        """The row's entry in one section of one list; `note` says what people recorded that put it there."""
        if row not in self._made:
            self._made[row] = self._make(row)
        made = self._made[row]
        said = ". ".join(text for text in (note, made.status_note) if text)
        return replace(made, section=section, rank=rank, status_note=said)

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
            reasons=self.reasons(row),
            background=reasons.background_line(values),
            lowers=reasons.lowers(found, values, look),
            change=self._change(row, values, look),
            flags=flags(values, look),
            prompts=week.prompts.prompts(values),
            care_notes=care_notes(look),
            gaps=(*gaps(values, look, week.rules.stale), *self._not_validated(row)),
            home_lines=week.rules.soft_signs.lines(values, look.as_of, invented=week.rules.invented),
        )

    def _not_validated(self, row: int) -> tuple[str, ...]:
        """What to say of an estimate that too few outcomes of residents like this one bear out."""
        name = self._not_validated_for[row]
        return (f"The estimate is not validated for {strata.words(name)}",) if name else ()

    @cached_property
    def _not_validated_for(self) -> list[str]:
        """By row, the residents like this one of whom that must be said; '' for most."""
        model, scored = self._week.model, self._week.scored
        return model.not_validated(scored.X[:, model.columns(scored.names)]).tolist()

    def _change(self, row: int, values: Mapping[str, float], look: Look) -> Change | None:
        moved = self._moves.get(row)
        if moved is None:
            return None
        before = self._week.before[row]
        previous = float(self._week.scored.risk[before])
        if not moved:
            return Change("steady", "No real change", previous)
        why = reasons.why_changed(self._parts[before], self._parts[row], values, look, up=moved > 0)
        return Change("rising" if moved > 0 else "falling", why, previous)

    @cached_property
    def _moves(self) -> dict[int, float]:
        """How far the log-odds of each row estimated in both weeks moved: 0 when that is no real change."""
        week, risk = self._week, self._week.scored.risk
        now, before = (np.array([*rows], np.int64) for rows in (week.before, week.before.values()))
        moved = logit(risk[now]) - logit(risk[before])
        is_same = (np.abs(moved) <= week.noise) | (np.rint(100 * risk[now]) == np.rint(100 * risk[before]))
        known = np.isfinite(week.scored.margin[now] + week.scored.margin[before])
        return dict(zip(now[known].tolist(), np.where(is_same, 0, moved)[known].tolist(), strict=True))


_STATUS_NOTES = {
    Status.HOSPITAL_UNCERTAIN: "Hospital status uncertain: no discharge received",
    Status.IN_HOSPITAL: "In hospital",
    Status.NO_USABLE_RECORD: "No record in the last year to estimate from",
}
