"""A list as a PDF for paper: the same words as the page, tagged for screen readers (PDF/UA), with no request made.

On every page: for whom the copy was made, the run, and its number of how many.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from features.problems import HomeroundError, UsageError
from serving.render.html import list_page
from serving.rows import Identity, Stamp, Watchlist

_PANGO = (
    "PDF files need Pango and HarfBuzz, which this machine lacks: install libpango-1.0-0, libpangoft2-1.0-0 and "
    "libharfbuzz-subset0 (Debian, Ubuntu) or pango (macOS, other systems)"
)


def pdf(watchlist: Watchlist, identities: Mapping[str, Identity] | None = None, stamp: Stamp | None = None) -> bytes:
    """One list on A4: pseudonymous, or with `identities` (by resident_id) and their `stamp`, named."""
    return to_pdf(list_page("list_pdf.html", watchlist, identities, stamp))


def to_pdf(page: str) -> bytes:
    """A page of ours as a PDF; the same page, the same bytes.

    Raises UsageError where the system lacks Pango, HomeroundError for a page that wants to fetch something.
    """
    try:
        import weasyprint
    except OSError as error:  # a system library that Python cannot load
        raise UsageError(_PANGO) from error
    identifier = hashlib.sha256(page.encode()).digest()[:16]
    try:
        made = weasyprint.HTML(string=page, url_fetcher=_refusing()).write_pdf(
            pdf_variant="pdf/ua-1", pdf_identifier=identifier
        )
    except weasyprint.urls.FatalURLFetchingError as error:
        raise HomeroundError("a page for paper asked for something outside itself") from error
    return bytes(made)


def _refusing() -> Any:
    """A fetcher that fetches nothing, and ends the making of a page that asks."""
    from weasyprint.urls import URLFetcher

    class Refusing(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            raise PermissionError("nothing is fetched")

    return Refusing(fail_on_errors=True)
