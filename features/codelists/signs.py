"""Which soft sign a carer named, by the reviewable list signs.csv."""

from collections.abc import Iterable, Mapping
from functools import cache

from .rows import read, unique

SOFT_SIGN, OTHER = "soft_sign", "sign_other"


@cache
def signs() -> Mapping[str, str]:
    """The concept of each text of signs.csv."""
    rows = read("signs.csv")
    unique((row["text"] for row in rows), "sign")
    return {row["text"]: row["concept"] for row in rows}


def sign_concepts() -> tuple[str, ...]:
    """Every concept a soft sign may be, in the order of the list; `sign_other` last."""
    return tuple(dict.fromkeys([*(one for one in signs().values() if one != OTHER), OTHER]))


def signs_of(texts: Iterable[str | None]) -> list[str]:
    """The concept of the sign that each text names, compared without case; `sign_other` where the list knows none."""
    return [signs().get(" ".join((text or "").casefold().split()), OTHER) for text in texts]
