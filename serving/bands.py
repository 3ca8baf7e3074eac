"""How a model's estimates came true, from its evaluation as it was kept, for the reader of one estimate."""

from collections.abc import Mapping
from typing import Any

from .rows import Band

LEAST_EVENTS = 8
"""The fewest of which a share is told: hospital statistics hide counts from 1 to 7 (HES analysis guide)."""


def bands_of(evaluation: Mapping[str, Any] | None) -> tuple[Band, ...]:
    """The bands with enough outcomes, lowest first; none for an evaluation that was made before there were any."""
    return tuple(
        Band(row["lowest"], row["highest"], row["predicted"], row["observed"], row["low"], row["high"], row["n"])
        for row in (evaluation or {}).get("bands", ())
        if row["events"] >= LEAST_EVENTS
    )
