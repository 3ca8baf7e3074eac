"""From `SYSTEM:code` to concepts, by the reviewable list maps.csv."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from .concepts import concepts
from .matching import Matcher, matcher
from .rows import read
from .sensitive import is_sensitive


@dataclass(frozen=True)
class Entry:
    """One row of the list: a code, or every code that begins with it (`match` exact or prefix)."""

    system: str
    code: str
    match: str
    concept: str
    source: str
    note: str


@cache
def entries() -> tuple[Entry, ...]:
    """Every row of maps.csv, in its order."""
    return tuple(Entry(**row) for row in read("maps.csv"))


def resolve(codes: Iterable[str | None] | pa.Array | pa.ChunkedArray) -> dict[str, str | None]:
    """The concept of each distinct event code, or None where the lists do not know it or it is sensitive.

    A concept's own name is itself; `matching` says which row a `SYSTEM:code` is. The value of an event is
    never changed by its mapping, so the list holds measurements only in the concept's own unit.
    """
    if isinstance(codes, (pa.Array, pa.ChunkedArray)):
        codes = codes.unique().to_pylist()
    return {code: _one(code) for code in dict.fromkeys(codes) if code is not None}


def _one(code: str) -> str | None:
    if code in concepts():
        return code
    found = _mapped().row(code)
    return None if found is None or is_sensitive(code) else found.concept


@cache
def _mapped() -> Matcher[Entry]:
    return matcher(entries(), "mapped code")
