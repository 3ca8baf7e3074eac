"""What a review meeting goes through and writes down: shared by its sheet on paper and in the workbook.

Fields after the MDT templates of the British Geriatrics Society and of general practice: who is there, what matters to
the resident, decision, action with owner and day, who is told. No chance stands on it: it becomes a record of care.
"""

from serving.render import words
from serving.rows import Entry, Section, Watchlist

SECTIONS: tuple[Section, ...] = ("listed", "added", "back_from_hospital")
DECISIONS = ("Action", "Nothing to change", "Not suitable", "Next week")
TOLD = ("Resident", "Family", "Home")
REASONS = 3
BLANK_ROWS = 3  # for residents whom the team adds


def to_review(watchlist: Watchlist) -> tuple[Entry, ...]:
    """Who is gone through, in the order of the list."""
    return tuple(entry for section in SECTIONS for entry in watchlist.section(section))


def elsewhere(watchlist: Watchlist) -> int:
    """How many residents the full list shows besides."""
    return len(watchlist.entries) - len(to_review(watchlist))


def title(watchlist: Watchlist) -> str:
    """ "MDT sheet", or "Home round sheet" """
    return f"{words.capital(words.KINDS[watchlist.team.kind])} sheet"


def why(entry: Entry) -> tuple[str, ...]:
    """What to check first, then the reasons of the list."""
    said = (*entry.flags, entry.status_note, *(reason.sentence for reason in entry.reasons[:REASONS]))
    return tuple(line for line in said if line) or ("No single reason stands out",)
