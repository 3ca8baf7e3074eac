"""Codes that never enter a history, by the reviewable list sensitive.csv.

The reasons are those of the general practice sharing exclusions of SNOMED CT UK (reference sets 999004351000000109,
999004371000000100, 999004361000000107 and 999004381000000103) and of the two Acts behind them, the Human Fertilisation
and Embryology Act 2008 and the Gender Recognition Act 2004. The reference sets are licensed and are not in this
folder: the list holds what public code lists show of them, and an extract should be filtered at its source too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from .matching import Matcher, matcher
from .rows import read


@dataclass(frozen=True)
class Exclusion:
    """One row of the list: a code, or every code that begins with it, and why it is kept out."""

    system: str
    code: str
    match: str
    reason: str
    source: str
    note: str


@cache
def exclusions() -> tuple[Exclusion, ...]:
    """Every row of sensitive.csv, in its order."""
    return tuple(Exclusion(**row) for row in read("sensitive.csv"))


def sensitive(codes: Iterable[str | None]) -> frozenset[str]:
    """Those of the codes that must not be kept.

    Codes are `SYSTEM:code` as in events: give a spell's diagnoses as `ICD10:` and its procedures as `OPCS4:`.
    """
    return frozenset(code for code in set(codes) if code is not None and is_sensitive(code))


def is_sensitive(code: str) -> bool:
    """Whether one `SYSTEM:code` must not be kept."""
    return _listed().row(code) is not None


@cache
def _listed() -> Matcher[Exclusion]:
    return matcher(exclusions(), "sensitive code")
