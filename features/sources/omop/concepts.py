"""CONCEPT: the code that stands behind a concept id."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..tables import Source
from ..tally import Tally
from .fields import ids, trimmed


@dataclass(frozen=True)
class Concepts:
    """`VOCABULARY:code` by concept id, ids in order: a vocabulary of millions of rows must not fill the memory."""

    id: np.ndarray
    code: pa.Array

    def names(self, written: pa.Array) -> pa.Array:
        """The code of each concept id, null for one that is not there."""
        wanted = _numbers(written)
        if not len(self.id):
            return pa.nulls(len(wanted), pa.string())
        at = np.minimum(np.searchsorted(self.id, wanted), len(self.id) - 1)
        return self.code.take(pa.array(at, mask=self.id[at] != wanted))


def read_concepts(source: Source, tally: Tally) -> Concepts:
    """The concept table, where there is one; 0, no matching concept, is none."""
    numbers, codes = [np.empty(0, np.int64)], [pa.array([], pa.string())]
    for batch in source.batches("concept", ("concept_id", "vocabulary_id", "concept_code"), tally):
        number = _numbers(ids(batch, "concept_id").combine_chunks())
        parts = (trimmed(batch.table[name]) for name in ("vocabulary_id", "concept_code"))
        code = pc.binary_join_element_wise(*parts, ":").combine_chunks()
        kept = (number > 0) & pc.is_valid(code).to_numpy(zero_copy_only=False)
        numbers.append(number[kept])
        codes.append(code.filter(pa.array(kept)))
    number = np.concatenate(numbers)
    order = np.argsort(number, kind="stable")
    return Concepts(number[order], pa.concat_arrays(codes).take(pa.array(order)))


def _numbers(written: pa.Array) -> np.ndarray:
    """int64 (n,): concept ids, 0 for what is none."""
    whole = pc.if_else(pc.match_substring_regex(written, r"^\d{1,18}$"), written, None)
    return pc.fill_null(whole.cast(pa.int64()), 0).to_numpy()
