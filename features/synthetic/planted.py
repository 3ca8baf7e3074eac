"""The answer key: what was planted in a history, where; written beside it as planted.parquet."""

import numpy as np
import pyarrow as pa

from ..write import instant_array, text_array
from . import state as s
from .dirt import Silence
from .homes import Homes
from .span import Calendar

KINDS = (
    "late", "corrected", "retracted", "duplicated", "lost", "undated", "feed_stopped", "on_paper", "overlapping_stay",
    "late_death",
)  # fmt: skip
(LATE, CORRECTED, RETRACTED, DUPLICATED, LOST, UNDATED, FEED_STOPPED, ON_PAPER, OVERLAPPING_STAY, LATE_DEATH) = range(
    len(KINDS)
)
SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("table", pa.string()),
        ("resident_id", pa.string()),
        ("home_id", pa.string()),
        ("practice", pa.string()),
        ("code", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("until", pa.timestamp("us", tz="UTC")),
        ("record_id", pa.string()),
    ]
)


def planted(kind: int, table: str, rows: int, **columns: pa.Array) -> dict[str, pa.Array]:
    """Rows of the answer key of one kind, with the columns that tell where."""
    return {
        "kind": text_array(np.full(rows, kind), KINDS),
        "table": pa.array([table] * rows, pa.string()),
        **columns,
    }


def stopped(silence: Silence, homes: Homes, calendar: Calendar) -> list[dict[str, pa.Array]]:
    """Homes on paper, and every time that a home's or a practice's feed stopped."""
    paper = np.flatnonzero(silence.paper)
    places = sorted(set(homes.practices))
    by_number = {int(n): p for n, p in zip(homes.numbers[:, s.H_PRACTICE].astype(int), homes.practices, strict=True)}
    out = [planted(ON_PAPER, "events", len(paper), home_id=text_array(paper, homes.ids))]
    care = silence.care_record & ~silence.paper[:, None]
    for silent, column, names in (
        (care, "home_id", homes.ids),
        (silence.gp, "practice", tuple(by_number.get(i, places[0]) for i in range(len(silence.gp)))),
    ):
        edges = np.diff(np.pad(silent.astype(np.int8), ((0, 0), (1, 1))), axis=1)
        unit, begin = np.nonzero(edges == 1)
        _, end = np.nonzero(edges == -1)
        out.append(
            planted(
                FEED_STOPPED,
                "events",
                len(unit),
                **{column: text_array(unit, names)},
                time=instant_array(calendar.midnight[calendar.span.first + begin]),
                until=instant_array(calendar.midnight[calendar.span.first + end]),
            )
        )
    return out
