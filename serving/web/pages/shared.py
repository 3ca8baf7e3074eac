"""What one home is shown of a clinician's residents, why a part is not shown, what waits; taking back."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.render.words import day
from serving.store import decisions, deliveries, places, releases, roster
from serving.store.forms import FormError
from serving.store.releases import Release
from serving.summary.release import kept_release, may_be_shown
from serving.summary.week import Known, listed_at, week_of

from ..deps import Visit, Visiting
from ..homes import known_now, own_home, shown_to

router = APIRouter(include_in_schema=False)
_LOOKED_BACK = timedelta(days=28)


@router.get("/homes/{home_id}/shared")
def show(visit: Visiting, home_id: str, saved: str = "") -> Response:
    """What the home sees; `saved` is what was just shared or taken back, which the page tells."""
    visit.allow("release_summary")
    return _page(visit, home_id, {}, saved)


@router.post("/homes/{home_id}/shared/{release_id}/withdraw")
def take_back(visit: Visiting, home_id: str, release_id: int) -> Response:
    """The home's next page has it no more."""
    visit.allow("release_summary")
    own_home(visit, home_id)
    try:
        releases.withdraw(visit.db, visit.viewer, release_id, visit.form.get("why", ""), visit.now)
    except FormError as wrong:
        return _page(visit, home_id, {f"why-{release_id}": next(iter(wrong.fields.values()))})
    return RedirectResponse(f"/homes/{home_id}/shared?saved={release_id}", 303)


def _page(visit: Visit, home_id: str, errors: Mapping[str, str], saved: str = "") -> Response:
    home, known, today = own_home(visit, home_id), known_now(visit), visit.room.today()
    kept = releases.of_home(visit.db, visit.viewer, home_id, today - _LOOKED_BACK)
    in_force = [one for one in kept if one.withdrawn_at is None and one.valid_until >= today]
    shown = shown_to(visit, home, known)
    left_out = {one.resident_id: one.words for one in shown.left_out}
    waiting = _waiting(visit, home_id, known, {one.resident_id for one in in_force})
    told = {one.resident_id for one in kept} | {who for who, _ in waiting}
    visit.told("shared_seen", home=home_id, detail={"residents": sorted(told)})
    return visit.page(
        "shared.html",
        status=400 if errors else 200,
        home=home,
        people=known.people,
        in_force=[(one, _state(one, known, visit, left_out)) for one in in_force],
        ended=[(one, _ended(one)) for one in kept if one not in in_force],
        waiting=waiting,
        said=roster.latest(visit.db, visit.viewer, home_id, today),
        mail=[one for one in deliveries.of_week(visit.db, visit.viewer, week_of(visit.now)) if one.home_id == home_id],
        why_not=shown.why_not,
        saved=next((one for one in kept if str(one.id) == saved), None),
        errors=errors,
    )


def _state(one: Release, known: Known, visit: Visit, left_out: Mapping[str, str]) -> str:
    """Empty when the home sees it now, else why not."""
    why = may_be_shown(kept_release(one), known.place(one.resident_id), visit.now)
    return why.words if why else left_out.get(one.resident_id, "")


def _ended(one: Release) -> str:
    if one.withdrawn_at is None:
        return f"Was for use until {day(one.valid_until)}"
    return f"Taken back by {one.withdrawn_by_name}: {one.withdrawn_why}"


def _waiting(visit: Visit, home_id: str, known: Known, shared: set[str]) -> list[tuple[str, bool]]:
    """Residents whom this week's lists talk about or whose decision says to share, with nothing shared of them."""
    mine, monday = places.visible(visit.db, visit.viewer), week_of(visit.now)
    latest = decisions.latest(visit.db, visit.viewer)
    decided = {who for who, one in latest.items() if one.share_with_home and one.as_of >= monday}
    asked = ((listed_at(visit.room.lists.latest(), home_id, visit.now) | decided) & mine.keys()) - shared
    found = [(who, who in decided) for who in asked if _is_there(known, who, home_id)]
    return sorted(found, key=lambda one: (not one[1], one[0]))


def _is_there(known: Known, who: str, home_id: str) -> bool:
    place = known.place(who)
    return place is not None and place.home_id == home_id and place.state == "here" and not place.objecting
