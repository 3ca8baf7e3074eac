"""The start page: each role to where its work is."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from ..deps import Visiting
from ..navigation import links_for

router = APIRouter(include_in_schema=False)


@router.get("/")
def start(visit: Visiting) -> Response:
    """The first page of the header's links; who has none is told so."""
    links = links_for(visit.viewer, "/")
    if links:
        return RedirectResponse(links[0].address, 303)
    return visit.page("start.html")
