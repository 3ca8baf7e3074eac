"""What a clinician has released of one resident to one home, and whether it may still be shown.

A release is checked again whenever it is sent or looked at: people die, move, go into hospital or object after it was
made, and a clinician may withdraw it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from features.asof import LONDON
from serving.register import Place
from serving.rows import HomeLine, to_jsonable
from serving.typed import decoded

ROLE_WORDS = {"gp": "GP", "mdt_lead": "MDT lead"}
Why = Literal[
    "withdrawn", "not_yet", "expired", "not_known", "died", "moved", "in_hospital", "objecting", "not_identified"
]


@dataclass(frozen=True, slots=True)
class Task:
    """An action of the clinician's decision that the home is told of; `ours`: the surgery does it."""

    text: str
    who: str
    due_on: date | None
    ours: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What the home is told of one resident, without a name: the lines that the clinician kept, tasks, next review."""

    lines: tuple[HomeLine, ...]
    tasks: tuple[Task, ...] = ()
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One resident's part, released by a named clinician for some days. `valid_until` is the last of them."""

    resident_id: str
    home_id: str
    told: Told
    released_by: str
    role: str
    valid_from: date
    valid_until: date
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotShown:
    """Why a resident's part is not shown, in words for the clinician; the home is not told."""

    resident_id: str
    why: Why
    words: str


class Kept(Protocol):
    """A release as the store keeps it."""

    @property
    def resident_id(self) -> str: ...
    @property
    def home_id(self) -> str: ...
    @property
    def released_by_name(self) -> str: ...
    @property
    def released_by_role(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_until(self) -> date: ...
    @property
    def content(self) -> Mapping[str, Any]: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


def content_of(told: Told) -> Mapping[str, Any]:
    """What is released as JSON objects, for the store to keep with its digest."""
    content: Mapping[str, Any] = to_jsonable(told)
    return content


def kept_release(kept: Kept) -> Release:
    """A release out of the store; ValueError names the field of its content that does not fit."""
    return Release(
        kept.resident_id,
        kept.home_id,
        decoded(kept.content, Told, "release"),
        kept.released_by_name,
        ROLE_WORDS.get(kept.released_by_role, kept.released_by_role),
        kept.valid_from,
        kept.valid_until,
        kept.withdrawn_at,
    )


def may_be_shown(release: Release, place: Place | None, now: datetime) -> NotShown | None:
    """None when the part may be shown at this instant; else the first reason why not.

    place   where the resident is now; None: no record says
    """
    why = _release_ended(release, now) or _elsewhere(release, place)
    return NotShown(release.resident_id, *why) if why else None


def _release_ended(release: Release, now: datetime) -> tuple[Why, str] | None:
    today = now.astimezone(LONDON).date()
    if release.withdrawn_at and release.withdrawn_at <= now:
        return "withdrawn", f"withdrawn on {_said(release.withdrawn_at.astimezone(LONDON).date())}"
    if today < release.valid_from:
        return "not_yet", f"to be shown from {_said(release.valid_from)}"
    if today > release.valid_until:
        return "expired", f"was for use until {_said(release.valid_until)}: release it again if it still holds"
    return None


def _elsewhere(release: Release, place: Place | None) -> tuple[Why, str] | None:
    if place is None:
        return "not_known", "no record says where this resident lives"
    since = f" since {_said(place.since)}" if place.since else ""
    if place.state == "died":
        return "died", f"recorded as having died{f' on {_said(place.since)}' if place.since else ''}"
    if place.objecting:
        return "objecting", "there is an objection to the use of this resident's records"
    if place.state == "moved" or place.home_id != release.home_id:
        return "moved", f"recorded as no longer living at this home{since if place.state == 'moved' else ''}"
    if place.state == "in_hospital":
        return "in_hospital", f"recorded as in hospital{since}"
    return None


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
