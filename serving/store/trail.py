"""The audit trail in the store: who did or saw what, each line holding the digest of the line before it.

A line is written in the transaction of the thing it tells, so neither stands without the other. Changed, removed and
reordered lines are found by `verify`. Whoever may write the whole database could make the chain anew: keep what `head`
gives elsewhere from time to time, and hand it to `verify`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, insert, or_, select, update
from sqlalchemy.orm import Session

from ..access import Viewer, require
from .columns import LONGEST_NAME, clean
from .tables import TrailHeadRow, TrailRow

_FIRST = "0" * 64
_AT_ONCE = 5000  # lines in memory


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `resident_id` and `home_id` are empty where it is about none; `detail` is JSON without names."""

    seq: int
    at: datetime
    account_id: int
    username: str
    role: str
    action: str
    resident_id: str
    home_id: str
    detail: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The number of lines and the digest of the last."""

    seq: int
    digest: str


def append(
    session: Session,
    viewer: Viewer,
    action: str,
    now: datetime,
    *,
    resident_id: str = "",
    home_id: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Tell what the person does or sees, in the transaction of that. Never a name of a resident or what they said."""
    last = head(session)
    told = json.dumps(dict(detail or {}), sort_keys=True, separators=(",", ":"))
    who = (viewer.account_id, viewer.username, viewer.role)
    whom = (clean(resident_id)[:LONGEST_NAME], clean(home_id)[:LONGEST_NAME])  # perhaps of somebody's own making
    line = Line(last.seq + 1, now.astimezone(UTC), *who, action, *whom, told, last.digest, "")
    line = replace(line, digest=_digest(line))
    session.execute(insert(TrailRow).values(asdict(line)))
    moved = {"seq": line.seq, "digest": line.digest}
    if last.seq:
        session.execute(update(TrailHeadRow).values(moved), execution_options={"synchronize_session": False})
    else:
        session.execute(insert(TrailHeadRow).values(id=1, **moved))


def head(session: Session) -> Head:
    """Where the trail ends: worth keeping outside the store."""
    found = session.execute(select(TrailHeadRow.seq, TrailHeadRow.digest)).one_or_none()
    return Head(*found) if found else Head(0, _FIRST)


def lines(
    session: Session,
    viewer: Viewer,
    *,
    resident_id: str = "",
    account_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int = 0,
    most: int = 200,
) -> tuple[Line, ...]:
    """The latest lines, newest first: about one resident, of one account, from `since` on and before `until`.

    Lists and searches show many residents at once, who stand in the line's detail: they are found too. `before` is the
    number to page on from.
    """
    require(viewer, "read_trail")
    query = _all().order_by(TrailRow.seq.desc()).limit(most)
    if resident_id:
        within = TrailRow.detail.contains(json.dumps(clean(resident_id)), autoescape=True)
        query = query.where(or_(TrailRow.resident_id == resident_id, within))
    if account_id is not None:
        query = query.where(TrailRow.account_id == account_id)
    if since:
        query = query.where(TrailRow.at >= since)
    if until:
        query = query.where(TrailRow.at < until)
    if before:
        query = query.where(TrailRow.seq < before)
    return tuple(Line(*row) for row in session.execute(query))


def verify(session: Session, kept: Head | None = None) -> str | None:
    """What is wrong with the trail in words; None for a whole one. `kept` is a head noted earlier outside the store."""
    end, noted = Head(0, _FIRST), kept is None or not kept.seq
    for row in session.execute(_all().order_by(TrailRow.seq), execution_options={"yield_per": _AT_ONCE}):
        line = Line(*row)
        if line.seq != end.seq + 1:
            return f"line {end.seq + 1} is missing"
        if line.previous != end.digest or line.digest != _digest(line):
            return f"line {line.seq} was changed, or does not follow from the line before it"
        end = Head(line.seq, line.digest)
        noted = noted or end == kept
    if end != head(session):
        return f"the trail ends at line {end.seq} but should end at line {head(session).seq}"
    if not noted and kept:
        return f"line {kept.seq} is not the one whose digest was kept"
    return None


def _all() -> Select[Any]:
    return select(*(getattr(TrailRow, name) for name in Line.__slots__))


def _digest(line: Line) -> str:
    told = [getattr(line, name) for name in Line.__slots__ if name not in ("at", "digest")]
    text = json.dumps([line.at.astimezone(UTC).isoformat(timespec="microseconds"), *told], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
