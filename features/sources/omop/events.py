"""Conditions, drugs, measurements, observations and procedures as events.

The conditions of an admission are what its coders say weeks after the discharge, though they bear its first day.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...codelists.sensitive import sensitive
from ..draft import Draft
from ..tally import Batch, Tally
from .concepts import Concepts
from .fields import ids, known, time, trimmed


@dataclass(frozen=True)
class Table:
    """An event table: its name, and its columns for id, times, concepts, code, value and unit."""

    name: str
    id: str
    concept: str
    start: str
    value: str = ""
    unit: str = ""

    @property
    def times(self) -> tuple[str, str]:
        return f"{self.start}_datetime", f"{self.start}_date"

    @property
    def source(self) -> tuple[str, str]:
        return f"{self.concept}_source_value", f"{self.concept}_source_concept_id"

    @property
    def columns(self) -> tuple[str, ...]:
        more = tuple(name for name in (self.value, self.unit) if name)
        return (
            self.id,
            "person_id",
            "visit_occurrence_id",
            f"{self.concept}_concept_id",
            *self.source,
            *self.times,
            *more,
        )


CONDITIONS = Table("condition_occurrence", "condition_occurrence_id", "condition", "condition_start")
EVENTS = (
    CONDITIONS,
    Table("drug_exposure", "drug_exposure_id", "drug", "drug_exposure_start"),
    Table("measurement", "measurement_id", "measurement", "measurement", "value_as_number", "unit_source_value"),
    Table("observation", "observation_id", "observation", "observation", "value_as_number", "unit_source_value"),
    Table("procedure_occurrence", "procedure_occurrence_id", "procedure", "procedure"),
)


_SHAPES = (("LOINC", r"^\d{1,7}-\d$"), ("SNOMED", r"^\d{6,18}$"), ("ICD10", r"^[A-Z]\d\d(\.?[0-9A-Z]{1,4})?$"))
_NUMBER = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True)
class Known:
    """What rows of every event table are held against: people, concepts, visits with a bed and when each is coded."""

    people: pa.Array
    concepts: Concepts
    admitted: pa.Array
    coded: pa.Array


def _codes(batch: Batch, of: Table, concepts: Concepts) -> pa.Array:
    """The code of each row: by the source concept, by the shape of the source's own code, by the standard concept; but
    whichever of them is sensitive first, so that the rules on sensitive codes meet it.

    The same three come again and again, so each combination is looked up once.
    """
    own = pc.replace_substring_regex(trimmed(batch.table[of.source[0]]), r"^(\d{6,18})\.0$", r"\1")
    columns = (own, ids(batch, of.source[1]), ids(batch, f"{of.concept}_concept_id"))
    coded = [column.combine_chunks().dictionary_encode() for column in columns]
    key = np.zeros(len(batch), np.int64)
    for one in coded:
        key = key * (len(one.dictionary) + 1) + pc.fill_null(one.indices, len(one.dictionary)).to_numpy()
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    once = [one.take(pa.array(first)).dictionary_decode() for one in coded]
    return _looked_up(concepts, *once).take(pa.array(row))


def _looked_up(concepts: Concepts, own: pa.Array, source: pa.Array, standard: pa.Array) -> pa.Array:
    found = [concepts.names(source)]
    for system, shape in _SHAPES:
        fits = pc.match_substring_regex(own, shape)
        found.append(pc.if_else(fits, pc.binary_join_element_wise(system, own, ":"), None))
    found.append(concepts.names(standard))
    found.append(pc.if_else(pc.equal(standard, "0"), None, pc.binary_join_element_wise("OMOP", standard, ":")))
    secret = pa.array(sorted(sensitive(code for codes in found for code in codes.to_pylist())), pa.string())
    kept_out = [pc.if_else(pc.is_in(codes, value_set=secret), codes, None) for codes in found]
    return pc.coalesce(*kept_out, *found)


def _numbers(written: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers with a decimal point, to the last digit; null for anything else and beyond what a double holds."""
    written = pc.utf8_trim_whitespace(written)
    found = pc.if_else(pc.match_substring_regex(written, _NUMBER), written, None).cast(pa.float64())
    return pc.if_else(pc.is_finite(found), found, None)


def write_events(batch: Batch, of: Table, held: Known, draft: Draft, tally: Tally) -> None:
    table, nothing = batch.table, pa.nulls(len(batch), pa.string())
    who, when, code = ids(batch, "person_id"), time(table, *of.times), _codes(batch, of, held.concepts)
    written = table[of.value] if of.value else pa.chunked_array([nothing])
    value = _numbers(written)
    rules = [
        ("unknown person", _truth(pc.is_in(who, value_set=held.people))),
        ("no time that can be read", known(when)),
        ("no code", _truth(pc.is_valid(code))),
        (f"{of.value} is not a number", _truth(pc.or_(pc.is_valid(value), pc.is_null(written)))),
    ]
    kept = pa.array(tally.passed(batch, rules))
    codes = code.filter(kept)
    for pair in pc.value_counts(codes).to_pylist():
        tally.codes[pair["values"]] += pair["counts"]
    admission = pc.index_in(ids(batch, "visit_occurrence_id"), value_set=held.admitted)
    draft.add(
        "events",
        resident_id=who.filter(kept),
        time=pa.array(when).filter(kept),
        code=codes,
        value=value.filter(kept),
        unit=(table[of.unit] if of.unit else nothing).filter(kept),
        recorded_at=(held.coded.take(admission) if of is CONDITIONS else nothing).filter(kept),
        source=pc.if_else(pc.is_valid(admission), "hospital", "gp").filter(kept),
        record_id=pc.binary_join_element_wise(of.name, ids(batch, of.id), who, ":").filter(kept),
    )


def _truth(mask: pa.ChunkedArray | pa.Array) -> np.ndarray:
    return mask.to_numpy(zero_copy_only=False)
