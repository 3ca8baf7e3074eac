"""Conditions, drugs, measurements, observations and procedures as events."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...coerce import converted
from ..draft import Draft
from ..tables import Folder
from ..tally import Batch, Tally
from .fields import ids, known, time


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


def read_concepts(folder: Folder, tally: Tally) -> pd.Series:
    """`VOCABULARY:code` by concept id, from the concept table where there is one."""
    parts = []
    for batch in folder.batches("concept", ("concept_id", "vocabulary_id", "concept_code"), tally):
        table = batch.table.to_pandas()
        table = table[(table["concept_id"] != "0") & table["concept_code"].notna()]
        parts.append(pd.Series((table["vocabulary_id"] + ":" + table["concept_code"]).to_numpy(), table["concept_id"]))
    return pd.concat(parts) if parts else pd.Series(dtype=object)


def _codes(table: pa.Table, of: Table, names: pd.Series) -> pd.Series:
    """The code of each row: by the source concept, by the shape of the source's own code, by the standard concept."""
    text = {name: ids(table[name]).to_pandas() for name in (*of.source, f"{of.concept}_concept_id")}
    own = text[of.source[0]]
    code = text[of.source[1]].map(names)
    for system, shape in _SHAPES:
        fits = code.isna() & own.str.fullmatch(shape).fillna(False).astype(bool)
        code = code.mask(fits, system + ":" + own.astype(str))
    standard = text[f"{of.concept}_concept_id"]
    code = code.fillna(standard.map(names))
    return code.fillna(("OMOP:" + standard).mask(standard.isna() | (standard == "0")))


def write_events(
    batch: Batch, of: Table, people: pd.DataFrame, names: pd.Series, inside: pa.Array, draft: Draft, tally: Tally
) -> None:
    table = batch.table
    who, when, code = ids(table["person_id"]), time(table, *of.times), _codes(table, of, names)
    value = converted(table[of.value], "number") if of.value else pa.chunked_array([pa.nulls(len(table), pa.float64())])
    wrong = pc.and_(pc.is_null(value), pc.is_valid(table[of.value])) if of.value else None
    rules = [
        ("unknown person", pc.is_in(who, value_set=pa.array(people["person_id"])).to_numpy(zero_copy_only=False)),
        ("no time that can be read", known(when)),
        ("no code", known(code)),
    ]
    if wrong is not None:
        rules.append((f"{of.value} is not a number", ~wrong.to_numpy(zero_copy_only=False)))
    kept = pa.array(tally.passed(batch, rules))
    codes = pa.array(code, pa.string(), from_pandas=True).filter(kept)
    for pair in pc.value_counts(codes).to_pylist():
        tally.codes[pair["values"]] += pair["counts"]
    in_hospital = pc.is_in(ids(table["visit_occurrence_id"]), value_set=inside)
    draft.add(
        "events",
        resident_id=who.filter(kept),
        time=pa.array(when).filter(kept),
        code=codes,
        value=value.filter(kept),
        unit=(table[of.unit] if of.unit else pa.chunked_array([pa.nulls(len(table), pa.string())])).filter(kept),
        source=pc.if_else(in_hospital, "hospital", "gp").filter(kept),
        record_id=pc.binary_join_element_wise(of.name, ids(table[of.id]), ":").filter(kept),
    )
