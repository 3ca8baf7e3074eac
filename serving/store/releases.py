"""What a clinician has let a home see, until a day or until it is taken back. A home's page shows nothing else.

The content is kept as it was released: pseudonymous, names join only when it is shown. Whoever shows or sends it asks
again whether the person is alive, here and not in hospital; that is not this module's to know.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from features.asof import LONDON

from ..access import NotAllowed, Viewer, require
from . import places, trail
from .forms import FormError, refuse, too_long
from .shared import ReleaseRow
from .tables import PlaceRow

REPLACED = "replaced by a newer one"


@dataclass(frozen=True, slots=True)
class Release:
    """One resident's summary as it was released; `content` is what the releasing clinician saw."""

    id: int
    resident_id: str
    home_id: str
    as_of: date
    released_by_name: str
    released_by_role: str
    released_at: datetime
    valid_from: date
    valid_until: date
    content: Mapping[str, Any]
    content_digest: str
    withdrawn_at: datetime | None
    withdrawn_by_name: str | None
    withdrawn_why: str | None


def release(
    session: Session,
    viewer: Viewer,
    resident_id: str,
    as_of: date,
    content: Mapping[str, Any],
    valid_from: date,
    valid_until: date,
    now: datetime,
) -> Release:
    """Let the resident's home see this for these days, in place of whatever it was shown of the resident before."""
    require(viewer, "release_summary")
    place = places.place_of(session, viewer, resident_id)
    refuse({} if valid_from <= valid_until else {"valid_until": "Choose a last day that is not before the first"})
    replaced = {"withdrawn_at": now, "withdrawn_by_name": viewer.name, "withdrawn_why": REPLACED}
    earlier = update(ReleaseRow).where(ReleaseRow.resident_id == resident_id, ReleaseRow.withdrawn_at.is_(None))
    session.execute(earlier.values(**replaced))
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = ReleaseRow(
        resident_id=resident_id,
        home_id=place.home_id,
        as_of=as_of,
        released_by=viewer.account_id,
        released_by_name=viewer.name,
        released_by_role=viewer.role,
        released_at=now,
        valid_from=valid_from,
        valid_until=valid_until,
        content=text,
        content_digest=digest,
    )
    session.add(row)
    session.flush()
    told = {"release": row.id, "content": digest}
    trail.append(session, viewer, "released", now, resident_id=resident_id, home_id=place.home_id, detail=told)
    return _values(session, _seen(viewer).where(ReleaseRow.id == row.id))[0]


def withdraw(session: Session, viewer: Viewer, release_id: int, why: str, now: datetime) -> None:
    """Take it back: the home's next page has it no more. Raises FormError where it was already taken back."""
    require(viewer, "release_summary")
    refuse(too_long(why=why) | ({} if why.strip() else {"why": "Write why this is taken back"}))
    found = _values(session, _seen(viewer).where(ReleaseRow.id == release_id))
    if not found:
        raise NotAllowed(places.NOT_YOURS)
    if found[0].withdrawn_at:
        raise FormError({"release": f"{found[0].withdrawn_by_name} has already taken this back"})
    taken = {"withdrawn_at": now, "withdrawn_by_name": viewer.name, "withdrawn_why": why}
    session.execute(update(ReleaseRow).where(ReleaseRow.id == release_id).values(**taken))
    one, told = found[0], {"release": release_id}
    trail.append(session, viewer, "withdrawn", now, resident_id=one.resident_id, home_id=one.home_id, detail=told)


def current(session: Session, viewer: Viewer, home_id: str, now: datetime) -> tuple[Release, ...]:
    """What a home may be shown today: released, not taken back, not run out, of residents who still live there."""
    require(viewer, "see_home_page")
    lives = select(PlaceRow.resident_id).where(PlaceRow.home_id == home_id)
    query = _seen(viewer).where(ReleaseRow.home_id == home_id, ReleaseRow.resident_id.in_(lives), *_valid(now))
    return _values(session, query.order_by(ReleaseRow.id))


def of_home(session: Session, viewer: Viewer, home_id: str, since: date) -> tuple[Release, ...]:
    """What was released to a home for that day or later, newest first, taken back or not: for clinicians."""
    require(viewer, "release_summary")
    query = _seen(viewer).where(ReleaseRow.home_id == home_id, ReleaseRow.valid_until >= since)
    return _values(session, query.order_by(ReleaseRow.id.desc()))


def to_tell(session: Session, now: datetime) -> tuple[Release, ...]:
    """What homes may be told of today, of every home. Whoever sends is a program: no person's scope is asked."""
    return _values(session, select(*_columns()).where(*_valid(now)).order_by(ReleaseRow.id))


def of_resident(session: Session, viewer: Viewer, resident_id: str) -> tuple[Release, ...]:
    """Everything ever released of a resident, newest first, for clinicians."""
    require(viewer, "release_summary")
    return _values(session, _seen(viewer).where(ReleaseRow.resident_id == resident_id).order_by(ReleaseRow.id.desc()))


def _seen(viewer: Viewer) -> Select[Any]:
    return select(*_columns()).where(places.sees(viewer, ReleaseRow.resident_id))


def _columns() -> list[Any]:
    return [getattr(ReleaseRow, name) for name in Release.__slots__]


def _valid(now: datetime) -> tuple[Any, ...]:
    today = now.astimezone(LONDON).date()
    return ReleaseRow.valid_from <= today, ReleaseRow.valid_until >= today, ReleaseRow.withdrawn_at.is_(None)


def _values(session: Session, query: Select[Any]) -> tuple[Release, ...]:
    rows = (row._asdict() for row in session.execute(query))
    return tuple(Release(**{**row, "content": json.loads(row["content"])}) for row in rows)
