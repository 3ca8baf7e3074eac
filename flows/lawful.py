"""Lawful use: which source may be used for which purpose, and whose objections count."""

from collections.abc import Collection, Iterable
from datetime import date

from features.problems import HeldBack

from .settings import LawfulUse, Purpose

INVENTED = "synthetic data"
_PURPOSES = {
    "direct_care": "direct care",
    "model_development": "model development",
    "profile": "profiles of admissions",
    "impact": "measuring the lists",
}


def require(uses: Iterable[LawfulUse], sources: Collection[str], purpose: Purpose, on: date) -> frozenset[str]:
    """The kinds of objection to honour. Raises HeldBack that lists every source without a valid basis on that day."""
    uses = [use for use in uses if use.purpose == purpose]
    reasons = []
    for source in sorted(sources):
        cells = [use for use in uses if source in use.sources]
        if not cells:
            reasons.append(f"{source} for {_PURPOSES[purpose]}: no lawful basis in the settings")
        elif all(use.expires < on for use in cells):
            last = max(cells, key=lambda use: use.expires)
            reasons.append(
                f"{source} for {_PURPOSES[purpose]}: the basis of {last.controller} ({last.reference}) expired on "
                f"{last.expires}"
            )
    if reasons:
        raise HeldBack(reasons)
    return frozenset(
        kind for use in uses if set(use.sources) & set(sources) and use.expires >= on for kind in use.objections
    )


def only_invented(uses: Iterable[LawfulUse]) -> bool:
    """Whether every line is one of those for invented people that the settings come with."""
    uses = tuple(uses)
    return bool(uses) and all(use.reference == INVENTED for use in uses)
