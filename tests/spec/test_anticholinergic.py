"""Scores on the Anticholinergic Cognitive Burden scale: known medicines by their codes, and what is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.codelists.anticholinergic import burdens, scored

# Presentations as prescribing data write them, with the score of the published scale.
PUBLISHED = {
    "BNF:0403010B0AAAGAG": ("amitriptyline", 3),
    "BNF:0704020J0AAABAB": ("oxybutynin", 3),
    "BNF:0704020AB": ("solifenacin", 3),
    "BNF:040201060AAABAB": ("olanzapine", 3),
    "BNF:0304010G0": ("chlorphenamine", 3),
    "BNF:0408010C0AAAIAI": ("carbamazepine", 2),
    "BNF:0409010B0": ("amantadine", 2),
    "BNF:040201030AAAAAA": ("risperidone", 1),
    "BNF:0202020L0BBAAAA": ("furosemide", 1),
    "BNF:02.08.02.0V0": ("warfarin", 1),
    "BNF:0407010F0AAABAB": ("codeine", 1),
    "bnf:0403030p0": ("paroxetine", 3),
}
WITHOUT = {
    "BNF:0403010B": "shorter than a substance",
    "BNF:0403010": "a paragraph of the BNF and no medicine",
    "BNF:0102000N0": "hyoscine butylbromide does not reach the brain",
    "BNF:1302010D0": "a cream",
    "BNF:0403030Q0": "sertraline is not on the scale",
    "SNOMED:40820003": "another system",
    "0403010B0": "no system",
    "acb_score": "a concept",
}


@pytest.mark.parametrize("code", PUBLISHED)
def test_medicines_have_the_score_of_the_published_scale(code):
    found = burdens([code])[code]
    assert (found.drug, found.score) == PUBLISHED[code]


@pytest.mark.parametrize("code", WITHOUT, ids=lambda code: f"{code} ({WITHOUT[code]})")
def test_other_codes_have_no_score(code):
    assert burdens([code]) == {}


def test_a_drug_has_one_score_whatever_its_form():
    scores = {(row.drug, row.score) for row in scored()}
    assert len({drug for drug, _ in scores}) == len(scores) > 80


def test_forms_of_a_drug_are_the_same_drug():
    assert {row.drug for row in burdens(["BNF:0704020J0", "BNF:0704040G0"]).values()} == {"oxybutynin"}


@given(st.sampled_from(scored()), st.text("ABC0", max_size=6))
def test_every_product_of_a_listed_substance_scores_as_the_substance(row, product):
    assert burdens([f"{row.system}:{row.code}{product}"])[f"{row.system}:{row.code}{product}"] == row
