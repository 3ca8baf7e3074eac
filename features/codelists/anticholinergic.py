"""Scores of medicines on the Anticholinergic Cognitive Burden scale, by the reviewable list anticholinergic.csv.

The scale (Boustani 2008, Aging Health 4:311-320, with the Aging Brain Care update of 2012) gives a medicine 1 for a
possible effect and 2 or 3 for a definite one; a person's burden is the sum over their medicines. A row is a chemical
substance of the NHSBSA BNF classification, in forms that act on the whole body.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from .matching import Matcher, matcher
from .rows import read


@dataclass(frozen=True)
class Scored:
    """One row of the list: a code, or every code that begins with it, the drug that it is, and the drug's score."""

    system: str
    code: str
    match: str
    drug: str
    score: int
    source: str
    note: str


@cache
def scored() -> tuple[Scored, ...]:
    """Every row of anticholinergic.csv, in its order."""
    return tuple(Scored(score=int(row.pop("score")), **row) for row in read("anticholinergic.csv"))


def burdens(codes: Iterable[str]) -> dict[str, Scored]:
    """The row of each distinct `SYSTEM:code` that the list has; the others are left out."""
    found = {code: _listed().row(code) for code in dict.fromkeys(codes)}
    return {code: row for code, row in found.items() if row is not None}


@cache
def _listed() -> Matcher[Scored]:
    return matcher(scored(), "anticholinergic code")
