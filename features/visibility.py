"""What was known when: the one place that decides whether a record counts as of t.

A row is one version of a record. It counts as of t when its own time is before t, it was recorded before t + grace,
and no later version of the same record was recorded before t + grace. So every row has an interval of knowledge:
`known_from < t + grace <= known_until`. A version's key is (resident, source, record_id); a row without a record_id
is its own record, told by its whole content, so exact repeats count once, from their earliest recording. Versions
recorded at one instant are ordered by what they say, never by what became known later.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .asof import NEVER
from .contract import INSTANT


@dataclass(frozen=True)
class Known:
    """Per row, int64 UTC microseconds: `since` < t + grace <= `until` is when the row is the current version."""

    since: np.ndarray
    until: np.ndarray

    def at(self, t: int, grace: int) -> np.ndarray:
        """Mask of the rows that are the current version of their record at t + grace."""
        return (self.since < t + grace) & (t + grace <= self.until)


def micros(values: pa.ChunkedArray | pa.Array, missing: int = NEVER) -> np.ndarray:
    """Instants as int64 UTC microseconds; null becomes `missing`."""
    return pc.fill_null(values.cast(INSTANT).cast(pa.int64()), missing).to_numpy(zero_copy_only=False)


def known(table: pa.Table, field: str = "recorded_at") -> Known:
    """The interval in which each row of a dated table is the current version of its record.

    `field` is the recording time of the values one looks at: `recorded_at`, or that of fields which become known later
    (`contract.LATER`). It matters where versions were recorded at one instant and agree on what was known then: they
    are one version whose later fields arrived one after the other.
    """
    from .supersession import supersede  # which needs `micros` of this file

    since = micros(table["recorded_at"]).copy()
    until = np.full(len(since), NEVER)
    supersede(table, field, since, until)
    withdrawn = pc.fill_null(table["retracted"], False).to_numpy(zero_copy_only=False)
    since = np.where(withdrawn, NEVER, since)
    return Known(since, until)
