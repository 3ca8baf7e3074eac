"""NHS numbers with dates of birth, as programs of practices take lists of patients: CSV files of at most 250.

Two columns named "NHS number" and "Date of Birth", dd/mm/yyyy, at most 250 patients a file (Accurx support, "How to
manage my patient lists"). Other programs differ: docs/files.md.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.nhs_number import looks_valid
from serving.render.meeting import to_review
from serving.render.words import count
from serving.rows import Identity, Watchlist

HEADER = "NHS number,Date of Birth"
MOST = 250


@dataclass(frozen=True, slots=True)
class NumberFiles:
    """The files' texts, and who to review is in none of them, by reason."""

    texts: tuple[str, ...]
    left_out: tuple[str, ...]


def nhs_numbers(watchlist: Watchlist, identities: Mapping[str, Identity]) -> NumberFiles:
    """Everybody to review, in the order of the list; no file where nobody has a number that can be used."""
    people = [identities.get(entry.resident_id) for entry in to_review(watchlist)]
    numbers = Counter(_digits(one) for one in people if one)
    reasons = [_unusable(one, numbers) for one in people]
    lines = [
        f"{_digits(one)},{one.date_of_birth:%d/%m/%Y}"
        for one, reason in zip(people, reasons, strict=True)
        if one and one.date_of_birth and not reason
    ]
    parts = [lines[at : at + MOST] for at in range(0, len(lines), MOST)]
    texts = tuple("\r\n".join((HEADER, *part, "")) for part in parts)
    return NumberFiles(texts, _said(reasons))


def _digits(identity: Identity) -> str:
    return re.sub(r"[\s-]", "", identity.nhs_number)


def _unusable(identity: Identity | None, numbers: Mapping[str, int]) -> str:
    """Why a resident cannot be in a file; empty where they can."""
    if identity is None:
        return "no name on file"
    if not looks_valid(_digits(identity)):
        return "NHS number not valid"
    if numbers[_digits(identity)] > 1:
        return "NHS number shared with another resident"
    return "" if identity.date_of_birth else "date of birth not known"


def _said(reasons: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(reason for reason in reasons if reason)
    return tuple(f"{count(n, 'resident')} not in the files of NHS numbers: {reason}." for reason, n in counts.items())
