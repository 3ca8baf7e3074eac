"""What the service is, who can see what, and how to reach somebody: open to anybody."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..view import page

router = APIRouter(include_in_schema=False)


@router.get("/about")
def about(request: Request) -> Response:
    return page(request, "about.html")
