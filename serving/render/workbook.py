"""A workbook in the making: sheets that print well, and cells in which text is text. Nothing is a formula."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from serving.render import words
from serving.rows import Entry, Identity, Stamp, Watchlist

# Text is written as text, whatever it looks like: no formula, no link, no number made of a name.
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
NONE = "None"
_CELL_LIMIT = 32_767  # characters a cell of the format can hold
_MARGIN_LIMIT = 255  # characters its page header or footer can hold
_ALL_CELLS = "A1:XFD1048576"

FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "heading": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 2, "bg_color": "#E6EDF3"},
    "strong": {"bold": True, "valign": "top"},
    "text": {"text_wrap": True, "valign": "top", "align": "left", "bottom": 4},
    "typed": {"num_format": "@", "valign": "top", "align": "left", "bottom": 4},
    "day": {"num_format": "d mmmm yyyy", "valign": "top", "align": "left", "bottom": 4},
    "chance": {"num_format": '[<1]"fewer than 1 in 100";0" in 100"', "valign": "top", "align": "left", "bottom": 4},
}


class Column(NamedTuple):
    """A column of a sheet: its heading, width in characters and cell format."""

    heading: str
    width: float
    format: str = "text"


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook in the making, with its cell formats by name."""

    workbook: Workbook
    formats: Mapping[str, Any]

    def sheet(self, title: str, widths: Sequence[float], watchlist: Watchlist, stamp: Stamp) -> Worksheet:
        """A new sheet that prints in landscape, one page wide, stamped and numbered on every page."""
        sheet = self.workbook.add_worksheet(title)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
        sheet.set_header("&L" + _margin_text(words.stamped(stamp), 2))
        sheet.set_footer("&L" + _margin_text(words.run_line(watchlist), 20) + "&RPage &P of &N")
        sheet.ignore_errors({"number_stored_as_text": _ALL_CELLS})  # rooms and NHS numbers are no numbers to add up
        for i, width in enumerate(widths):
            sheet.set_column(i, i, width)
        return sheet

    def write(self, sheet: Worksheet, row: int, column: int, value: Any, style: str = "text") -> None:
        """One cell: a date or a number as itself, None as blank, anything else as text."""
        if value is None:
            sheet.write_blank(row, column, None, self.formats[style])
        elif isinstance(value, date) and value.year < 1900:  # before the calendar of the format begins
            sheet.write_string(row, column, words.day(value), self.formats["text"])
        elif isinstance(value, date):
            sheet.write_datetime(row, column, datetime.combine(value, time()), self.formats[style])
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, self.formats[style])
        else:
            sheet.write_string(row, column, words.plain(value)[:_CELL_LIMIT], self.formats[style])

    def header(self, sheet: Worksheet, headings: Sequence[str], row: int = 0) -> None:
        """The heads of columns, on every page from there."""
        for i, heading in enumerate(headings):
            self.write(sheet, row, i, heading, "heading")
        sheet.repeat_rows(row)


def who(entry: Entry, identity: Identity | None) -> tuple[Any, ...]:
    """Resident, NHS number, date of birth, age, sex, home and room."""
    unknown = words.NOT_KNOWN
    named = (words.name(identity), _typed(words.nhs_number(identity)), identity.date_of_birth) if identity else ()
    return (
        *(value or unknown for value in named or (entry.resident_id, unknown, unknown)),
        unknown if entry.age is None else entry.age,
        words.capital(words.SEXES.get(entry.sex, unknown)),
        entry.home_label,
        (identity and identity.room) or unknown,
    )


def _typed(number: str) -> str:
    """The number with the blanks that people type, so that a search in the workbook finds it."""
    return number.replace(words.NBSP, " ")


def lines(texts: Sequence[str]) -> str:
    """Several texts in one cell."""
    return "\n".join(filter(None, texts)) or NONE


def _margin_text(text: str, reserved: int) -> str:
    """`text` for a page's margin, cut to what it can hold; "&" would begin a code there, so it is widened."""
    text = " ".join(words.plain(text).split()).replace("&", "\N{FULLWIDTH AMPERSAND}")
    room = _MARGIN_LIMIT - reserved
    return text if len(text) <= room else text[: room - 1] + "…"
