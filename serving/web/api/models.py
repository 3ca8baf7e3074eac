"""What the API answers with. Rows of a list are those that every view is made from."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from serving.access import Permission, Role
from serving.rows import Entry, Feed, Identity, Left, Team


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Me(Answer):
    """Who is signed in. `csrf` goes into the header X-CSRF-Token of every POST."""

    name: str
    role: Role
    permissions: list[Permission]
    practices: list[str]
    teams: list[str]
    homes: list[str]
    csrf: str


class Weeks(Answer):
    weeks: list[date]


class ListName(Answer):
    """One list of a week; `held_back` are the reasons why it may not be shown."""

    slug: str
    label: str
    held_back: list[str] = []


class WeekOfLists(Answer):
    as_of: date
    out_of_date: bool
    lists: list[ListName]


class RowAnswer(Answer):
    """A resident on a list; `now` says what changed since the list was made."""

    entry: Entry
    identity: Identity | None
    now: str
    shares_name: bool


class LeftAnswer(Answer):
    """A resident who was listed last week and is not now."""

    left: Left
    identity: Identity | None


class ArrivedAnswer(Answer):
    """A resident who may be missing from a list; `why` says why it could not know them."""

    resident_id: str
    home_id: str
    home_label: str
    identity: Identity | None
    why: str


class ListAnswer(Answer):
    """A list as this person may see it today: chances are between 0 and 1, and say nothing about today."""

    as_of: date
    revision: int
    digest: str
    team: Team
    data_until: date
    horizon_days: int
    outcome_label: str
    model_version: str
    base_risk: float | None
    listed_risk: float | None
    covered: int
    not_covered: int
    out_of_date: bool
    warnings: list[str]
    feeds: list[Feed]
    rows: list[RowAnswer]
    gone: list[RowAnswer]
    left: list[LeftAnswer]
    arrived: list[ArrivedAnswer]
    others: int
    hidden: int
    names_missing: str


class Standing(Answer):
    """Where a resident stands on one list."""

    as_of: date
    slug: str
    team_id: str
    entry: Entry


class ResidentAnswer(Answer):
    """A resident. Who has died, moved away or objects has a place and no estimate."""

    resident_id: str
    state: Literal["here", "in_hospital", "moved", "died"]
    since: date | None
    home_id: str
    home_label: str
    identity: Identity | None
    names_missing: str
    lists: list[Standing]


class Done(Answer):
    """It was kept."""

    at: datetime
