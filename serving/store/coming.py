"""What people decided that falls due: actions still open, and days on which a resident is to be reviewed again."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..access import Viewer, require
from ..dues import Due
from . import places
from .actions import open_actions
from .clinical import DecisionRow


def coming(session: Session, viewer: Viewer) -> tuple[Due, ...]:
    """For the residents whom the person may see; of several decisions on a resident the latest says when to review."""
    require(viewer, "see_lists")
    latest = select(func.max(DecisionRow.id)).group_by(DecisionRow.resident_id)
    query = select(DecisionRow.resident_id, DecisionRow.review_on).where(
        DecisionRow.id.in_(latest), DecisionRow.review_on.is_not(None), places.sees(viewer, DecisionRow.resident_id)
    )
    again = tuple(Due(who, "review again", on) for who, on in session.execute(query) if on)
    open_ = tuple(
        Due(one.resident_id, "action", one.due_on, one.what, one.owner) for one in open_actions(session, viewer)
    )
    return again + open_
