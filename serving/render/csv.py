"""A list as CSV for machines: one resident a line, ISO dates, plain numbers, one reason a column."""

import io
from csv import writer
from datetime import date

from serving.rows import Entry, Watchlist

REASON_COLUMNS = 6
_ENTRY_COLUMNS = ("resident_id", "home_id", "home_label", "age", "sex", "section", "rank", "risk", "risk_any")
HEADER = (
    "as_of",
    "revision",
    "team_id",
    *_ENTRY_COLUMNS,
    "previous_risk",
    "change",
    "change_reason",
    "status_note",
    *(f"reason_{i + 1}" for i in range(REASON_COLUMNS)),
    *(f"reason_{i + 1}_dated_on" for i in range(REASON_COLUMNS)),
    "flags",
)

Cell = str | int | float | date | None


def csv(watchlist: Watchlist) -> str:
    """The list as CSV text with a header line; missing values are empty, several flags are joined by "; ".

    A text cell that a spreadsheet would run as a formula gets an apostrophe in front; numbers are untouched.
    Write the text with its line ends as they are (`newline=""`).
    """
    out = io.StringIO(newline="")
    lines = writer(out)  # lines end in CR LF (RFC 4180), so that either in a cell is quoted
    lines.writerow(HEADER)
    lines.writerows([cell(value) for value in _line(watchlist, entry)] for entry in watchlist.entries)
    return out.getvalue()


def _line(watchlist: Watchlist, entry: Entry) -> tuple[Cell, ...]:
    change = entry.change
    gaps = (None,) * (REASON_COLUMNS - len(entry.reasons))
    reasons = entry.reasons[:REASON_COLUMNS]
    return (
        watchlist.as_of,
        watchlist.revision,
        watchlist.team.id,
        *(getattr(entry, column) for column in _ENTRY_COLUMNS),
        *((change.previous_risk, change.kind, change.sentence) if change else (None, None, None)),
        entry.status_note,
        *(reason.sentence for reason in reasons),
        *gaps,
        *(reason.dated_on for reason in reasons),
        *gaps,
        "; ".join(entry.flags),
    )


def cell(value: Cell) -> str:
    """A value as a cell: text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if _runs(value) else value
    return value.isoformat() if isinstance(value, date) else repr(value)


def _runs(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula (OWASP, CSV injection)."""
    return text[:1] in ("\t", "\r", "\n") or text.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠")
