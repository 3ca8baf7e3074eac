"""Rows of a list as HTML, made once: many pages of a week repeat them, and they take most of a list's time."""

from datetime import date
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup

from .listing import Row
from .view import environment


@lru_cache(maxsize=4_000)
def list_row(kind: Literal["ranked", "noted"], row: Row, week: date, slug: str) -> Markup:
    """The row with its reasons; rows are values, so one that has changed is another."""
    link = f"/residents/{quote(row.entry.resident_id, safe='')}?week={week}&slug={slug}"
    template = environment().get_template("list_rows.html")
    return Markup(getattr(template.module, kind)(row, link))
