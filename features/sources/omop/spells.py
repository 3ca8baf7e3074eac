"""Admissions with their diagnoses as spells."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...history import Lags
from ..draft import Draft
from ..tables import Source
from ..tally import Tally
from .fields import ids, trimmed

_PRIMARY = "32902"  # condition status: primary diagnosis
_LAST = pd.Timestamp("9999-12-31", tz="UTC")  # of what a date can be
_ICD10 = r"^[A-Z][0-9][0-9A-Z]{1,4}$"


def write_spells(source: Source, admissions: pd.DataFrame, draft: Draft, tally: Tally) -> None:
    """A spell of each admission that is not part of another; diagnoses of the parts are those of the spell."""
    primary, others = _diagnoses(source, admissions, tally)
    admissions = admissions[admissions["spell"] == admissions["visit_occurrence_id"]]
    visit = admissions["spell"]
    draft.add(
        "spells",
        spell_id=pa.array(visit),
        resident_id=pa.array(admissions["person_id"]),
        admitted_at=pa.array(admissions["start"]),
        discharged_at=pa.array(admissions["end"]),
        admission_method=pa.array(admissions["method"]),
        primary_diagnosis=pa.array(visit.map(primary).astype(object), pa.string(), from_pandas=True),
        secondary_diagnoses=pa.array(visit.map(others).astype(object), pa.string(), from_pandas=True),
        discharge_destination=pa.array(
            admissions["discharged_to_source_value"].fillna(admissions["discharge_to_source_value"])
        ),
        provider=pa.array(admissions["care_site_id"]),
    )


def coded(admissions: pd.DataFrame) -> pd.Series:
    """When the diagnoses of each admission's spell are known, with the lag that stands in for the coding of a spell."""
    known = admissions["end"].fillna(admissions["start"]) + pd.Timedelta(days=Lags().coding)
    known = known.where(known < _LAST, _LAST).set_axis(admissions["visit_occurrence_id"])
    return known.reindex(admissions["spell"])


def _diagnoses(source: Source, admissions: pd.DataFrame, tally: Tally) -> tuple[pd.Series, pd.Series]:
    """ICD-10 codes of each spell: the primary, and the others joined by `;`. Other code systems are not carried."""
    wanted = pa.array(admissions["visit_occurrence_id"])
    columns = ("visit_occurrence_id", "condition_source_value", "condition_status_concept_id")
    quiet, found = Tally(), []
    for batch in source.batches("condition_occurrence", columns, quiet):
        visit = ids(batch, "visit_occurrence_id")
        code = pc.utf8_upper(pc.replace_substring(trimmed(batch.table["condition_source_value"]), ".", ""))
        other = pc.fill_null(pc.not_equal(ids(batch, "condition_status_concept_id"), _PRIMARY), True)
        fits = pc.and_(pc.is_in(visit, value_set=wanted), pc.fill_null(pc.match_substring_regex(code, _ICD10), False))
        found.append(pa.table({"visit": visit, "code": code, "other": other}).filter(fits).to_pandas())
    rows = pd.concat(found) if found else pd.DataFrame(columns=["visit", "code", "other"])
    rows["spell"] = rows["visit"].map(admissions.set_index("visit_occurrence_id")["spell"])
    rows = rows.sort_values("other", kind="stable")
    groups = rows.drop_duplicates(["spell", "code"]).groupby("spell")["code"]
    if len(admissions) and not len(rows):
        tally.notes.append("no admission has a diagnosis in ICD-10: outcomes that need one will find nothing")
    return groups.first(), groups.apply(lambda codes: ";".join(codes.iloc[1:]) or None)
