"""Which group each row is in, as known as of t."""

from collections import Counter
from datetime import date

import numpy as np
import pytest
from histories import HOME, RESIDENT, STAY, history_of
from look import GRACE

from features.build import matrix_of, panel_of, prepare
from features.subgroups import GROUPS, NOT_RECORDED, completeness, ethnic_group, subgroups, subgroups_in, with_subgroups

MONDAY = date(2025, 6, 9)
SEEN = {"resident_id": "r1", "time": "2025-05-01", "code": "gp_contact", "recorded_at": "2025-05-01"}


def groups(path, as_of=MONDAY, *, events=(), **tables) -> dict[str, str]:
    """The groups of the only resident."""
    prepared = prepare(history_of(path, events=[SEEN, *events], **tables))
    (row,) = subgroups(prepared, panel_of(prepared, [as_of], grace=GRACE)).to_pylist()
    return row


def test_every_dimension_has_its_group(tmp_path):
    home = HOME | {"home_type": "nursing", "imd_decile": 2, "beds": 40}
    person = RESIDENT | {"ethnicity": "Black or Black British"}
    stay = STAY | {"funding": "self"}
    told = SEEN | {"code": "dementia"}
    assert groups(tmp_path, homes=[home], residents=[person], stays=[stay], events=[told]) == {
        "sex": "female",
        "age": "85 to 94",
        "ethnicity": "Black",
        "deprivation": "1 (most deprived)",
        "funding": "self-funded",
        "home_type": "nursing",
        "home_size": "40 to 59 beds",
        "dementia": "recorded",
        "learning_disability": NOT_RECORDED,
        "moved_in": "longer ago",
    }


def test_what_is_not_said_is_a_group_of_its_own(tmp_path):
    found = groups(tmp_path)
    silent = ("ethnicity", "deprivation", "funding", "dementia", "learning_disability")
    assert [found[name] for name in silent] == [NOT_RECORDED] * len(silent)


@pytest.mark.parametrize(
    ("column", "table", "given", "group"),
    [
        ("age", "residents", {"date_of_birth": "1960-06-10"}, "under 65"),
        ("age", "residents", {"date_of_birth": "1960-06-01"}, "65 to 74"),
        ("age", "residents", {"date_of_birth": "1930-06-01"}, "95 and over"),
        ("sex", "residents", {"sex": "X"}, "other (X)"),
        ("home_size", "homes", {"beds": 19}, "up to 19 beds"),
        ("home_size", "homes", {"beds": 20}, "20 to 39 beds"),
        ("home_size", "homes", {"beds": 60}, "60 beds or more"),
        ("deprivation", "homes", {"imd_decile": 3}, "2"),
        ("deprivation", "homes", {"imd_decile": 10}, "5 (least deprived)"),
        ("learning_disability", "homes", {"home_type": "learning_disability"}, "recorded, or in a home for it"),
        ("funding", "stays", {"funding": "nhs"}, "NHS"),
        ("moved_in", "stays", {"moved_in": "2025-05-12", "recorded_at": "2025-05-12"}, "within 28 days"),
        ("moved_in", "stays", {"moved_in": "2025-05-11", "recorded_at": "2025-05-12"}, "29 to 91 days ago"),
        ("moved_in", "stays", {"moved_in": "2025-03-10", "recorded_at": "2025-03-10"}, "29 to 91 days ago"),
        ("moved_in", "stays", {"moved_in": "2025-03-09", "recorded_at": "2025-03-10"}, "longer ago"),
    ],
)
def test_edges(tmp_path, column, table, given, group):
    plain = {"homes": HOME, "residents": RESIDENT, "stays": STAY}[table]
    assert groups(tmp_path, **{table: [plain | given]})[column] == group


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("White", "White"),
        ("A", "White"),
        ("C2", "White"),
        ("British or mixed British", "White"),
        ("Mixed - White and Asian", "Mixed"),
        ("Asian or Asian British", "Asian"),
        ("R", "Asian"),
        ("Caribbean", "Black"),
        ("Any other ethnic group", "Other"),
        ("Z", NOT_RECORDED),
        ("99", NOT_RECORDED),
        ("Not stated", NOT_RECORDED),
        ("  ", NOT_RECORDED),
        (None, NOT_RECORDED),
        ("Martian", "recorded, not grouped"),
        ("7", "recorded, not grouped"),
    ],
)
def test_ethnicity_is_grouped_as_in_the_census(text, group):
    assert ethnic_group(text) == group


def test_a_diagnosis_counts_from_when_it_was_known(tmp_path):
    late = SEEN | {"code": "dementia", "time": "2025-05-01", "recorded_at": "2025-06-12"}
    assert groups(tmp_path / "before", events=[late])["dementia"] == NOT_RECORDED
    assert groups(tmp_path / "after", date(2025, 6, 16), events=[late])["dementia"] == "recorded"


def test_funding_is_that_of_the_stay_known_at_the_time(tmp_path):
    moved = STAY | {"moved_in": "2025-06-01", "recorded_at": "2025-06-12", "funding": "nhs"}
    stays = [STAY | {"funding": "self"}, moved]
    assert groups(tmp_path / "before", stays=stays)["funding"] == "self-funded"
    assert groups(tmp_path / "after", date(2025, 6, 16), stays=stays)["funding"] == "NHS"


def test_rows_carry_their_groups_through_file_and_choice(tmp_path):
    people = [RESIDENT | {"resident_id": f"r{i}", "sex": "FM"[i % 2]} for i in range(4)]
    stays = [STAY | {"resident_id": f"r{i}"} for i in range(4)]
    events = [SEEN | {"resident_id": f"r{i}"} for i in range(4)]
    prepared = prepare(history_of(tmp_path / "history", residents=people, stays=stays, events=events))
    panel = panel_of(prepared, [MONDAY], grace=GRACE)
    plain, found = matrix_of(prepared, panel), subgroups(prepared, panel)
    matrix = with_subgroups(plain, found)
    matrix.write(tmp_path / "matrix.parquet")
    again = type(matrix).read(tmp_path / "matrix.parquet")
    assert subgroups_in(again.rows).equals(found)
    assert (*found.column_names, "completeness") == tuple(GROUPS)
    assert again.names == plain.names
    assert np.array_equal(again.X, plain.X, equal_nan=True)
    men = subgroups_in(again.take(np.array([False, True, False, True])).rows)
    assert Counter(men["sex"].to_pylist()) == {"male": 2}


def test_completeness_is_in_fifths_of_the_rows_and_equals_stay_together():
    X = np.where(np.arange(20) < np.arange(10)[:, None], np.nan, np.float32(0))
    assert completeness(X).tolist() == [GROUPS["completeness"][f] for f in (4, 4, 3, 3, 2, 2, 1, 1, 0, 0)]
    assert set(completeness(np.zeros((7, 3), np.float32))) == {"1 (least complete)"}
