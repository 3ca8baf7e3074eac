"""The rows that every view of a weekly list is rendered from: numbers first, views after.

Nothing here knows a name or an NHS number except `Identity`, which a caller passes beside a watchlist and
which is never part of one. Risks are calibrated chances between 0 and 1; dates are civil dates in
Europe/London; every value survives a round trip through JSON (`to_jsonable`, `from_json`).
"""

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from .typed import decoded

Size = Literal["main reason", "also raises", "slightly raises"]
ChangeKind = Literal["new", "rising", "falling", "steady", "returning"]
FeedState = Literal["fresh", "stale", "no data"]
TeamKind = Literal["mdt", "round"]
Section = Literal[
    "listed",  # inside the team's capacity, in rank order
    "added",  # put on the list by a person, shown straight after the listed, never hidden
    "below",  # next in rank, below the capacity line, collapsed
    "back_from_hospital",
    "in_hospital",
    "reviewed",  # reviewed with nothing new since, outside the capacity
    "not_estimated",
    "end_of_life",
]
SECTIONS: tuple[Section, ...] = get_args(Section)
_FAR = 1.5  # times the average estimate of the highest band


@dataclass(frozen=True, slots=True)
class Reason:
    """One dated fact from the resident's records that raises the estimate.

    `relative` is its size beside the largest of the reasons shown, which has 1; None where it was not kept.
    `source` is the label of the feed that the fact comes from.
    """

    group: str
    actionable: bool
    sentence: str
    size: Size
    dated_on: date | None = None
    relative: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed since last week; `previous_risk` is last week's chance by the model in use today."""

    kind: ChangeKind
    sentence: str
    previous_risk: float | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A "Consider ..." line of the approved table: its EHCH element and whom it is for."""

    id: str
    text: str
    element: str
    audience: str


LineKind = Literal["watch", "do", "tell", "gp"]


@dataclass(frozen=True, slots=True)
class HomeLine:
    """A line that may be told to a resident's home once a clinician releases it: a soft sign to watch for, a task of
    the home, when to tell the surgery, or a task of the surgery's own. Plain words, and no word of the model's.

    who          does a task, within so many days of the release
    because      the fact behind it; empty for what holds for everybody
    unless       the exception that is printed with it
    card         about food or drink: it stands on the resident's card too
    """

    id: str
    kind: LineKind
    text: str
    who: str = ""
    within_days: int | None = None
    because: str = ""
    unless: str = ""
    card: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One resident on one list. `rank` and `risk` are None when the model gives none (or may show none)."""

    resident_id: str
    home_id: str
    home_label: str
    age: int | None
    sex: str
    section: Section
    rank: int | None = None
    risk: float | None = None
    risk_any: float | None = None
    status_note: str = ""
    reasons: tuple[Reason, ...] = ()
    background: str = ""
    lowers: tuple[str, ...] = ()
    change: Change | None = None
    flags: tuple[str, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    care_notes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    home_lines: tuple[HomeLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """A resident who was listed last week and is not this week, with the reason."""

    resident_id: str
    home_label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Feed:
    """How fresh one kind of record is for this team's homes; `last_on` is the latest record's date."""

    label: str
    state: FeedState
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """What became of people whose estimate lay from `lowest` to below `highest`, in the weeks the model was tested on.

    `predicted` is the mean of their estimates, `observed` the share that had the outcome, `low` and `high` its 95 %
    interval; `estimates` counts residents' weeks. The highest band reaches to 1 whatever the largest estimate was.
    """

    lowest: float
    highest: float
    predicted: float
    observed: float
    low: float
    high: float
    estimates: int

    def is_far_below(self, risk: float) -> bool:
        """Whether an estimate lies so far above most of the highest band that the band tells little of it."""
        return self.highest >= 1 and risk >= _FAR * self.predicted


@dataclass(frozen=True, slots=True)
class Team:
    """Who reviews the list, how many residents a week, and for which homes ((home_id, label), ...)."""

    id: str
    label: str
    kind: TeamKind
    capacity: int
    homes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Watchlist:
    """One team's list for one week.

    `base_risk` is the mean chance over the `covered` residents assessed, `listed_risk` the mean over the
    listed, `expected_events` the sum over the listed. `not_covered` counts residents left out because they
    or the law object. `previous_note` says how last week's figures were made comparable, or why there are
    none. `backdated` marks a model that has learnt from records later than `as_of`. `calibration` tells how the
    model's estimates came true, lowest first; empty where its evaluation does not.
    """

    team: Team
    as_of: date
    data_until: date
    horizon_days: int
    outcome_label: str
    model_version: str
    model_alias: str
    trained_until: date
    base_risk: float | None
    listed_risk: float | None
    expected_events: float | None
    covered: int
    not_covered: int
    entries: tuple[Entry, ...] = ()
    left: tuple[Left, ...] = ()
    feeds: tuple[Feed, ...] = ()
    warnings: tuple[str, ...] = ()
    prompts_version: str = ""
    home_lines_version: str = ""
    revision: int = 1
    supersedes: str | None = None
    previous_note: str | None = None
    backdated: bool = False
    calibration: tuple[Band, ...] = ()

    def section(self, section: Section) -> tuple[Entry, ...]:
        """The entries of one section, in the order they were given."""
        return tuple(entry for entry in self.entries if entry.section == section)

    def feed(self, label: str) -> Feed | None:
        """How fresh the records under a label are."""
        return next((feed for feed in self.feeds if feed.label == label), None)

    def band(self, risk: float) -> Band | None:
        """The band of an estimate; None where there is none to tell of."""
        return next((band for band in self.calibration if band.lowest <= risk < band.highest), None)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a pseudonym is: only for a named rendering, never stored with a list."""

    given_name: str
    family_name: str
    nhs_number: str
    date_of_birth: date | None
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """For whom, for what and when a named copy was made: printed on every page of it."""

    for_whom: str
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ListLink:
    """One team's line on the page of a published week.

    `link` is relative to that page; None, with the reason in `held_back`, when the list was held back.
    `listed` counts residents inside the capacity, `assessed` all who were given an estimate. `of` is the id of the MDT
    that reviews the same homes, empty where there is none.
    """

    label: str
    kind: TeamKind
    link: str | None
    listed: int
    assessed: int
    revision: int = 1
    warnings: int = 0
    held_back: str | None = None
    of: str = ""


def to_jsonable(value: Any) -> Any:
    """Dataclasses, tuples and dates as the objects, arrays and ISO strings of JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [to_jsonable(item) for item in value]
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    return value


def from_json(text: str) -> Watchlist:
    """The watchlist that `to_jsonable` was given; ValueError names the field that does not fit."""
    return decoded(json.loads(text), Watchlist, "watchlist")
