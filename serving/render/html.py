"""A list as one self-contained HTML page: no script, no request, prints well, reads well aloud."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from serving.render import words
from serving.render.meeting import DECISIONS
from serving.rows import Entry, Identity, ListLink, Stamp, Watchlist

_ONE_TABLE = 250  # teams of a county or two
_FILTERS = (
    words.in_100,
    words.one_for_every,
    words.day,
    words.weekday,
    words.article,
    words.capital,
    words.age_and_sex,
    words.size,
    words.model,
    words.stamped,
    words.run_line,
    words.name,
    words.nhs_number,
)


def html(watchlist: Watchlist, identities: Mapping[str, Identity] | None = None, stamp: Stamp | None = None) -> str:
    """The page of one list: pseudonymous, or with `identities` (by resident_id) and their `stamp`, named.

    ValueError when identities come without a stamp: a named copy always says for whom it was made.
    """
    return list_page("list.html", watchlist, identities, stamp)


def list_page(
    template: str, watchlist: Watchlist, identities: Mapping[str, Identity] | None, stamp: Stamp | None, **more: Any
) -> str:
    """One list by a template of this folder, which may ask for `more`; ValueError as `html`."""
    if identities is not None and stamp is None:
        raise ValueError("a named copy needs a stamp: for whom, for what, when")
    return rendered(
        template,
        watchlist=watchlist,
        stamp=stamp,
        identities=identities or {},
        named=identities is not None,
        who_can_see=words.who_can_see(watchlist, stamp),
        kind=words.KINDS[watchlist.team.kind],
        changes=words.CHANGES,
        feed_states=words.FEED_STATES,
        **more,
    )


def html_index(as_of: date, links: Sequence[ListLink]) -> str:
    """The page of one published week: every team's list, or why it was held back.

    The lists of a region or a country stand by MDT, folded up: a browser takes seconds to lay out thousands of rows.
    ValueError for a link that leads out of the published folder.
    """
    for link in links:
        if link.link is not None and not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", link.link):
            raise ValueError(f"{link.link!r} is not a relative link")
    groups = _groups(links) if len(links) > _ONE_TABLE else ()
    return rendered("index.html", as_of=as_of, links=links, groups=groups, kinds=words.KINDS)


def _groups(links: Sequence[ListLink]) -> list[tuple[str, list[ListLink]]]:
    """The lists of each MDT's homes under its name, in the order in which the MDTs come."""
    found: dict[str, list[ListLink]] = {}
    for link in links:
        found.setdefault(link.of, []).append(link)
    named = [
        (next((one.label for one in group if one.kind == "mdt"), "Other teams"), group) for group in found.values()
    ]
    return sorted(named, key=lambda one: one[0].casefold())


def rendered(template: str, **values: Any) -> str:
    """A template of this folder as plain text that any document can hold."""
    return words.plain(_environment().get_template(template).render(values))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {function.__name__: function for function in _FILTERS} | {"css": _css_string}
    environment.globals |= {"count": words.count, "person": _person, "decisions": DECISIONS}
    return environment


def _person(entry: Entry, identity: Identity | None) -> dict[str, str]:
    """The lines that say who an entry is: with a name when one is given, else by pseudonym."""
    place = words.place(entry, identity)
    if identity is None:
        return {
            "title": entry.resident_id,
            "first": words.capital(words.age_and_sex(entry)),
            "second": place,
            "number": "",
        }
    return {
        "title": words.name(identity),
        "first": words.born(identity, entry.age),
        "second": place,
        "number": words.nhs_number(identity),
    }


def _css_string(text: str) -> str:
    """`text` for use inside a CSS string: anything but ASCII letters, digits and spaces by its number."""
    return re.sub(r"[^A-Za-z0-9 ]", lambda match: f"\\{ord(match[0]):x} ", words.plain(text))
