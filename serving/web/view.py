"""Pages from templates: the vendored components, our words, and what stands on every page."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse

from serving import decision_words
from serving.access import Viewer
from serving.render import words

from .navigation import links_for

SERVICE = "Care home review lists"
_FILTERS = (
    words.in_100,
    words.of_100,
    words.estimates_of,
    words.one_for_every,
    words.day,
    words.weekday,
    words.moment,
    words.article,
    words.capital,
    words.age_and_sex,
    words.size,
    words.model,
    words.name,
    words.nhs_number,
    words.born,
)


def page(
    request: Request, template: str, *, status: int = 200, viewer: Viewer | None = None, csrf: str = "", **values: Any
) -> HTMLResponse:
    """A template of this folder as an answer, with the header that fits the person."""
    shared = {
        "service": SERVICE,
        "cspNonce": request.state.nonce,
        "viewer": viewer,
        "csrf": csrf,
        "links": links_for(viewer, request.url.path),
        "invented": request.app.state.room.rules.invented,
        "report_to": request.app.state.room.rules.report_to,
    }
    text = environment().get_template(template).render(shared | values)
    return HTMLResponse(words.plain(text), status)


@cache
def environment() -> Environment:
    """Templates with our words, made once."""
    own = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=ChoiceLoader([own, PackageLoader("nhsuk_frontend_jinja")]),
        autoescape=True,
        undefined=ChainableUndefined,  # the vendored components ask for what a page may leave out
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {function.__name__: function for function in _FILTERS}
    environment.globals |= {"count": words.count, "changes": words.CHANGES, "feed_states": words.FEED_STATES}
    environment.globals["said"] = decision_words
    return environment
