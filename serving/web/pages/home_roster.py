"""Who is there today, as the home says: the lists and the home's own page follow it at once."""

from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.register import Home, Place
from serving.rows import Identity
from serving.store import roster
from serving.store.clinical import State
from serving.store.forms import FormError
from serving.store.roster import NewCheck
from serving.summary.week import Known

from ..deps import Visit, Visiting
from ..homes import known_now, own_home

router = APIRouter(include_in_schema=False)
STATES: dict[State, str] = {"here": "Here", "in_hospital": "In hospital", "left": "Has left this home"}
_ARRIVALS = 3


@router.get("/homes/{home_id}/roster")
def ask(visit: Visiting, home_id: str) -> Response:
    visit.allow("check_roster")
    return _form(visit, own_home(visit, home_id))


@router.post("/homes/{home_id}/roster")
def save(visit: Visiting, home_id: str) -> Response:
    """Keep what the form says of each resident, or of all at once that they are as listed."""
    visit.allow("check_roster")
    home = own_home(visit, home_id)
    lines = tuple(_lines(visit, home))
    try:
        roster.check(visit.db, visit.viewer, home_id, visit.room.today(), lines, visit.now)
    except FormError as wrong:
        errors = {f"state-{lines[int(field.split('-')[1])].resident_id}": text for field, text in wrong.fields.items()}
        return _form(visit, home, errors)
    return RedirectResponse(f"/homes/{home_id}/roster", 303)


def _lines(visit: Visit, home: Home) -> Iterator[NewCheck]:
    as_listed = "all" in visit.form
    for who, place in at_home(home, known_now(visit)):
        said = visit.form.get(f"state-{who}", _now(place))
        yield NewCheck(who, _now(place) if as_listed else said)  # type: ignore[arg-type]  # checked by the store
    for i in range(_ARRIVALS):
        if (text := visit.form.get(f"arrived-{i}", "").strip()) and not as_listed:
            yield NewCheck(None, "arrived", text)


def at_home(home: Home, known: Known) -> list[tuple[str, Place]]:
    """Who lives at the home by the records, and where they are by its own word; who objects is on no page."""
    kept = [
        (who, now)
        for who, place in known.register.places.items()
        if place.home_id == home.home_id
        and not place.objecting
        and place.state in ("here", "in_hospital")
        and (now := known.place(who))
    ]
    return sorted(kept, key=lambda one: _by_room(known.people.get(one[0]), one[0]))


def _by_room(identity: Identity | None, who: str) -> tuple[str, str]:
    return ((identity.room or "").zfill(6), identity.family_name.casefold()) if identity else ("", who)


def _now(place: Place) -> State:
    return "in_hospital" if place.state == "in_hospital" else "left" if place.state == "moved" else "here"


def _form(visit: Visit, home: Home, errors: dict[str, str] | None = None) -> Response:
    known = known_now(visit)
    rows = [(who, known.people.get(who), _now(place)) for who, place in at_home(home, known)]
    said = roster.latest(visit.db, visit.viewer, home.home_id, visit.room.today())
    visit.told("roster_seen", home=home.home_id, detail={"residents": [who for who, _, _ in rows]})
    return visit.page(
        "home_roster.html",
        status=400 if errors else 200,
        home=home,
        rows=[(who, identity, visit.form.get(f"state-{who}", state)) for who, identity, state in rows],
        states=STATES,
        arrivals=range(_ARRIVALS),
        arrived=[one for one in said if one.resident_id is None],
        checked=max((one.said_at for one in said), default=None),
        today=visit.room.today(),
        missing=visit.room.names(known.register).missing,
        errors=errors or {},
    )
