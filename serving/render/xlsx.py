"""A named list as an Excel workbook for the review meeting: cover, sheet to write on, whole list, who left."""

import io
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from xlsxwriter import Workbook

from serving.reasons import MOST
from serving.render import words
from serving.render.workbook import FORMATS, NONE, OPTIONS, Book, Column, lines, who
from serving.render.xlsx_review import review_sheet
from serving.rows import SECTIONS, Entry, Identity, Stamp, Watchlist

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


COLUMNS = (
    Column("Section", 14),
    Column("Rank", 6),
    Column("Resident", 24),
    Column("NHS number", 14, "typed"),
    Column("Date of birth", 17, "day"),
    Column("Age", 6),
    Column("Sex", 9),
    Column("Home", 18),
    Column("Room", 8, "typed"),
    Column("Chance", 12, "chance"),
    Column("Change since last week", 24),
    Column("Check first", 30),
    *(Column(f"Reason {i + 1}", 30) for i in range(MOST)),
    Column("To consider", 36),
    Column("Care plan notes", 24),
    Column("Missing records", 24),
)


def xlsx(watchlist: Watchlist, identities: Mapping[str, Identity], stamp: Stamp) -> bytes:
    """The workbook of one list, named from `identities` (by resident_id); the same input, the same bytes."""
    out = io.BytesIO()
    workbook = Workbook(out, OPTIONS)
    book = Book(workbook, {name: workbook.add_format(spec) for name, spec in FORMATS.items()})
    workbook.set_properties(
        {
            "title": f"Residents to review, {words.day(watchlist.as_of)}",
            "comments": words.plain(words.who_can_see(watchlist, stamp)),
            "created": datetime.combine(watchlist.as_of, time()),
        }
    )
    _cover(book, watchlist, stamp)
    review_sheet(book, watchlist, identities, stamp)
    _list(book, watchlist, identities, stamp)
    _left(book, watchlist, identities, stamp)
    workbook.close()
    return out.getvalue()


def _cover(book: Book, watchlist: Watchlist, stamp: Stamp) -> None:
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
        ("Copy", words.stamped(stamp)),
        ("Who can see this", words.who_can_see(watchlist, stamp)),
    ]


def _freshness(state: str, last_on: date | None) -> str:
    label = words.FEED_STATES[state]
    return label if last_on is None else f"{label}, latest record {words.day(last_on)}"


def _list(book: Book, watchlist: Watchlist, identities: Mapping[str, Identity], stamp: Stamp) -> None:
    sheet = book.sheet("List", [column.width for column in COLUMNS], watchlist, stamp)
    book.header(sheet, [column.heading for column in COLUMNS])
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
        *who(entry, identity),
        words.in_100(None) if entry.risk is None else round(entry.risk * 100, 6),
        _change(entry),
        lines((*entry.flags, entry.status_note)),
        *reasons,
        *[NONE] * (MOST - len(reasons)),
        lines(tuple(f"{prompt.text} ({prompt.audience})" for prompt in entry.prompts)),
        lines(entry.care_notes),
        lines(entry.gaps),
    )


def _change(entry: Entry) -> str:
    if entry.change is None:
        return NONE
    was = entry.change.previous_risk
    last_week = "" if was is None else f"last week {words.in_100(was)}"
    return ". ".join(filter(None, (words.CHANGES[entry.change.kind], entry.change.sentence, last_week)))


def _left(book: Book, watchlist: Watchlist, identities: Mapping[str, Identity], stamp: Stamp) -> None:
    sheet = book.sheet("Left the list", (30, 24, 80), watchlist, stamp)
    book.header(sheet, ["Resident", "Home", "Why not listed now"])
    for row, gone in enumerate(watchlist.left, start=1):
        identity = identities.get(gone.resident_id)
        resident = words.name(identity) if identity else gone.resident_id
        for i, value in enumerate((resident, gone.home_label, gone.reason)):
            book.write(sheet, row, i, value)
