"""Every code of the lists looks like a code of its system, stands once, and hides no other row unsaid."""

import re

import pytest

from features.codelists.anticholinergic import Scored, scored
from features.codelists.maps import Entry, entries
from features.codelists.matching import matcher
from features.codelists.rows import normalise
from features.codelists.sensitive import Exclusion, exclusions

Row = Entry | Exclusion | Scored
ROWS: tuple[Row, ...] = (*entries(), *exclusions(), *scored())
# How much of a code a row must give: systems without a hierarchy in the code are never beginnings.
SHAPES = {
    "ICD10": r"[A-Z]\d[0-9A-Z]{0,5}",
    "ICD9": r"(\d{2,5}|E\d{3,4})",
    "OPCS4": r"[A-HJ-Z]\d{2}[0-9]?",
    "BNF": r"\d{4}(\d{2})?(\d[A-Z0-9]{0,2})?",
    "SNOMED": r"[1-9]\d{5,17}",
    "DMD": r"[1-9]\d{5,17}",
    "LOINC": r"[1-9]\d{0,6}-\d",
}
WHOLE = {"SNOMED", "DMD", "LOINC"}


def meaning(row: Row) -> str:
    if isinstance(row, Scored):
        return row.drug
    return row.concept if isinstance(row, Entry) else row.reason


def shadows(rows: tuple[Row, ...]) -> list[tuple[Row, Row]]:
    """(row, the beginning that would take its codes were it not there)."""
    listed = matcher(rows, "code")
    pairs = []
    for row in rows:
        code = normalise(row.code)
        ends = range(len(code) - (row.match == "prefix"), 0, -1)
        above = (listed.prefix.get((row.system, code[:end])) for end in ends)
        pairs += [(row, found) for found in above if found is not None][:1]
    return pairs


@pytest.mark.parametrize("system", SHAPES)
def test_codes_have_the_shape_of_their_system(system):
    rows = [row for row in ROWS if row.system == system]
    assert rows
    assert [row.code for row in rows if not re.fullmatch(SHAPES[system], row.code)] == []
    if system in WHOLE:
        assert {row.match for row in rows} == {"exact"}


def test_no_row_is_of_a_system_without_a_shape():
    assert {row.system for row in ROWS} == set(SHAPES)


@pytest.mark.parametrize("rows", [entries(), exclusions(), scored()], ids=["maps", "sensitive", "acb"])
def test_no_row_says_again_what_a_shorter_beginning_says(rows):
    assert [row.code for row, above in shadows(rows) if meaning(row) == meaning(above)] == []


def test_a_row_that_takes_codes_from_a_beginning_of_another_concept_says_why():
    assert [row.code for row, above in shadows(entries()) if meaning(row) != meaning(above) and not row.note] == []


def test_snomed_codes_pass_their_check_digit():
    # The Verhoeff digit of every SNOMED CT identifier, which those of dm+d are: a misprint in the list cannot pass.
    assert [row.code for row in ROWS if row.system in ("SNOMED", "DMD") and verhoeff(row.code)] == []
    assert verhoeff("217082003")


def test_snomed_codes_are_concepts_and_no_descriptions():
    # The second and third digit from the right: 00 a concept of the international release, 10 one of an extension.
    assert {row.code[-3:-1] for row in ROWS if row.system == "SNOMED"} <= {"00", "10"}


def test_loinc_codes_pass_their_check_digit():
    assert [row.code for row in ROWS if row.system == "LOINC" and luhn(row.code)] == []
    assert luhn("8480-7")


def verhoeff(code: str) -> int:
    """The checksum over the dihedral group of ten elements; 0 for a sound code."""
    check = 0
    for place, digit in enumerate(map(int, reversed(code))):
        for _ in range(place % 8):
            digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
        check = dihedral(check, digit)
    return check


def dihedral(a: int, b: int) -> int:
    turned = (a + b) % 5 if a < 5 else (a - b) % 5
    return turned + 5 * ((a < 5) != (b < 5))


def luhn(code: str) -> int:
    digits = [int(c) for c in reversed(code.replace("-", ""))]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10
