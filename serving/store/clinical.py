"""The tables of what was decided about residents: decisions, actions, additions and checks of who is there.

Decisions are only ever added. Home and practice are those at the time, for the record; who may see a row goes by where
the resident lives now (`places`).
"""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..access import Role
from .columns import DIGEST, ID, NAME, WORD, Moment, Short, Text, one_of
from .tables import Base

Outcome = Literal["discussed_actions", "discussed_nothing", "not_suitable", "next_week"]
NotSuitable = Literal["end_of_life", "in_hospital", "moved", "died", "declined", "other"]
Capacity = Literal["has_capacity", "lacks_capacity", "not_assessed"]
Response = Literal["agree", "dealt_with", "not_right", "not_relevant"]
Answer = Literal["will_discuss", "seen_already", "not_this_week"]
State = Literal["here", "arrived", "left", "in_hospital"]


class DecisionRow(Base):
    """What one person recorded about one resident on one list."""

    __tablename__ = "decisions"
    __table_args__ = (
        one_of("outcome", Outcome),
        one_of("author_role", Role),
        one_of("not_suitable_reason", NotSuitable),
        one_of("capacity", Capacity),
        CheckConstraint("(outcome = 'not_suitable') = (not_suitable_reason IS NOT NULL)", name="reason_given"),
        UniqueConstraint("author_id", "form"),
        Index(None, "resident_id", "id"),
        Index(None, "as_of"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ID)
    home_id: Mapped[str] = mapped_column(ID)
    practice: Mapped[str | None] = mapped_column(ID)
    team_id: Mapped[str] = mapped_column(ID)
    as_of: Mapped[date]
    revision: Mapped[int]
    list_digest: Mapped[str] = mapped_column(DIGEST)
    based_on: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    form: Mapped[str] = mapped_column(Short(64))
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(NAME)
    author_role: Mapped[str] = mapped_column(WORD)
    made_at: Mapped[datetime] = mapped_column(Moment)
    outcome: Mapped[str] = mapped_column(WORD)
    not_suitable_reason: Mapped[str | None] = mapped_column(WORD)
    wishes: Mapped[str] = mapped_column(Text())
    capacity: Mapped[str | None] = mapped_column(WORD)
    attorney: Mapped[str] = mapped_column(Text())
    family_told: Mapped[bool]
    note: Mapped[str] = mapped_column(Text())
    review_on: Mapped[date | None]
    share_with_home: Mapped[bool]


class ResponseRow(Base):
    """What its author thought of one reason that the list gave."""

    __tablename__ = "reason_responses"
    __table_args__ = (one_of("response", Response), Index(None, "decision_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    reason_group: Mapped[str] = mapped_column(NAME)
    sentence: Mapped[str] = mapped_column(Text())
    response: Mapped[str] = mapped_column(WORD)


class ActionRow(Base):
    """Something to be done, by whom and by when; it ends by being done or being cancelled."""

    __tablename__ = "actions"
    __table_args__ = (
        CheckConstraint("done_at IS NULL OR cancelled_at IS NULL", name="one_end"),
        Index(None, "decision_id"),
        Index(None, "due_on"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    what: Mapped[str] = mapped_column(Text())
    owner: Mapped[str] = mapped_column(NAME)
    due_on: Mapped[date]
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    done_by: Mapped[str | None] = mapped_column(NAME)
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment)
    cancelled_by: Mapped[str | None] = mapped_column(NAME)
    cancelled_why: Mapped[str | None] = mapped_column(Text())


class AdditionRow(Base):
    """Somebody asked that a resident be talked about; whoever answers, answers them."""

    __tablename__ = "additions"
    __table_args__ = (
        one_of("answer", Answer),
        one_of("asked_by_role", Role),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_whole"),
        Index(None, "resident_id"),
        Index(None, "asked_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ID)
    home_id: Mapped[str] = mapped_column(ID)
    why: Mapped[str] = mapped_column(Text())
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_by_name: Mapped[str] = mapped_column(NAME)
    asked_by_role: Mapped[str] = mapped_column(WORD)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    answer: Mapped[str | None] = mapped_column(WORD)
    reply: Mapped[str | None] = mapped_column(Text())
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    answered_by_name: Mapped[str | None] = mapped_column(NAME)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)


class RosterRow(Base):
    """What a home said of one resident on one day; nobody named where somebody has arrived whom no feed knows."""

    __tablename__ = "roster_checks"
    __table_args__ = (
        one_of("state", State),
        CheckConstraint("resident_id IS NOT NULL OR state = 'arrived'", name="who"),
        Index(None, "home_id", "day"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    home_id: Mapped[str] = mapped_column(ID)
    day: Mapped[date]
    resident_id: Mapped[str | None] = mapped_column(ID)
    state: Mapped[str] = mapped_column(WORD)
    note: Mapped[str] = mapped_column(Text())
    said_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    said_by_name: Mapped[str] = mapped_column(NAME)
    said_at: Mapped[datetime] = mapped_column(Moment)
