"""One resident, and where they stand on the lists of a week."""

from datetime import date

from ..deps import Visiting
from ..pages.residents import on_lists, place_in_scope
from .common import Id, new_router
from .models import ResidentAnswer, Standing

router = new_router()


@router.get("/residents/{resident_id}")
def resident(visit: Visiting, resident_id: Id, week: date | None = None) -> ResidentAnswer:
    """A resident as of one week's lists, the latest if none is named."""
    visit.allow("see_lists")
    place = place_in_scope(visit, resident_id)
    known = visit.room.names(visit.room.register())
    visit.told("resident_seen", resident=resident_id, home=place.home_id)
    weeks = visit.room.lists.weeks()
    told = not place.objecting and place.state not in ("died", "moved")
    found = on_lists(visit, resident_id, week or weeks[0]) if told and weeks else ()
    return ResidentAnswer(
        resident_id=resident_id,
        state=place.state,
        since=place.since,
        home_id=place.home_id,
        home_label=place.home_label,
        identity=known.people.get(resident_id),
        names_missing=known.missing,
        lists=[Standing(as_of=one.as_of, slug=one.slug, team_id=one.team.id, entry=one.entry) for one in found],
    )
