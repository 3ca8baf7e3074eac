"""A list as canonical JSON: sorted keys, UTF-8, one newline at the end; read back by `rows.from_json`."""

from serving.canonical import text
from serving.rows import Watchlist


def json(watchlist: Watchlist) -> str:
    """The whole list, pseudonymous; the same list gives the same text. ValueError on a NaN or infinity."""
    return text(watchlist) + "\n"
