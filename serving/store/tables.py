"""The tables of accounts, sessions, places and the trail. Those of decisions and releases are in their own modules.

Ids of residents, homes, teams and practices are the history's: pseudonyms, never names or NHS numbers.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ..access import Kind, Role
from .columns import DIGEST, ID, NAME, WORD, Moment, Short, Text, one_of

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class AccountRow(Base):
    """A person who can sign in: by a password here, or by the subject that an OIDC provider gives."""

    __tablename__ = "accounts"
    __table_args__ = (one_of("role", Role), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(NAME, unique=True)
    name: Mapped[str] = mapped_column(NAME)
    role: Mapped[str] = mapped_column(WORD)
    password_hash: Mapped[str | None] = mapped_column(Short(300))
    oidc_subject: Mapped[str | None] = mapped_column(Short(300), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    once_until: Mapped[datetime | None] = mapped_column(Moment)  # the password is for once, and until then


class ScopeRow(Base):
    """One practice, team or home of an account's scope."""

    __tablename__ = "scopes"
    __table_args__ = (one_of("kind", Kind),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(WORD, primary_key=True)
    value: Mapped[str] = mapped_column(ID, primary_key=True)


class SessionRow(Base):
    """A sign-in. The token itself is only in the person's cookie."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(DIGEST, unique=True)
    csrf_token: Mapped[str] = mapped_column(Short(64))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class AttemptRow(Base):
    """A try to sign in, by digests: what was typed as a name may be a password."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index(None, "name_digest", "at"),
        Index(None, "address_digest", "at"),
        Index(None, "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name_digest: Mapped[str] = mapped_column(DIGEST)
    address_digest: Mapped[str] = mapped_column(DIGEST)
    at: Mapped[datetime] = mapped_column(Moment)
    succeeded: Mapped[bool] = mapped_column(default=False)


class OidcTryRow(Base):
    """A sign-in that has gone to the OIDC provider: what its answer must fit. Taken away when the answer comes."""

    __tablename__ = "oidc_tries"
    __table_args__ = (Index(None, "at"),)

    state_digest: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    nonce: Mapped[str] = mapped_column(DIGEST)
    verifier: Mapped[str] = mapped_column(DIGEST)
    at: Mapped[datetime] = mapped_column(Moment)


class PlaceRow(Base):
    """Where a resident lives and is registered, or last was: what scope is worked out from."""

    __tablename__ = "places"
    __table_args__ = (Index(None, "home_id"), Index(None, "practice"))

    resident_id: Mapped[str] = mapped_column(ID, primary_key=True)
    home_id: Mapped[str] = mapped_column(ID)
    practice: Mapped[str | None] = mapped_column(ID)


class TeamHomeRow(Base):
    """Which homes a team reviews."""

    __tablename__ = "team_homes"
    __table_args__ = (Index(None, "home_id"),)

    team_id: Mapped[str] = mapped_column(ID, primary_key=True)
    home_id: Mapped[str] = mapped_column(ID, primary_key=True)


class TrailRow(Base):
    """One line of the audit trail. It names no account by reference: it outlives them."""

    __tablename__ = "trail"
    __table_args__ = (Index(None, "resident_id"), Index(None, "account_id"), Index(None, "at"))

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    account_id: Mapped[int]
    username: Mapped[str] = mapped_column(NAME)
    role: Mapped[str] = mapped_column(WORD)
    action: Mapped[str] = mapped_column(WORD)
    resident_id: Mapped[str] = mapped_column(ID)
    home_id: Mapped[str] = mapped_column(ID)
    detail: Mapped[str] = mapped_column(Text())
    previous: Mapped[str] = mapped_column(DIGEST)
    digest: Mapped[str] = mapped_column(DIGEST)


class TrailHeadRow(Base):
    """The number and the digest of the last line, so that lines taken from the end are missed."""

    __tablename__ = "trail_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[str] = mapped_column(DIGEST)
