"""How often each code, concept and code system was recorded in the week before each Monday, as known on that Monday."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc

from .asof import instant
from .codelists import resolve
from .history import History
from .visibility import micros


@dataclass(frozen=True, eq=False)
class CodeCounts:
    """Counts (names, weeks) by kind: 'concept', 'unknown code' (in no list) and 'code system'."""

    weeks: tuple[date, ...]
    counts: Mapping[str, tuple[tuple[str, ...], np.ndarray]]


def code_counts(history: History, as_ofs: Sequence[date], *, grace: int) -> CodeCounts:
    """Events whose time lies in the week before each as-of and that were recorded before it plus the grace.

    The same rule for every week: the newest is not yet complete, and older ones are counted as incomplete as they were
    on their own Monday.
    """
    events = history["events"]
    coded = pc.dictionary_encode(events["code"].combine_chunks())
    codes = [str(code) for code in coded.dictionary.to_pylist()]
    index = np.asarray(pc.fill_null(coded.indices, len(codes)), dtype=np.int64)
    time, recorded = micros(events["time"]), micros(events["recorded_at"])
    table = np.empty((len(codes), len(as_ofs)), np.int64)
    for k, as_of in enumerate(as_ofs):
        t = instant(as_of)
        here = (time >= instant(as_of - timedelta(days=7))) & (time < t) & (recorded < t + grace)
        table[:, k] = np.bincount(index[here], minlength=len(codes) + 1)[: len(codes)]
    meaning = resolve(codes)
    kinds = {
        "concept": [meaning[code] or "" for code in codes],
        "unknown code": ["" if meaning[code] else code for code in codes],
        "code system": [code.partition(":")[0] if ":" in code else "names of concepts" for code in codes],
    }
    return CodeCounts(tuple(as_ofs), {kind: _summed(names, table) for kind, names in kinds.items()})


def _summed(names: Sequence[str], table: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Rows of one name added up; rows without a name left out."""
    known = tuple(sorted(set(names) - {""}))
    at = {name: i for i, name in enumerate(known)}
    out = np.zeros((len(known), table.shape[1]), np.int64)
    rows = [i for i, name in enumerate(names) if name]
    np.add.at(out, [at[names[i]] for i in rows], table[rows])
    return known, out
