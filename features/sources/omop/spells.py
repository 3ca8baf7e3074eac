"""Admissions with their diagnoses as spells."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..draft import Draft
from ..tables import Folder
from ..tally import Tally
from .fields import ids

_PRIMARY = "32902"  # condition status: primary diagnosis
_ICD10 = r"^[A-Z][0-9][0-9A-Z]{1,4}$"


def write_spells(folder: Folder, admissions: pd.DataFrame, draft: Draft, tally: Tally) -> None:
    primary, others = _diagnoses(folder, admissions, tally)
    visit = admissions["visit_occurrence_id"]
    draft.add(
        "spells",
        spell_id=pa.array(visit),
        resident_id=pa.array(admissions["person_id"]),
        admitted_at=pa.array(admissions["start"]),
        discharged_at=pa.array(admissions["end"]),
        admission_method=pa.array(admissions["method"]),
        primary_diagnosis=pa.array(visit.map(primary).astype(object), pa.string(), from_pandas=True),
        secondary_diagnoses=pa.array(visit.map(others).astype(object), pa.string(), from_pandas=True),
        discharge_destination=pa.array(admissions["discharged_to_source_value"]),
        provider=pa.array(admissions["care_site_id"]),
    )


def _diagnoses(folder: Folder, admissions: pd.DataFrame, tally: Tally) -> tuple[pd.Series, pd.Series]:
    """ICD-10 codes of each admission: the primary, and the others joined by `;`. Other code systems are not carried."""
    wanted = pa.array(admissions["visit_occurrence_id"])
    columns = ("visit_occurrence_id", "condition_source_value", "condition_status_concept_id")
    quiet, found = Tally(), []
    for batch in folder.batches("condition_occurrence", columns, quiet):
        table = batch.table.filter(pc.is_in(ids(batch.table["visit_occurrence_id"]), value_set=wanted))
        code = pc.utf8_upper(pc.replace_substring(table["condition_source_value"], ".", ""))
        table = table.append_column("code", code).filter(pc.fill_null(pc.match_substring_regex(code, _ICD10), False))
        found.append(table.to_pandas())
    rows = pd.concat(found) if found else pd.DataFrame(columns=[*columns, "code"])
    visit = rows["visit_occurrence_id"].astype(str).str.replace(r"\.0+$", "", regex=True)
    main = rows["condition_status_concept_id"] == _PRIMARY
    rows = rows.assign(visit=visit, other=~main).sort_values("other", kind="stable")
    groups = rows.drop_duplicates(["visit", "code"]).groupby("visit")["code"]
    if len(admissions) and not len(rows):
        tally.notes.append("no admission has a diagnosis in ICD-10: outcomes that need one will find nothing")
    return groups.first(), groups.apply(lambda codes: ";".join(codes.iloc[1:]) or None)
