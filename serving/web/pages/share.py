"""A clinician lets a home see what to watch for and do for one resident: lines are read, kept or struck out first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.published import entry_of
from serving.register import Home, Place
from serving.rows import HomeLine
from serving.store import actions, decisions, places, releases
from serving.store.forms import FormError
from serving.summary.content import HomeSummary, Residents, home_summary
from serving.summary.page import day, task
from serving.summary.release import ROLE_WORDS, Release, content_of, kept_release
from serving.summary.week import Known, round_after, week_of

from ..deps import Refused, Visit, Visiting
from ..homes import known_now, numbers_of
from ..listing import own_lists
from ..sharing import OWN_TASKS, Chosen, Offer, chosen

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Sharing:
    """One resident, the home, and what may be chosen."""

    place: Place
    home: Home
    known: Known
    offer: Offer


@router.get("/residents/{resident_id}/share")
def ask(visit: Visiting, resident_id: str) -> Response:
    """The form, with every line kept, or as it was released last when that still holds."""
    visit.allow("release_summary")
    return _form(visit, _sharing(visit, resident_id), {})


@router.post("/residents/{resident_id}/share")
def share(visit: Visiting, resident_id: str) -> Response:
    """Show how it will look, or release it. Nothing is released for a home without numbers to ring."""
    visit.allow("release_summary")
    one = _sharing(visit, resident_id)
    try:
        made = chosen(one.offer, visit.form)
    except FormError as wrong:
        return _form(visit, one, wrong.fields)
    preview, left_out = home_summary(
        (one.home.home_id, one.home.label),
        week_of(visit.now),
        visit.now,
        releases=[_as_it_would_be(visit, one, made)],
        listed=(),
        residents=Residents({resident_id: one.place}, one.known.people),
        contacts=numbers_of(visit, one.home),
    )
    if left_out:
        return _form(visit, one, {"lines": f"This cannot be shared: {left_out[0].words}"})
    if visit.form.get("step") == "preview":
        return _form(visit, one, {}, preview)
    kept = releases.release(
        visit.db,
        visit.viewer,
        resident_id,
        week_of(visit.now),
        content_of(made.told),
        made.valid_from,
        made.valid_until,
        visit.now,
    )
    return RedirectResponse(f"/homes/{one.home.home_id}/shared?saved={kept.id}", 303)


def _as_it_would_be(visit: Visit, one: Sharing, made: Chosen) -> Release:
    """From today, so that a part that begins later can be read now."""
    role = ROLE_WORDS[visit.viewer.role]
    who, home, today = one.place.resident_id, one.home.home_id, one.offer.today
    return Release(who, home, made.told, visit.viewer.name, role, today, made.valid_until)


def _sharing(visit: Visit, resident_id: str) -> Sharing:
    """Raises NotAllowed for a resident who is not theirs, Refused where nothing may be shared now."""
    places.place_of(visit.db, visit.viewer, resident_id)
    known = known_now(visit)
    place = known.place(resident_id)
    home = known.register.homes.get(place.home_id) if place else None
    if place is None or home is None:
        raise Refused(404, "Resident not found", "The records do not say where this resident lives.")
    visit.told("sharing_seen", resident=resident_id, home=home.home_id)
    if place.objecting or place.state != "here":
        why = "an objection is in force" if place.objecting else "they are recorded as not being there now"
        raise Refused(409, f"Nothing can be shared with {home.label} about this resident", f"The reason: {why}.")
    if known.people.get(resident_id) is None:
        text = "A home is told of nobody without a name and a date of birth. Ask whoever looks after this service."
        raise Refused(409, "The name of this resident is not available", text)
    numbers_of(visit, home)
    mine = tuple(one for one in actions.open_actions(visit.db, visit.viewer) if one.resident_id == resident_id)
    offer = Offer(_lines(visit, resident_id), mine, visit.room.today(), _next_review(visit, home, resident_id))
    return Sharing(place, home, known, offer)


def _next_review(visit: Visit, home: Home, resident_id: str) -> date | None:
    """The day that was decided on, or that of the home's next round."""
    decided = decisions.latest(visit.db, visit.viewer, [resident_id]).get(resident_id)
    if decided and decided.review_on and decided.review_on >= visit.room.today():
        return decided.review_on
    return round_after(home, visit.now)


def _lines(visit: Visit, resident_id: str) -> tuple[HomeLine, ...]:
    """Those of this week's lists; for somebody who is on none, those that hold for everybody."""
    week = visit.room.lists.latest()
    if week and week.as_of == week_of(visit.now):
        own = own_lists(week, places.homes(visit.db, visit.viewer))
        entries = (entry_of(one, resident_id) for one in own.values())
        if found := next((entry.home_lines for entry in entries if entry and entry.home_lines), None):
            return found
    return visit.room.signs.general(visit.room.today(), invented=visit.room.rules.invented)


def _form(visit: Visit, one: Sharing, errors: Mapping[str, str], preview: HomeSummary | None = None) -> Response:
    who = one.place.resident_id
    kept = releases.of_resident(visit.db, visit.viewer, who)
    today = one.offer.today
    in_force = next((k for k in kept if k.withdrawn_at is None and k.valid_until >= today), None)
    earlier = kept_release(in_force) if in_force else None
    return visit.page(
        "share.html",
        status=400 if errors else 200,
        resident_id=who,
        place=one.place,
        home=one.home,
        identity=one.known.people[who],
        missing="",
        offer=one.offer,
        values=visit.form or _as_before(one.offer, earlier) or _everything(one.offer),
        own_tasks=range(OWN_TASKS),
        in_force=in_force,
        preview=preview,
        errors=errors,
        whole_day=day,
        task=task,
    )


def _everything(offer: Offer) -> dict[str, str]:
    days = _days(offer.today, offer.usual_until, offer.review_on)
    return days | {f"line-{line.id}": "yes" for line in offer.lines}


def _as_before(offer: Offer, earlier: Release | None) -> dict[str, str]:
    """What was released last, so that a change of one line takes back nothing else; empty for nothing."""
    if earlier is None:
        return {}
    ids, actions_by_text = {line.id for line in earlier.told.lines}, {one.what: one for one in offer.actions}
    values = _days(max(earlier.valid_from, offer.today), earlier.valid_until, earlier.told.review_on)
    values |= {f"line-{line.id}": "yes" for line in offer.lines if line.id in ids}
    own = 0
    for told in earlier.told.tasks:
        whose = "ours" if told.ours else "home"
        if found := actions_by_text.get(told.text):
            values[f"action-{found.id}"] = whose
        elif own < OWN_TASKS:
            due = told.due_on.isoformat() if told.due_on else ""
            values |= {f"task-{own}": told.text, f"who-{own}": told.who, f"due-{own}": due, f"whose-{own}": whose}
            own += 1
    return values


def _days(first: date, last: date, review: date | None) -> dict[str, str]:
    known = {"valid_from": first, "valid_until": last} | ({"review_on": review} if review else {})
    return {name: day.isoformat() for name, day in known.items()}
