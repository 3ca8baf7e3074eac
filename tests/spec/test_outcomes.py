"""What happened in the 28 days after a Monday, as it was known at the cut-off."""

from datetime import date

import numpy as np
import pytest
from histories import RESIDENT, STAY, history_of
from look import GRACE

from features.build import labelled, panel_of, prepare
from features.codelists import definition
from features.matrix import Matrix
from features.outcomes import State, outcomes
from features.records import by_entity
from features.relabel import outcomes_of, relabelled

MONDAY = date(2025, 6, 9)  # the horizon ends on Monday 7 July
SPELL = {"spell_id": "s1", "resident_id": "r1", "admission_method": "21", "primary_diagnosis": "J189"}


def found(path, *, outcome="iau_2019", known_before=date(2026, 1, 1), **tables):
    history = history_of(path, **tables)
    panel = panel_of(prepare(history), [MONDAY], grace=GRACE)
    return outcomes(history, panel, definition(outcome), horizon_days=28, delay_days=42, known_before=known_before)


def state(path, **given):
    return State(found(path, **given).state[0]).name


def spell(admitted="2025-06-20", **rest):
    known = {"recorded_at": admitted, "coded_at": "2025-08-01"}
    return SPELL | {"admitted_at": admitted} | known | rest


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        ([], "NONE"),
        ([spell()], "ADMITTED"),
        ([spell("2025-06-09T00:00")], "ADMITTED"),  # [t, t + 28 days)
        ([spell("2025-06-08T23:59")], "NONE"),
        ([spell("2025-07-06T23:59")], "ADMITTED"),
        ([spell("2025-07-07T00:00")], "NONE"),
        ([spell(admission_method="2B")], "NONE"),  # a transfer goes on with an admission
        ([spell(admission_method="11")], "NONE"),
        ([spell(primary_diagnosis="C50")], "NONE"),
        ([spell(coded_at="2026-01-01")], "NONE"),  # uncoded at the cut-off is not avoidable
        ([spell(recorded_at="2026-01-01")], "NONE"),
        ([spell(), spell(recorded_at="2025-09-01", retracted=True)], "NONE"),
        ([spell(), spell(recorded_at="2025-09-01", primary_diagnosis="C50")], "NONE"),
        ([spell(), spell(recorded_at="2026-02-01", primary_diagnosis="C50")], "ADMITTED"),  # corrected too late
    ],
)
def test_admissions(tmp_path, spells, expected):
    assert state(tmp_path, spells=spells) == expected


def test_uncoded_admissions_are_counted_and_needed_by_no_broader_outcome(tmp_path):
    uncoded = [spell(primary_diagnosis=None, coded_at=None)]
    assert found(tmp_path / "a", spells=uncoded).uncoded == 1
    broad = found(tmp_path / "b", spells=uncoded, outcome="all_emergency")
    assert (State(broad.state[0]).name, broad.uncoded) == ("ADMITTED", 0)


@pytest.mark.parametrize(
    ("died_on", "spells", "expected"),
    [
        ("2025-06-15", [], "DIED_FIRST"),
        ("2025-06-25", [spell()], "ADMITTED"),
        ("2025-06-15", [spell()], "DIED_FIRST"),
        ("2025-07-07", [], "NONE"),
        ("2025-06-05", [], "DIED_BEFORE"),
    ],
)
def test_deaths(tmp_path, died_on, spells, expected):
    person = RESIDENT | {"died_on": died_on, "died_recorded_at": "2025-09-01"}
    assert state(tmp_path, residents=[person], spells=spells) == expected


def left(on, told="2025-07-20"):
    return STAY | {"moved_out": on, "moved_out_recorded_at": told}


SAME_DAY = {"resident_id": "r1", "time": "2025-06-12", "code": "sdec_attendance", "recorded_at": "2025-06-12"}


@pytest.mark.parametrize(
    ("stays", "spells", "expected"),
    [
        ([left("2025-06-15")], [], "LEFT"),
        ([left("2025-06-15")], [spell("2025-06-12")], "ADMITTED"),
        # Of those who left, only admissions would be heard of: keeping them keeps positives alone.
        ([left("2025-06-15")], [spell("2025-06-20")], "LEFT"),
        ([left("2025-07-08")], [], "NONE"),
        ([left("2025-06-15", "2026-02-01")], [], "NONE"),  # not known at the cut-off
        ([left("2025-06-15"), STAY | {"moved_in": "2025-06-20", "recorded_at": "2025-06-20"}], [], "NONE"),
    ],
)
def test_leaving_every_home(tmp_path, stays, spells, expected):
    assert state(tmp_path, stays=stays, spells=spells) == expected


def test_same_day_care_is_a_state_of_its_own(tmp_path):
    assert state(tmp_path / "a", events=[SAME_DAY]) == "SAME_DAY_CARE"
    assert state(tmp_path / "b", events=[SAME_DAY], spells=[spell()]) == "ADMITTED"


def test_same_day_care_corrected_into_something_else_was_none(tmp_path):
    first = SAME_DAY | {"record_id": "a"}
    assert state(tmp_path, events=[first, first | {"code": "gp_visit", "recorded_at": "2025-07-01"}]) == "NONE"


@pytest.mark.parametrize(("cut", "expected"), [(date(2025, 8, 18), "NONE"), (date(2025, 8, 17), "NOT_YET_KNOWN")])
def test_one_rule_of_maturity(tmp_path, cut, expected):
    assert state(tmp_path, known_before=cut) == expected


def test_only_usable_rows_have_a_label(tmp_path):
    rows = {"residents": [RESIDENT | {"died_on": "2025-06-05", "died_recorded_at": "2025-09-01"}]}
    assert found(tmp_path / "a", spells=[spell()]).label.tolist() == [1.0]
    assert found(tmp_path / "b").label.tolist() == [0.0]
    assert np.isnan(found(tmp_path / "c", **rows).label).all()


def test_deaths_of_others_are_not_one_s_own(tmp_path):
    """Tables name more people than a block may hold: theirs must not fall on whoever stands last in it."""
    history = history_of(tmp_path, residents=[RESIDENT, RESIDENT | {"resident_id": "r2"}])
    ids = history["residents"]["resident_id"]
    assert by_entity(np.array([1, 2]), ids, ids.slice(0, 1).combine_chunks(), 0).tolist() == [1]


@pytest.mark.parametrize(
    ("tables", "days"),
    [
        ({"spells": [spell("2025-06-20T12:00")]}, 11.5),
        ({}, 28.0),
        ({"residents": [RESIDENT | {"died_on": "2025-06-15", "died_recorded_at": "2025-09-01"}]}, 6.0),
        ({"stays": [left("2025-06-15")]}, 6.0),
        ({"stays": [left("2025-06-05")]}, np.nan),  # gone before t, told later
        ({"residents": [RESIDENT | {"died_on": "2025-06-05", "died_recorded_at": "2025-09-01"}]}, np.nan),
        ({"known_before": date(2025, 8, 17)}, np.nan),
    ],
)
def test_days_followed(tmp_path, tables, days):
    assert found(tmp_path, **tables).followed_days[0] == pytest.approx(days, nan_ok=True)


def test_other_outcomes_and_horizons_of_the_rows_of_a_matrix(tmp_path):
    """Asking again for the rows of a matrix, in any order, gives what asking for its panel gave."""
    history = history_of(tmp_path, spells=[spell(primary_diagnosis="C50")])
    prepared = prepare(history)
    panel = panel_of(prepared, [MONDAY, date(2025, 6, 16)], grace=GRACE)
    span = {"delay_days": 42, "known_before": date(2026, 1, 1)}
    matrix, _ = labelled(prepared, panel, "iau_2019", horizon_days=28, **span)
    turned = Matrix(matrix.rows.take(np.arange(len(matrix))[::-1]), matrix.X[::-1], matrix.names)
    week = outcomes_of(history, turned.rows, "all_emergency", horizon_days=7, **span)
    month = outcomes_of(history, turned.rows, "all_emergency", horizon_days=28, **span)
    again = relabelled(turned, week, month).rows
    assert again["as_of"].to_pylist() == [date(2025, 6, 16), MONDAY]
    assert (again["label"].to_pylist(), again["any_label"].to_pylist()) == ([1.0, 0.0], [1.0, 1.0])
    assert matrix.rows["label"].to_pylist() == [0.0, 0.0]
    assert again["followed_days"].to_pylist() == [4.0, 7.0]
    assert again.column_names == matrix.rows.column_names
