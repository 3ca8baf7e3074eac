"""Codes that never enter a history: which they are, by hand-picked examples, and that none of them names a concept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.codelists import resolve, sensitive
from features.codelists.maps import entries
from features.codelists.sensitive import exclusions, is_sensitive

KEPT_OUT = {
    "ICD10:B24": "HIV disease",
    "icd10:b20.6": "written with a dot, in lower case",
    "ICD10CM:Z21": "HIV without symptoms",
    "ICD10:F024": "dementia in HIV disease",
    "ICD10:A539": "syphilis",
    "ICD10:O049": "medical abortion",
    "ICD10:N981": "after artificial fertilisation",
    "ICD10:Z312": "in vitro fertilisation",
    "ICD10:F640": "gender identity",
    "OPCS4:Q131": "transfer of an embryo",
    "OPCS-4:Y96.9": "in vitro fertilisation",
    "OPCS4:Q141": "abortifacient",
    "OPCS4:X151": "operation for sexual transformation",
    "SNOMED:62479008": "AIDS",
    "SCT:76272004": "syphilis",
    "SNOMED:15628003": "gonorrhoea",
    "SNOMED:386639001": "termination of pregnancy",
    "SNOMED:52637005": "in vitro fertilisation",
    "SNOMED:93461009": "gender dysphoria",
}
KEPT = {
    "ICD10:F023": "dementia in Parkinson's disease",
    "ICD10:A65": "syphilis that is not passed on sexually",
    "ICD10:B25": "cytomegaloviral disease",
    "ICD10:O03": "a miscarriage",
    "ICD10:O800": "a birth",
    "ICD10:Z22": "shorter than any beginning in the list",
    "ICD10:": "no code",
    "OPCS4:Q103": "curettage without a pregnancy",
    "OPCS4:M472": "change of a urethral catheter",
    "SNOMED:52448006": "dementia",
    "SNOMED:624790080": "a SNOMED code is never a beginning",
    "B24": "no system",
    "fall": "a concept",
}


@pytest.mark.parametrize("code", KEPT_OUT, ids=lambda code: f"{code} ({KEPT_OUT[code]})")
def test_sensitive_codes_are_known_and_name_no_concept(code):
    assert sensitive([code]) == {code}
    assert resolve([code]) == {code: None}


@pytest.mark.parametrize("code", KEPT, ids=lambda code: f"{code} ({KEPT[code]})")
def test_other_codes_are_kept(code):
    assert sensitive([code]) == frozenset()


def test_nulls_and_repeats_of_a_column_are_taken_as_they_come():
    assert sensitive(["ICD10:B24", None, "fall", "ICD10:B24"]) == {"ICD10:B24"}


def test_every_listed_code_is_kept_out_with_a_reason_and_a_source():
    listed = [f"{row.system}:{row.code}" for row in exclusions()]
    assert sensitive(listed) == set(listed)
    assert all(row.source and row.note for row in exclusions())
    assert {row.reason for row in exclusions()} == {
        "assisted conception",
        "gender reassignment",
        "sexually transmitted infection",
        "termination of pregnancy",
    }


@given(st.sampled_from(exclusions()), st.text("0123456789X", max_size=3))
def test_no_code_under_a_listed_beginning_names_a_concept(row, more):
    code = f"{row.system}:{row.code}{more if row.match == 'prefix' else ''}"
    assert is_sensitive(code)
    assert resolve([code])[code] is None


def test_no_mapped_row_is_itself_kept_out():
    # A whole row under a listed beginning would be a mapping that nothing can ever use.
    assert sensitive(f"{row.system}:{row.code}" for row in entries()) == frozenset()
