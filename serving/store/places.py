"""Where residents live, as the room last knew it, and so who may see whom: the one place where scope becomes a query.

The room refreshes the places whenever it reads a newer history. Who is no longer in a home keeps the last place, so
that what was decided stays with those who decided it; who has moved takes it along to the new home's practice and team.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, false, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..access import SCOPED_BY, NotAllowed, Viewer
from .tables import PlaceRow, TeamHomeRow

_AT_ONCE = 500  # rows a statement, below every database's limit of parameters
NOT_YOURS = "you do not have access to this resident"
NOT_YOUR_HOME = "you do not have access to this home"


@dataclass(frozen=True, slots=True)
class Place:
    """A resident's home and the practice they are registered with."""

    resident_id: str
    home_id: str
    practice: str | None = None


def refresh(session: Session, places: Iterable[Place], teams: Mapping[str, Collection[str]]) -> None:
    """Take the places of a newer history: residents' homes now, and the homes of each team."""
    rows = [{"resident_id": p.resident_id, "home_id": p.home_id, "practice": p.practice} for p in places]
    for start in range(0, len(rows), _AT_ONCE):
        session.execute(_upsert(session, rows[start : start + _AT_ONCE]))
    session.execute(delete(TeamHomeRow))
    if members := [{"team_id": team, "home_id": home} for team, homes in teams.items() for home in sorted(set(homes))]:
        session.execute(insert(TeamHomeRow), members)


def _upsert(session: Session, rows: list[dict[str, Any]]) -> Any:
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    added = dialect.insert(PlaceRow).values(rows)
    changed = {"home_id": added.excluded.home_id, "practice": added.excluded.practice}
    return added.on_conflict_do_update(index_elements=["resident_id"], set_=changed)


def sees(viewer: Viewer, resident: Any) -> ColumnElement[bool]:
    """The clause that keeps a query to residents the person may see; `resident` is a column of their ids."""
    return resident.in_(select(PlaceRow.resident_id).where(_within(viewer, PlaceRow.home_id, PlaceRow.practice)))


def sees_home(viewer: Viewer, home: Any) -> ColumnElement[bool]:
    """The clause that keeps a query to homes where the person may see somebody, or which are their own."""
    if SCOPED_BY.get(viewer.role) == "practices":
        return home.in_(select(PlaceRow.home_id).where(_within(viewer, PlaceRow.home_id, PlaceRow.practice)))
    return _within(viewer, home, None)


def _within(viewer: Viewer, home: Any, practice: Any) -> ColumnElement[bool]:
    kind = SCOPED_BY.get(viewer.role)
    if kind is None:
        return false()
    own = viewer.scope.of(kind)
    if kind == "practices":
        return practice.in_(own)
    return home.in_(own if kind == "homes" else select(TeamHomeRow.home_id).where(TeamHomeRow.team_id.in_(own)))


def place_of(session: Session, viewer: Viewer, resident_id: str) -> Place:
    """Where a resident lives. Raises NotAllowed for one whom the person may not see, or nobody knows."""
    columns = (PlaceRow.resident_id, PlaceRow.home_id, PlaceRow.practice)
    query = select(*columns).where(PlaceRow.resident_id == resident_id, sees(viewer, PlaceRow.resident_id))
    if (found := session.execute(query).one_or_none()) is None:
        raise NotAllowed(NOT_YOURS)
    return Place(*found)


def visible(session: Session, viewer: Viewer) -> Mapping[str, str]:
    """The residents whom the person may see, with the home where each lives or last lived."""
    within = _within(viewer, PlaceRow.home_id, PlaceRow.practice)
    query = select(PlaceRow.resident_id, PlaceRow.home_id).where(within)
    # Past the ORM, which has nothing to do for two columns of a thousand rows.
    return dict(session.connection().execute(query).tuples().all())


def homes(session: Session, viewer: Viewer) -> frozenset[str]:
    """The homes of these residents."""
    within = _within(viewer, PlaceRow.home_id, PlaceRow.practice)
    return frozenset(session.scalars(select(PlaceRow.home_id).where(within).distinct()))


def require_home(session: Session, viewer: Viewer, home_id: str) -> None:
    """Raises NotAllowed for a home that is not within the person's scope."""
    kind = SCOPED_BY.get(viewer.role)
    if kind == "homes" and home_id in viewer.scope.homes:
        return
    known = (PlaceRow.home_id, TeamHomeRow.home_id)
    if not any(session.scalar(select(c).where(c == home_id, sees_home(viewer, c)).limit(1)) for c in known):
        raise NotAllowed(NOT_YOUR_HOME)
