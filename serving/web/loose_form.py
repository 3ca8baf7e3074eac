"""Forms before anybody is signed in: their token lives in a cookie of its own."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from fastapi import Request
from starlette.responses import Response

from . import view
from .deps import CSRF_FIELD, Refused
from .security import on_loopback

_COOKIE = "homeround-form"


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page with such a form."""
    token = request.cookies.get(_COOKIE) or secrets.token_urlsafe(32)
    answer = view.page(request, template, status=status, csrf=token, **values)
    set_cookie(answer, request, _COOKIE, token)
    return answer


def require_own(request: Request, form: Mapping[str, str]) -> None:
    """Raises Refused for a form that is not from a page that this browser was given."""
    given, kept = form.get(CSRF_FIELD, ""), request.cookies.get(_COOKIE, "")
    if not kept or not hmac.compare_digest(given.encode(), kept.encode()):
        raise Refused(403, "This form is out of date", "Load the page again. Cookies must be allowed.")


def forget(answer: Response) -> None:
    answer.delete_cookie(_COOKIE)


def set_cookie(
    answer: Response, request: Request, name: str, value: str, samesite: Literal["strict", "lax"] = "strict"
) -> None:
    """A cookie that no script reads, and that only https carries beyond this machine."""
    secure = not on_loopback(request.headers)
    answer.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite=samesite)
