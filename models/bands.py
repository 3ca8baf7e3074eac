"""Bands of neighbouring chances, each with enough outcomes to tell how many of 100 such people had one.

For the reader of one estimate: what became of people whose estimate was like this. Tenths do not serve for it, since
everybody who is listed stands in the highest.
"""

import numpy as np

from models.calibration import Calibration
from models.evaluation import ChanceBand
from models.logistic import sigmoid

LEAST = 20  # weekly rows with the outcome; one admission is the outcome of up to four, which the intervals allow for


def chance_bands(found: Calibration, least: float = LEAST) -> tuple[ChanceBand, ...]:
    """Bands from the lowest chance to the highest, cut from the top down whenever enough outcomes have come together.

    Their intervals (95 %) are over the draws of whole homes, so they allow for the weeks of a resident and the
    residents of a home. None where there are too few outcomes for two bands: one would tell the overall share.
    """
    starts = _starts(found.events[0], least)
    if len(starts) < 2:
        return ()
    ends = [*starts[1:], len(found.x)]
    return tuple(_band(found, start, end) for start, end in zip(starts, ends, strict=True))


def _starts(events: np.ndarray, least: float) -> list[int]:
    """The first slice of each band; what is left at the bottom joins the band above it."""
    starts, held = [], 0.0
    for k in range(len(events) - 1, -1, -1):
        held += float(events[k])
        if held >= least:
            starts.append(k)
            held = 0.0
    return [0, *reversed(starts[:-1])]


def _band(found: Calibration, start: int, end: int) -> ChanceBand:
    events, rows = found.events[:, start:end].sum(axis=1), found.rows[:, start:end].sum(axis=1)
    drawn = events[1:][rows[1:] > 0] / rows[1:][rows[1:] > 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return ChanceBand(
        lowest=_edge(found.x, start) if start else 0.0,
        highest=_edge(found.x, end) if end < len(found.x) else 1.0,
        n=round(float(rows[0])),
        events=round(float(events[0])),
        predicted=float(sigmoid(found.x[start:end]) @ found.rows[0, start:end] / rows[0]),
        observed=float(events[0] / rows[0]),
        low=float(low),
        high=float(high),
    )


def _edge(x: np.ndarray, k: int) -> float:
    """The chance half-way between the last slice of a band and the first of the next."""
    return float(sigmoid(np.array([x[k - 1 : k + 1].mean()]))[0])
