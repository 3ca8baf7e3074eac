"""A list cut to what one person may see today, for a file that leaves the room."""

from dataclasses import replace

from serving.render.words import count
from serving.rows import Entry, Watchlist

from .listing import Listing, Row

SHARED_NAME = "Same name as another resident here: check the date of birth"


def own_copy(seen: Listing) -> Watchlist:
    """The list as the page shows it unfiltered: nobody of others, nobody who has died, moved or objected since."""
    entries = tuple(_entry(row) for rows in seen.rows.values() for row in rows)
    return replace(
        seen.watchlist,
        entries=entries,
        left=tuple(one.left for one in seen.left),
        not_covered=seen.not_covered,
        warnings=(*_said(seen), *seen.watchlist.warnings),
    )


def _said(seen: Listing) -> tuple[str, ...]:
    said: tuple[str, ...] = ()
    if seen.others:
        said += (f"{count(seen.others, 'resident')} of this list not in this copy: other practices or teams see them.",)
    if seen.gone:
        said += (f"{count(len(seen.gone), 'resident')} not in this copy: died or moved since the list was made.",)
    return said


def _entry(row: Row) -> Entry:
    """What has changed since Monday stands first among the flags."""
    now = tuple(text for text in (row.now, SHARED_NAME if row.shares_name else "") if text)
    return replace(row.entry, flags=(*now, *row.entry.flags)) if now else row.entry
