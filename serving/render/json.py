"""A list as canonical JSON: sorted keys, UTF-8, one newline at the end; read back by `rows.from_json`."""

from json import dumps

from serving.rows import Watchlist, to_jsonable


def json(watchlist: Watchlist) -> str:
    """The whole list, pseudonymous; the same list gives the same text. ValueError on a NaN or infinity."""
    text = dumps(to_jsonable(watchlist), sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)
    return text + "\n"
