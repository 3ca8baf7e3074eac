"""Assurance cases: those of the examples hold, and a wrong expectation is found."""

from dataclasses import replace
from pathlib import Path

import pytest

from features.assurance_cases import cases_digest, confirm, load, verify
from features.problems import HeldBack, HistoryError

CASES = Path(__file__).parents[2] / "examples" / "assurance"
GRACE = 6 * 3600 * 1_000_000
GOOD = """
name = "one fall"
as_of = 2026-03-02
[[residents]]
resident_id = "r1"
date_of_birth = 1938-07-14
sex = "F"
[[stays]]
resident_id = "r1"
moved_in = 2025-01-06
[[events]]
resident_id = "r1"
time = 2026-02-24T15:05:00
recorded_at = 2026-02-24T16:00:00
code = "fall"
[expected]
fall_count_28 = 1
news2_last_7 = "missing"
"""


def cases(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load(folder)


def mistakes(folder, **texts):
    with pytest.raises(HistoryError) as refused:
        cases(folder, **texts)
    return {(p.table, p.column): p for p in refused.value.problems}


def test_the_cases_of_the_examples_hold():
    found = load(CASES)
    assert len(found) >= 8
    assert verify(found, grace=GRACE) == ()


def test_every_example_says_what_it_expects_and_why():
    for path in CASES.glob("*.toml"):
        assert path.read_text(encoding="utf-8").startswith("# "), path.name


def test_a_wrong_expectation_is_a_problem_that_names_both_values(tmp_path):
    (case,) = cases(tmp_path, one=GOOD.replace("fall_count_28 = 1", "fall_count_28 = 2"))
    (problem,) = verify([case], grace=GRACE)
    assert (problem.table, problem.column, problem.severity) == ("assurance/one", "fall_count_28", "error")
    assert problem.rule == "is 1, expected 2"
    assert problem.example == "one fall"


@pytest.mark.parametrize(
    ("feature", "expected", "says"),
    [
        ("fall_count_28", None, "is 1, expected missing"),
        ("news2_last_7", 0.0, "is missing, expected 0"),
    ],
)
def test_missing_is_no_number_and_no_number_is_missing(feature, expected, says, tmp_path):
    (case,) = cases(tmp_path, one=GOOD)
    (problem,) = verify([replace(case, expected={feature: expected})], grace=GRACE)
    assert problem.rule == says


def test_what_a_case_expects_moves_with_what_was_known(tmp_path):
    late = GOOD.replace("recorded_at = 2026-02-24T16:00:00", "recorded_at = 2026-03-02T05:00:00")
    (case,) = cases(tmp_path, one=late)
    assert verify([case], grace=GRACE) == ()
    assert [p.column for p in verify([case], grace=0)] == ["fall_count_28"]


def test_a_resident_who_is_not_on_the_panel_is_a_problem(tmp_path):
    gone = GOOD.replace("moved_in = 2025-01-06", "moved_in = 2026-03-09")
    (problem,) = verify(cases(tmp_path, one=gone), grace=GRACE)
    assert "r1 is not on the panel of 2026-03-02" in problem.rule


def test_with_several_residents_the_case_says_which_one_is_looked_at(tmp_path):
    other = '\n[[residents]]\nresident_id = "r0"\ndate_of_birth = 1940-01-01\nsex = "M"\n'
    other += '[[stays]]\nresident_id = "r0"\nmoved_in = 2025-01-06\n[expected]'
    text = 'resident = "r0"' + GOOD.replace("[expected]", other).replace("fall_count_28 = 1", "fall_count_28 = 0")
    assert verify(cases(tmp_path, one=text), grace=GRACE) == ()


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path):
    found = mistakes(
        tmp_path,
        a_toml="name = ",
        b_head=GOOD.replace("2026-03-02\n", "2026-03-03\n").replace('name = "one fall"', "nam = 1"),
        c_names=GOOD.replace("fall_count_28", "falls_count_28").replace('"missing"', '"none"'),
        d_rows=GOOD.replace("[[events]]", "[[event]]"),
        e_codes=GOOD.replace('code = "fall"', 'code = "fal"').replace("recorded_at", "recordedat"),
        f_values=GOOD.replace('sex = "F"', 'sex = "W"').replace("1938-07-14", '"14 July"'),
        g_good=GOOD,
    )
    assert set(found) == {
        ("assurance/a_toml", ""),
        ("assurance/b_head", "nam"),
        ("assurance/b_head", "name"),
        ("assurance/b_head", "as_of"),
        ("assurance/c_names", "falls_count_28"),
        ("assurance/c_names", "expected.news2_last_7"),
        ("assurance/d_rows", "event"),
        ("assurance/e_codes", "events.code"),
        ("assurance/e_codes", "events.recordedat"),
        ("assurance/f_values", "residents.sex"),
        ("assurance/f_values", "residents.date_of_birth"),
    }
    assert "'fall_count_28'" in found["assurance/c_names", "falls_count_28"].hint
    assert "'events'" in found["assurance/d_rows", "event"].hint
    assert "'fall'" in found["assurance/e_codes", "events.code"].hint
    assert "'recorded_at'" in found["assurance/e_codes", "events.recordedat"].hint


@pytest.mark.parametrize(
    ("change", "to", "column"),
    [
        ("[[residents]]", "[residents]", "residents"),
        ("[expected]", "[hoped]", "expected"),
        ('name = "one fall"', 'name = "one fall"\nresident = "r7"', "resident"),
        ('[[stays]]\nresident_id = "r1"', '[[stays]]\nresident_id = "r2"', "stays.resident_id"),
    ],
)
def test_a_case_that_cannot_be_tried_is_refused(change, to, column, tmp_path):
    assert ("assurance/one", column) in mistakes(tmp_path, one=GOOD.replace(change, to))


def test_a_folder_is_confirmed_or_holds_the_lists_back_with_every_difference(tmp_path):
    cases(tmp_path, a=GOOD, b=GOOD)
    assert confirm(tmp_path, grace=GRACE) == 4
    (tmp_path / "b.toml").write_text(GOOD.replace("count_28 = 1", "count_28 = 3").replace('"missing"', "2"))
    with pytest.raises(HeldBack) as held:
        confirm(tmp_path, grace=GRACE)
    assert [r.split(":")[0] for r in held.value.reasons] == ["assurance/b.fall_count_28", "assurance/b.news2_last_7"]


def test_no_folder_and_an_empty_one_confirm_nothing(tmp_path):
    assert load(tmp_path) == ()
    assert confirm("", grace=GRACE) == confirm(tmp_path, grace=GRACE) == 0


def test_the_digest_changes_with_any_case_and_not_with_the_folder(tmp_path):
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        cases(tmp_path / name, a=GOOD)
    before = cases_digest(tmp_path / "x")
    assert before == cases_digest(tmp_path / "y") != cases_digest("") == ""
    cases(tmp_path / "x", b=GOOD)
    assert cases_digest(tmp_path / "x") != before
