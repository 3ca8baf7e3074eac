"""A named list as an Excel workbook for the review meeting: cover, list and who left. Nothing is a formula."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from serving.reasons import MOST
from serving.render import words
from serving.rows import SECTIONS, Entry, Identity, Stamp, Watchlist

# Text is written as text, whatever it looks like: no formula, no link, no number made of a name.
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CELL_LIMIT = 32_767  # characters a cell of the format can hold
_MARGIN_LIMIT = 255  # characters its page header or footer can hold
_NONE = "None"
_SECTION_LABELS = {
    "listed": "Review this week",
    "added": "Added by a person",
    "below": "Below the line",
    "back_from_hospital": "Back from hospital",
    "in_hospital": "In hospital now",
    "reviewed": "Reviewed, nothing new since",
    "not_estimated": "Not estimated",
    "end_of_life": "Comfort plan: review",
}


class Column(NamedTuple):
    """A column of the list: its heading, width in characters and cell format."""

    heading: str
    width: float
    format: str = "text"


COLUMNS = (
    Column("Section", 14),
    Column("Rank", 6),
    Column("Resident", 24),
    Column("NHS number", 14),
    Column("Date of birth", 17, "day"),
    Column("Age", 6),
    Column("Sex", 9),
    Column("Home", 18),
    Column("Room", 8),
    Column("Chance", 12, "chance"),
    Column("Change since last week", 24),
    Column("Check first", 30),
    *(Column(f"Reason {i + 1}", 30) for i in range(MOST)),
    Column("To consider", 36),
    Column("Care plan notes", 24),
    Column("Missing records", 24),
    *(Column(heading, 14) for heading in ("Decision", "Action", "Who", "By when")),
)

_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "heading": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 2, "bg_color": "#E6EDF3"},
    "strong": {"bold": True, "valign": "top"},
    "text": {"text_wrap": True, "valign": "top", "align": "left", "bottom": 4},
    "day": {"num_format": "d mmmm yyyy", "valign": "top", "align": "left", "bottom": 4},
    "chance": {"num_format": '[<1]"fewer than 1 in 100";0" in 100"', "valign": "top", "align": "left", "bottom": 4},
}


def xlsx(watchlist: Watchlist, identities: Mapping[str, Identity], stamp: Stamp) -> bytes:
    """The workbook of one list, named from `identities` (by resident_id); the same input, the same bytes."""
    out = io.BytesIO()
    workbook = Workbook(out, _OPTIONS)
    book = _Book(workbook, {name: workbook.add_format(spec) for name, spec in _FORMATS.items()})
    workbook.set_properties(
        {
            "title": f"Residents to review, {words.day(watchlist.as_of)}",
            "comments": words.plain(words.who_can_see(watchlist, stamp)),
            "created": datetime.combine(watchlist.as_of, time()),
        }
    )
    _cover(book, watchlist, stamp)
    _list(book, watchlist, identities, stamp)
    _left(book, watchlist, identities, stamp)
    workbook.close()
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Book:
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


def _cover(book: _Book, watchlist: Watchlist, stamp: Stamp) -> None:
    sheet = book.sheet("About this list", (28, 110), watchlist, stamp)
    book.write(sheet, 0, 0, "Residents to review this week", "title")
    for row, (label, text) in enumerate(_facts(watchlist, stamp), start=2):
        book.write(sheet, row, 0, label, "strong")
        book.write(sheet, row, 1, text)


def _facts(watchlist: Watchlist, stamp: Stamp) -> list[tuple[str, str]]:
    """The facts of the run, warnings first, as (label, text)."""
    listed, outcome = len(watchlist.section("listed")), words.article(watchlist.outcome_label)
    hindsight = "Made in hindsight: the model has learnt from later records. Do not use it for care."
    return [
        *((("Important", hindsight),) if watchlist.backdated else ()),
        *(("Important", warning) for warning in watchlist.warnings),
        ("Team", watchlist.team.label),
        ("List for", words.weekday(watchlist.as_of)),
        ("Data up to", words.weekday(watchlist.data_until)),
        ("Listed", f"{listed} of {watchlist.covered} assessed; {watchlist.not_covered} not covered (objections)"),
        ("Chance", f"People with similar records who have {outcome} within {watchlist.horizon_days} days"),
        ("Of those listed", words.capital(words.in_100(watchlist.listed_risk))),
        ("Of all assessed", words.capital(words.in_100(watchlist.base_risk))),
        ("Model", f"{words.model(watchlist)}, learnt from records up to {words.day(watchlist.trained_until)}"),
        ("Revision", f"{watchlist.revision}" + (f", replaces {watchlist.supersedes}" if watchlist.supersedes else "")),
        ("Not about today", "This list does not know about today. If someone is unwell, follow your usual route."),
        ("Not listed", "Not on this page does not mean well."),
        *((feed.label, _freshness(feed.state, feed.last_on)) for feed in watchlist.feeds),
        ("Who can see this", words.who_can_see(watchlist, stamp)),
    ]


def _freshness(state: str, last_on: date | None) -> str:
    label = words.FEED_STATES[state]
    return label if last_on is None else f"{label}, latest record {words.day(last_on)}"


def _list(book: _Book, watchlist: Watchlist, identities: Mapping[str, Identity], stamp: Stamp) -> None:
    sheet = book.sheet("List", [column.width for column in COLUMNS], watchlist, stamp)
    _header(book, sheet, [column.heading for column in COLUMNS])
    sheet.freeze_panes(1, 3)
    entries = [entry for section in SECTIONS for entry in watchlist.section(section)]
    for row, entry in enumerate(entries, start=1):
        cells = _cells(entry, identities.get(entry.resident_id))
        for i, (column, value) in enumerate(zip(COLUMNS, cells, strict=True)):
            book.write(sheet, row, i, value, column.format)
    sheet.autofilter(0, 0, max(1, len(entries)), len(COLUMNS) - 1)


def _cells(entry: Entry, identity: Identity | None) -> tuple[Any, ...]:
    """One resident's cells, in the order of `COLUMNS`."""
    reasons = [reason.sentence for reason in entry.reasons[:MOST]]
    return (
        _SECTION_LABELS[entry.section],
        "No rank" if entry.rank is None else entry.rank,
        *_who(entry, identity),
        words.in_100(None) if entry.risk is None else round(entry.risk * 100, 6),
        _change(entry),
        _lines((*entry.flags, entry.status_note)),
        *reasons,
        *[_NONE] * (MOST - len(reasons)),
        _lines(tuple(f"{prompt.text} ({prompt.audience})" for prompt in entry.prompts)),
        _lines(entry.care_notes),
        _lines(entry.gaps),
        *(None,) * 4,
    )


def _who(entry: Entry, identity: Identity | None) -> tuple[Any, ...]:
    """Resident, NHS number, date of birth, age, sex, home and room."""
    unknown = words.NOT_KNOWN
    named = (words.name(identity), words.nhs_number(identity), identity.date_of_birth) if identity else ()
    return (
        *(value or unknown for value in named or (entry.resident_id, unknown, unknown)),
        unknown if entry.age is None else entry.age,
        words.capital(words.SEXES.get(entry.sex, unknown)),
        entry.home_label,
        (identity and identity.room) or unknown,
    )


def _change(entry: Entry) -> str:
    if entry.change is None:
        return _NONE
    was = entry.change.previous_risk
    last_week = "" if was is None else f"last week {words.in_100(was)}"
    return ". ".join(filter(None, (words.CHANGES[entry.change.kind], entry.change.sentence, last_week)))


def _left(book: _Book, watchlist: Watchlist, identities: Mapping[str, Identity], stamp: Stamp) -> None:
    sheet = book.sheet("Left the list", (30, 24, 80), watchlist, stamp)
    _header(book, sheet, ["Resident", "Home", "Why not listed now"])
    for row, gone in enumerate(watchlist.left, start=1):
        identity = identities.get(gone.resident_id)
        resident = words.name(identity) if identity else gone.resident_id
        for i, value in enumerate((resident, gone.home_label, gone.reason)):
            book.write(sheet, row, i, value)


def _header(book: _Book, sheet: Worksheet, headings: Sequence[str]) -> None:
    for i, heading in enumerate(headings):
        book.write(sheet, 0, i, heading, "heading")
    sheet.repeat_rows(0)


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(filter(None, texts)) or _NONE


def _margin_text(text: str, reserved: int) -> str:
    """`text` for a page's margin, cut to what it can hold; "&" would begin a code there, so it is widened."""
    text = " ".join(words.plain(text).split()).replace("&", "\N{FULLWIDTH AMPERSAND}")
    room = _MARGIN_LIMIT - reserved
    return text if len(text) <= room else text[: room - 1] + "…"
