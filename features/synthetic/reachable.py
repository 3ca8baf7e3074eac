"""What could be known of residents beside the truth about them, block by block and without writing a history."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .block import make_block, records_of, snapshots_of
from .county import Size, Truth, make_county
from .dirt import Dirt
from .observed import observed
from .risks import DEFAULT, risks
from .rollout import NO_REVIEWS, Reviews
from .truth import HORIZON


@dataclass(frozen=True)
class Known:
    """Rows of residents on Mondays: ids, days (datetime64[D]), columns (row, OBSERVED), true risk, and what came."""

    ids: np.ndarray
    as_of: np.ndarray
    X: np.ndarray
    risk: np.ndarray
    admitted: np.ndarray


def known(
    size: Size, truth: Truth, dirt: Dirt | None = None, reviews: Reviews = NO_REVIEWS, *, block_beds: int = 1_000
) -> Iterator[Known]:
    """The residents of the county that `synthesise` would write with these arguments, a block of homes at a time.

    The risk is of the default outcome; its mean over rows that look alike in X is the risk that can be reached. With
    few `truth.paths` it is noisy but still right on average, which is all that learning from it needs.
    """
    county = make_county(size, truth, dirt or Dirt(), reviews)
    zero = np.datetime64(county.calendar.zero, "D")
    for first, last in pairwise(_edges(county.world.bed_home, block_beds)):
        block = make_block(county, first, last)
        who, day = block.snapshot_of.T
        chosen = np.flatnonzero(block.exported[who] & np.isin(day, county.mondays))
        rows, _ = records_of(county, block)
        found = risks(snapshots_of(block, chosen), DEFAULT, HORIZON, county.world.season, county.paths)
        X = observed(county, block, rows, chosen)
        yield Known(block.ids[who[chosen]], zero + day[chosen], X, found.risk, found.admitted)


def _edges(bed_home: np.ndarray, block_beds: int) -> list[int]:
    """Where blocks of about so many beds begin and end, each with whole homes."""
    ends = np.flatnonzero(np.diff(bed_home, append=-1)) + 1
    wanted = np.arange(block_beds, ends[-1] + block_beds, block_beds)
    return [0, *np.unique(ends[np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)]).tolist()]
