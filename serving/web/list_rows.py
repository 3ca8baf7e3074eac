"""Rows of a list as HTML, made once: many pages of a week repeat them, and they take most of a list's time."""

from datetime import date
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup

from serving.people import Known
from serving.published import Week
from serving.register import Register

from .listing import Row, listing
from .view import environment

_MOST = 500
_NOTED = ("in_hospital", "not_estimated", "end_of_life")


@lru_cache(maxsize=20_000)
def list_row(kind: Literal["ranked", "noted"], row: Row, week: date, slug: str) -> Markup:
    """The row with its reasons; rows are values, so one that has changed is another."""
    link = f"/residents/{quote(row.entry.resident_id, safe='')}?week={week}&slug={slug}"
    template = environment().get_template("list_rows.html")
    return Markup(getattr(template.module, kind)(row, link))


def make_rows(week: Week, register: Register, known: Known) -> None:
    """Every row of a week's lists, as who sees all of them would, so that the first reader of a list waits for none.

    Those of more than 500 lists would take longer to make, and more memory to keep, than they save.
    """
    if len(week.teams) > _MOST:
        return
    for slug, watchlist in week.lists.items():
        for section, rows in listing(watchlist, register.places, register, known).rows.items():
            for row in rows:
                list_row("noted" if section in _NOTED else "ranked", row, week.as_of, slug)
