"""The workbook's sheet on which a review meeting writes: the order of the list, with columns left blank."""

from collections.abc import Mapping

from serving.render import meeting
from serving.render.workbook import Book, Column, lines, who
from serving.rows import Entry, Identity, Stamp, Watchlist

TO_WRITE = (
    Column("What matters to them; capacity, attorney", 26),
    Column("Decision", 18),
    Column("Action", 34),
    Column("Who", 16),
    Column("By when", 17, "day"),
    Column("Review again on", 17, "day"),
    Column("Told", 20),
)
COLUMNS = (
    Column("Rank", 17),
    Column("Resident", 24),
    Column("NHS number", 14, "typed"),
    Column("Date of birth", 17, "day"),
    Column("Home", 18),
    Column("Room", 8, "typed"),
    Column("Why listed", 44),
    Column("Care plan notes", 24),
    *TO_WRITE,
)
HEAD_ROW = 6


def review_sheet(book: Book, watchlist: Watchlist, identities: Mapping[str, Identity], stamp: Stamp) -> None:
    """Add the sheet; cells to write in are checked by no rule but for the decision, which can be chosen."""
    sheet = book.sheet(meeting.title(watchlist), [column.width for column in COLUMNS], watchlist, stamp)
    book.write(sheet, 0, 0, f"{meeting.title(watchlist)}: {watchlist.team.label}", "title")
    for row, label in enumerate(("Date and time", "Present, with role", "Apologies"), start=2):
        book.write(sheet, row, 0, label, "strong")
        sheet.merge_range(row, 1, row, COLUMNS.index(TO_WRITE[0]) - 1, "", book.formats["text"])
    book.header(sheet, [column.heading for column in COLUMNS], HEAD_ROW)
    sheet.freeze_panes(HEAD_ROW + 1, 2)
    entries = meeting.to_review(watchlist)
    for row, entry in enumerate(entries, start=HEAD_ROW + 1):
        for i, value in enumerate(_cells(entry, identities.get(entry.resident_id))):
            book.write(sheet, row, i, value, COLUMNS[i].format)
    last = HEAD_ROW + len(entries) + meeting.BLANK_ROWS
    for row in range(HEAD_ROW + 1 + len(entries), last + 1):
        book.write(sheet, row, 0, "Added")
        for i in range(1, len(COLUMNS)):
            book.write(sheet, row, i, None, COLUMNS[i].format)
    decision = COLUMNS.index(TO_WRITE[1])
    choice = {"validate": "list", "source": list(meeting.DECISIONS), "error_type": "information"}
    sheet.data_validation(HEAD_ROW + 1, decision, last, decision, choice)


def _cells(entry: Entry, identity: Identity | None) -> tuple[object, ...]:
    rank = {"added": "Added"}.get(entry.section, "No rank" if entry.rank is None else entry.rank)
    name, number, born, _, _, home, room = who(entry, identity)
    blank = (None,) * len(TO_WRITE)
    return (rank, name, number, born, home, room, lines(meeting.why(entry)), lines(entry.care_notes), *blank)
