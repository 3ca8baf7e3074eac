"""Concepts and mapped codes: what the lists say, and that they say it once."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from features.codelists import Concept, concepts, resolve
from features.codelists.document import markdown
from features.codelists.maps import Entry, entries
from features.codelists.matching import matcher
from features.codelists.rows import normalise, unique

DOCS = Path(__file__).parents[2] / "docs"


def test_concepts_carry_their_unit_and_limits():
    assert concepts()["news2"] == Concept(
        "news2", "NEWS2 score", "measure", "score", 0.0, 20.0, "care_record", "aggregate score (RCP 2017)"
    )
    assert concepts()["gp_contact"].low is None
    assert all(c.low < c.high for c in concepts().values() if c.low is not None)


def test_concepts_cannot_be_changed_by_a_reader():
    with pytest.raises(TypeError):
        concepts()["fall"] = None


def test_every_measure_has_a_unit_and_both_limits():
    for concept in concepts().values():
        assert (concept.low is None) == (concept.high is None), concept.code
        if concept.kind.endswith("measure"):
            assert concept.unit, concept.code
            assert concept.low is not None, concept.code


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="concept 'fall' stands twice"):
        unique(["fall", "news2", "fall"], "concept")


def test_every_mapped_concept_exists_and_no_code_is_mapped_twice():
    assert {e.concept for e in entries()} <= set(concepts())
    assert {e.match for e in entries()} == {"exact", "prefix"}
    assert all(e.source for e in entries())
    assert max(Counter((e.system, normalise(e.code), e.match) for e in entries()).values()) == 1


MEMBERS = {
    "fall": "fall",
    "ICD10:F03": "dementia",
    "ICD10:F03X": "dementia",
    "icd10:f00.1": "dementia",
    "ICD10CM:G30.9": "dementia",
    "ICD10:F051": "delirium",
    "ICD10:J449": "copd",
    "ICD10:J189": "chest_infection",
    "ICD10:I110": "heart_failure",
    "ICD10:C509": "cancer",
    "ICD10:M800": "fragility_fracture",
    "ICD10:M819": "osteoporosis",
    "ICD10:W190": "fall",
    "ICD9:29040": "dementia",
    "ICD9:294.1": "dementia",
    "ICD9:33182": "dementia",
    "ICD9:49121": "copd",
    "ICD9:4280": "heart_failure",
    "ICD9:40291": "heart_failure",
    "ICD9CM:250.00": "diabetes",
    "ICD9:1749": "cancer",
    "ICD9:E8889": "fall",
    "SNOMED:217082002": "fall",
    "SCT:161898004": "fall",
    "SNOMED:1104051000000101": "news2",
    "SNOMED:1011481000000105": "egfr",
    "SNOMED:1000661000000107": "sodium",
    "SNOMED:999791000000106": "hba1c",
    "SNOMED:1022431000000105": "haemoglobin",
    "SNOMED:1001371000000100": "crp",
    "SNOMED:763264000": "cfs",
    "SNOMED:719329004": "pharmacist_review",
    "SNOMED:1239511000000100": "structured_medication_review",
    "SNOMED:1382601000000107": "respect_form",
    "SNOMED:714748000": "advance_care_plan",
    "SNOMED:526631000000108": "end_of_life_register",
    "SNOMED:871021000000106": "anticipatory_medicines",
    "SNOMED:1324681000000101": "covid_vaccine",
    "SNOMED:86198006": "flu_vaccine",
    "SNOMED:12866006": "pneumococcal_vaccine",
    "SNOMED:1303503001": "rsv_vaccine",
    "SNOMED:22298006": "ischaemic_heart_disease",
    "SNOMED:56267009": "dementia",
    "SNOMED:83468000": "fall",
    "SNOMED:44653001": "skin_infection",
    "SNOMED:130987000": "delirium",
    "OPCS4:M47.2": "catheter_change",
    "OPCS4:G445": "feeding_tube",
    "LOINC:59261-8": "hba1c",
    "LOINC:98979-8": "egfr",
    "LOINC:72514-3": "pain_score",
    "ICD10:L024": "skin_infection",
    "LOINC:8480-6": "systolic_bp",
    "DMD:321589009": "antipsychotic",
    "DMD:4559111000001109": "antipsychotic",
    "BNF:0501": "antibiotic",
    "BNF:0501013B0AAAAAA": "antibiotic",
    "BNF:0402010AD": "antipsychotic",
    "BNF:0407010F0BSAAAH": "opioid",
    "BNF:0601012V0": "insulin",
    "BNF:0601021M0": "sulfonylurea",
}
NON_MEMBERS = {
    "Fall": "names of concepts are written as they stand",
    "fallen": "no such concept",
    "ICD10:": "no code",
    "ICD10:F0": "shorter than any beginning in the list",
    "ICD10:I10": "hypertension without heart failure",
    "ICD10:C443": "skin cancer other than melanoma",
    "ICD10:G459": "a transient attack is no stroke",
    "ICD10:R296": "a tendency to fall is no fall",
    "ICD9:4019": "hypertension without heart failure",
    "ICD9:40200": "hypertensive heart disease without failure",
    "ICD9:1739": "skin cancer other than melanoma",
    "ICD9:E887": "fracture of unknown cause",
    "ICD9:294.8": "other organic disorder",
    "SNOMED:2170820021": "a SNOMED code is never a beginning",
    "SNOMED:430576002": "at risk of injury from a fall",
    "SNOMED:1104301000000104": "the respiratory part of NEWS2 is a score and no rate",
    "SNOMED:1019431000000105": "HbA1c in per cent, not in mmol/mol",
    "SNOMED:279992002": "recurrent falls are a history and not one fall",
    "SNOMED:266257000": "a transient attack is no stroke",
    "OPCS4:M473": "the removal of a catheter has no value that turns the state off",
    "OPCS4:M479": "a catheterisation may last an hour",
    "LOINC:4548-4": "HbA1c in per cent, not in mmol/mol",
    "LOINC:718-7": "haemoglobin in g/dl, not in g/l",
    "BNF:0601022B0": "metformin is no sulfonylurea",
    "BNF:0601013": "needles are no insulin",
    "BNF:0402030K0": "lithium is no antipsychotic",
    "BNF:0407010H0": "paracetamol alone is no opioid",
    "READ:H3": "an unknown system",
    "DMD:322149009": "prochlorperazine is given for sickness",
}


@pytest.mark.parametrize(("code", "concept"), MEMBERS.items())
def test_known_codes_name_their_concept(code, concept):
    assert resolve([code]) == {code: concept}


@pytest.mark.parametrize("code", NON_MEMBERS, ids=lambda code: f"{code} ({NON_MEMBERS[code]})")
def test_codes_the_lists_leave_out_stay_unknown(code):
    assert resolve([code]) == {code: None}


def test_a_whole_code_beats_a_beginning_and_the_longest_beginning_wins():
    rows = [("F051", "exact", "dementia"), ("F", "prefix", "depression"), ("F05", "prefix", "delirium")]
    listed = matcher((Entry("ICD10", code, match, concept, "", "") for code, match, concept in rows), "code")
    codes = ["ICD10:F051", "ICD10:F0510", "ICD10:F05", "ICD10:F32"]
    assert [listed.row(code).concept for code in codes] == ["dementia", "delirium", "delirium", "depression"]
    assert listed.row("ICD10:G30") is None


def test_a_code_that_stands_twice_in_a_list_is_refused():
    rows = (Entry("ICD10", "F05", match, "delirium", "", "") for match in ("exact", "prefix"))
    with pytest.raises(ValueError, match="mapped code 'ICD10:F05' stands twice"):
        matcher(rows, "mapped code")


def test_distinct_codes_of_an_arrow_column_are_resolved_once_and_nulls_are_left_out():
    codes = pa.chunked_array([pa.array(["fall", "ICD10:F03", None]), pa.array(["fall", "X:1"])])
    assert resolve(codes) == {"fall": "fall", "ICD10:F03": "dementia", "X:1": None}


def test_the_page_of_codes_is_the_one_the_lists_render():
    assert (DOCS / "codes.md").read_text(encoding="utf-8") == markdown()
