"""Which row of a list stands for a `SYSTEM:code`: one way for every list of codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .rows import normalise, unique

# Other names the same classification goes by in OMOP, MEDS and FHIR extracts.
_ALIASES = {"ICD10CM": "ICD10", "ICD9CM": "ICD9", "SNOMEDCT": "SNOMED", "SCT": "SNOMED"}


class Coded(Protocol):
    """A row of a list: a code, or every code that begins with it (`match` exact or prefix)."""

    @property
    def system(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def match(self) -> str: ...


Row = TypeVar("Row", bound=Coded)


@dataclass(frozen=True)
class Matcher(Generic[Row]):
    """The rows of a list by (system, code): those of whole codes, and those of beginnings."""

    exact: Mapping[tuple[str, str], Row]
    prefix: Mapping[tuple[str, str], Row]

    def row(self, code: str) -> Row | None:
        """The row of a `SYSTEM:code`, compared without case, dots or dashes, or None.

        A whole code beats a beginning, a longer beginning a shorter one.
        """
        system, colon, rest = code.partition(":")
        if not colon:
            return None
        name, whole = normalise(system), normalise(rest)
        name = _ALIASES.get(name, name)
        if (name, whole) in self.exact:
            return self.exact[name, whole]
        beginnings = ((name, whole[:end]) for end in range(len(whole), 0, -1))
        return next((self.prefix[key] for key in beginnings if key in self.prefix), None)


def matcher(rows: Iterable[Row], what: str) -> Matcher[Row]:
    """A list ready to be asked. Raises ValueError, with `what` the rows are, where a code stands in it twice."""
    rows = tuple(rows)
    unique((f"{row.system}:{normalise(row.code)}" for row in rows), what)
    by_match = {match: {_key(row): row for row in rows if row.match == match} for match in ("exact", "prefix")}
    return Matcher(**by_match)


def _key(row: Coded) -> tuple[str, str]:
    return row.system, normalise(row.code)
