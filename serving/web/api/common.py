"""What every part of the API shares: where it is, how long an id may be, and what a refusal looks like (RFC 9457)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse

from serving.store.columns import LONGEST_NAME

PREFIX = "/api/v1"
_LARGEST_KEY = 2**31 - 1  # of an id that the store counts
_KIND = "application/problem+json"
_REFUSALS = {
    401: "Nobody is signed in",
    403: "Not allowed for this role, or without the token of this sign-in",
    404: "Not there, or not in this person's scope",
    409: "Held back, or somebody else was first",
    422: "Something must be mended first",
    503: "Others are saving: try again",
}

Id = Annotated[str, Path(min_length=1, max_length=LONGEST_NAME)]
Slug = Annotated[str, Path(pattern="^[a-z0-9-]{1,80}$")]
Key = Annotated[int, Path(ge=1, le=_LARGEST_KEY)]
Word = Annotated[str, Query(max_length=LONGEST_NAME)]


class Problem(BaseModel):
    """Why something was refused; `errors` says what to mend, field by field."""

    model_config = ConfigDict(extra="forbid")

    title: str
    status: int
    detail: str
    errors: dict[str, str] = {}


def new_router() -> APIRouter:
    """A router below the API's address, with its refusals in the OpenAPI document."""
    documented: dict[int | str, dict[str, Any]] = {
        status: {"description": text, "content": {_KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        for status, text in _REFUSALS.items()
    }
    return APIRouter(prefix=PREFIX, responses=documented)


def is_api(request: Request) -> bool:
    """Whether a program asks, to be answered in JSON."""
    return request.url.path.startswith(f"{PREFIX}/")


def kept(answer: BaseModel, status: int = 200) -> JSONResponse:
    """What a POST answers, made at once: FastAPI would make it in a thread of its own, for which it may have to wait
    while this request has the turn to write and others with a thread wait for that turn."""
    return JSONResponse(answer.model_dump(mode="json"), status)


def problem(status: int, title: str, detail: str, errors: dict[str, str] | None = None) -> JSONResponse:
    """A refusal in words."""
    said = Problem(title=title, status=status, detail=detail, errors=errors or {})
    return JSONResponse(said.model_dump(), status, media_type=_KIND)
