"""Sign-ins that have gone to the OIDC provider: kept under the digest of their state until the answer comes, once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from .columns import clean
from .tables import OidcTryRow

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Try:
    """What the provider's answer must fit: its nonce, and the verifier of the code's challenge (RFC 7636)."""

    nonce: str
    verifier: str


def keep(session: Session, state: str, one: Try, now: datetime) -> None:
    """Remember a sign-in that goes out; those that never came back go."""
    session.execute(delete(OidcTryRow).where(OidcTryRow.at < now - LASTS))
    row = insert(OidcTryRow).values(state_digest=_digest(state), nonce=one.nonce, verifier=one.verifier, at=now)
    session.execute(row)


def take(session: Session, state: str, now: datetime) -> Try | None:
    """The sign-in of a state, which is then forgotten; None for one unknown, too old, or that came before."""
    gone = delete(OidcTryRow).where(OidcTryRow.state_digest == _digest(state))
    found = session.execute(gone.returning(OidcTryRow.nonce, OidcTryRow.verifier, OidcTryRow.at)).one_or_none()
    return Try(found.nonce, found.verifier) if found and found.at >= now - LASTS else None


def _digest(state: str) -> str:
    return hashlib.sha256(clean(state).encode()).hexdigest()
