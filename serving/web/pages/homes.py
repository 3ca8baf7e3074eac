"""A home's page of this week: on screen, as a PDF for paper, and the cards on food and drink."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from serving.access import may
from serving.mail.policy import file_name
from serving.render.pdf import to_pdf
from serving.store import releases, roster
from serving.summary.content import HomeSummary
from serving.summary.page import card_page, counted, day, summary_page, task
from serving.summary.week import week_of

from ..deps import Refused, Visit, Visiting
from ..homes import Shown, known_now, own_home, own_homes, shown_to
from ..later import Later

router = APIRouter(include_in_schema=False)


@router.get("/homes")
def homes(visit: Visiting) -> Response:
    """The person's homes by name; straight to the page where a home's manager has one."""
    visit.allow("see_home_page")
    found = own_homes(visit)
    clinician = may(visit.viewer, "release_summary")
    if len(found) == 1 and not clinician:
        return RedirectResponse(f"/homes/{found[0].home_id}", 303)
    today, monday = visit.room.today(), week_of(visit.now)
    rows = [
        (
            home,
            len(releases.current(visit.db, visit.viewer, home.home_id, visit.now)),
            max((one.said_at for one in roster.latest(visit.db, visit.viewer, home.home_id, today)), default=None),
        )
        for home in found
    ]
    visit.told("homes_seen", detail={"homes": [home.home_id for home in found]})
    return visit.page("homes.html", rows=rows, clinician=clinician, monday=monday)


@router.get("/homes/{home_id}")
def home_page(visit: Visiting, home_id: str) -> Response:
    """What the home sees this week. A GP sees the parts of their own residents."""
    visit.allow("see_home_page")
    home = own_home(visit, home_id)
    shown = shown_to(visit, home, known_now(visit))
    said = roster.latest(visit.db, visit.viewer, home_id, visit.room.today())
    _told(visit, "home_page_seen", shown)
    return visit.page(
        "home.html",
        home=home,
        summary=shown.summary,
        why_not=shown.why_not,
        counted=counted(shown.summary) if shown.summary else "",
        checked=max((one.said_at for one in said), default=None),
        cards=shown.summary is not None and any(ask.card for one in shown.summary.residents for ask in one.do),
        partial=visit.viewer.role == "gp",
        manages=may(visit.viewer, "check_roster"),
        whole_day=day,
        task=task,
    )


@router.get("/homes/{home_id}/summary.pdf")
def paper(visit: Visiting, home_id: str) -> Response:
    summary = _for_paper(visit, home_id, "home_page_printed")
    name = file_name(summary.home_label, home_id, summary.week_of)
    return Later(lambda: _pdf(summary_page(summary), name))


@router.get("/homes/{home_id}/cards.pdf")
def cards(visit: Visiting, home_id: str) -> Response:
    summary = _for_paper(visit, home_id, "cards_printed")
    name = file_name(summary.home_label, home_id, summary.week_of).replace("home-summary", "food-and-drink-cards")
    return Later(lambda: _pdf(card_page(summary), name))


def _pdf(page: str, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(to_pdf(page), media_type="application/pdf", headers=headers)


def _for_paper(visit: Visit, home_id: str, action: str) -> HomeSummary:
    visit.allow("see_home_page")
    shown = shown_to(visit, own_home(visit, home_id), known_now(visit))
    _told(visit, action, shown)
    if shown.summary is None:
        raise Refused(409, "This page is not ready", shown.why_not)
    return shown.summary


def _told(visit: Visit, action: str, shown: Shown) -> None:
    visit.told(action, home=shown.home.home_id, detail={"residents": shown.residents})
