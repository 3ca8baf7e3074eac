"""The sheet on which a review meeting writes its decisions, as a PDF: the order of the list, and room to write."""

from collections.abc import Mapping

from serving.render import meeting
from serving.render.html import list_page
from serving.render.pdf import to_pdf
from serving.rows import Identity, Stamp, Watchlist


def mdt_sheet(
    watchlist: Watchlist, identities: Mapping[str, Identity] | None = None, stamp: Stamp | None = None
) -> bytes:
    """Pseudonymous, or with `identities` (by resident_id) and their `stamp`, named."""
    return to_pdf(list_page("mdt_sheet.html", watchlist, identities, stamp, meeting=meeting))
