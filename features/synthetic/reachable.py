"""What could be known of residents beside the truth about them, block by block and without writing a history."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .block import make_block, records_of, snapshots_of
from .county import Size, Truth, make_county
from .dirt import Dirt
from .observed import observed
from .risks import DEFAULT, risks
from .truth import HORIZON


@dataclass(frozen=True)
class Known:
    """Rows of residents on Mondays: ids, days (datetime64[D]), columns (row, OBSERVED), true risk, and what came."""

    ids: np.ndarray
    as_of: np.ndarray
    X: np.ndarray
    risk: np.ndarray
    admitted: np.ndarray


def known(size: Size, truth: Truth, dirt: Dirt | None = None, *, block_beds: int = 1_000) -> Iterator[Known]:
    """The residents of the county that `synthesise` would write with these arguments, a block at a time.

    The risk is of the default outcome; its mean over rows that look alike in X is the risk that can be reached. With
    few `truth.paths` it is noisy but still right on average, which is all that learning from it needs.
    """
    county = make_county(size, truth, dirt or Dirt())
    beds = len(county.world.bed_home)
    zero = np.datetime64(county.calendar.zero, "D")
    for first in range(0, beds, block_beds):
        block = make_block(county, first, min(first + block_beds, beds))
        who, day = block.snapshot_of.T
        chosen = np.flatnonzero(block.exported[who] & np.isin(day, county.mondays))
        rows, _ = records_of(county, block)
        found = risks(snapshots_of(block, chosen), DEFAULT, HORIZON, county.world.season, county.paths)
        X = observed(block, rows, chosen, county.calendar)
        yield Known(block.ids[who[chosen]], zero + day[chosen], X, found.risk, found.admitted)
