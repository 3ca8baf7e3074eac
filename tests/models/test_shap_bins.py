"""SHAP plots tell of many residents at once: counts and means that no resident's row can be read from."""

import csv
from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.matrix import as_of_days
from models.fit import text_column
from models.plots.shap import write_shap_plots
from models.shap_bins import LEAST, Explained, dependence, explained, feature_swarm, group_swarm, joined

GROUPS = {"a": "Falls", "b": "Falls", "c": "Infection"}


def planted(n: int = 400, seed: int = 1) -> Explained:
    """Contributions that are known functions of the values: 2a, -b and 0."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 4, n), rng.normal(size=n), rng.normal(size=n)])
    X[: n // 4, 1] = np.nan
    values = np.column_stack([2 * X[:, 0] - 3, -np.nan_to_num(X[:, 1]), np.zeros(n)])
    return Explained(("a", "b", "c"), GROUPS, X, values, np.array([f"h{i % 9}" for i in range(n)]))


def test_a_planted_contribution_is_found_at_its_value():
    rows = [row for row in dependence(planted()) if row.feature == "a"]
    assert [row.value for row in rows] == [0, 1, 2, 3]
    assert [row.mean for row in rows] == pytest.approx([-3, -1, 1, 3])
    assert all(row.low == pytest.approx(row.high) for row in rows)


def test_each_group_is_told_by_its_leading_feature_and_missing_values_apart():
    found = planted()
    assert list(dict.fromkeys(row.feature for row in dependence(found))) == ["a", "c"]
    only_b = Explained(("b",), GROUPS, found.X[:, [1]], found.values[:, [1]], found.home)
    missing = dependence(only_b)[-1]
    assert np.isnan(missing.value)
    assert (missing.mean, missing.residents) == (0, 100)


def test_swarms_count_everyone_and_colour_by_value():
    found = planted()
    rows = [row for row in feature_swarm(found) if row.feature == "a"]
    assert sum(row.residents for row in rows) == pytest.approx(400, abs=2 * len(rows))
    assert rows == sorted(rows, key=lambda row: row.level)
    order = list(dict.fromkeys(row.group for row in group_swarm(found)))
    assert order == ["Falls", "Infection"]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40).filter(lambda c: sum(c) >= LEAST))
def test_joined_cells_cover_all_and_are_never_small(counts):
    begins = joined(np.array(counts))
    assert begins[0] == 0
    assert all(sum(counts[a:b]) >= LEAST for a, b in zip(begins, [*begins[1:], len(counts)], strict=True))


@given(st.integers(1, 60), st.integers(0, 9))
def test_no_figure_is_of_few_residents_and_no_bound_is_an_outliers(n, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 2)) ** 3
    X = np.where(rng.random((n, 2)) < 0.2, np.nan, rng.normal(size=(n, 2)))
    found = Explained(("a", "c"), GROUPS, X, values, np.array(["h"] * n))
    swarm = [*group_swarm(found), *feature_swarm(found)]
    told = [*swarm, *dependence(found)]
    assert all(row.residents >= 10 or row.residents == 5 * round(LEAST / 5) for row in told)
    assert all(row.residents % 5 == 0 for row in told)
    for row in swarm:
        column = (
            values[:, "ac".index(row.feature)] if row.feature else values[:, ["Falls", "Infection"].index(row.group)]
        )
        inside = min(LEAST - 1, n // 2)
        ends = np.sort(column)[[inside, -1 - inside]]  # of few residents, the two cross in the middle
        assert ends.min() - 0.06 < row.low < row.high < ends.max() + 0.12
    if n < LEAST:
        assert not told


def test_a_resident_takes_part_once_with_the_latest_row(trained, labelled):
    matrix, _ = labelled
    who, home, days = text_column(matrix, "resident_id"), text_column(matrix, "home_id"), as_of_days(matrix.rows)
    found = explained(trained.judged, matrix.X, who, home, days)
    assert len(found.X) == len(set(who))
    last = matrix.X[days == days.max()]
    assert Counter(map(tuple, np.nan_to_num(found.X))) == Counter(map(tuple, np.nan_to_num(last)))


def test_plots_are_written_with_their_numbers_and_name_nobody(trained, labelled, tmp_path):
    matrix, _ = labelled
    who, home, days = text_column(matrix, "resident_id"), text_column(matrix, "home_id"), as_of_days(matrix.rows)
    found = explained(trained.judged, matrix.X, who, home, days)
    one, two = write_shap_plots(found, tmp_path / "a"), write_shap_plots(found, tmp_path / "b")
    assert [p.name for p in one] == [
        f"shap_{n}.{k}" for n in ("dependence", "features", "groups") for k in ("csv", "svg")
    ]
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    for path in one:
        text = path.read_text()
        assert "resident-0" not in text
        assert "home-0" not in text
        if path.suffix == ".svg":
            assert ElementTree.fromstring(text).tag.endswith("svg")
    with (tmp_path / "a/shap_groups.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["group"] for row in rows} == set(found.groups.values())
