"""The tables of what homes are shown: releases of summaries, and the mail that tells of them."""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ..access import Role
from .columns import DIGEST, ID, NAME, WORD, Moment, Text, one_of
from .tables import Base

DeliveryState = Literal["sent", "will_retry", "failed"]


class ReleaseRow(Base):
    """A clinician let a home see one resident's summary, as it then was, for some days."""

    __tablename__ = "releases"
    __table_args__ = (
        one_of("released_by_role", Role),
        CheckConstraint("valid_from <= valid_until", name="days"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_why IS NULL)", name="withdrawn_whole"),
        Index(None, "home_id", "as_of"),
        Index(None, "resident_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[str] = mapped_column(ID)
    home_id: Mapped[str] = mapped_column(ID)
    as_of: Mapped[date]
    released_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    released_by_name: Mapped[str] = mapped_column(NAME)
    released_by_role: Mapped[str] = mapped_column(WORD)
    released_at: Mapped[datetime] = mapped_column(Moment)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    content: Mapped[str] = mapped_column(Text())
    content_digest: Mapped[str] = mapped_column(DIGEST)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by_name: Mapped[str | None] = mapped_column(NAME)
    withdrawn_why: Mapped[str | None] = mapped_column(Text())


class DeliveryRow(Base):
    """One mail to one recipient about one home's week, and how far it got."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", DeliveryState),
        CheckConstraint("attempts > 0", name="attempts"),
        Index(None, "home_id", "as_of", "recipient", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    home_id: Mapped[str] = mapped_column(ID)
    as_of: Mapped[date]
    recipient: Mapped[str] = mapped_column(NAME)
    state: Mapped[str] = mapped_column(WORD)
    attempts: Mapped[int]
    last_error: Mapped[str] = mapped_column(Text())
    at: Mapped[datetime] = mapped_column(Moment)
