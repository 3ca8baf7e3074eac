"""Margins and SHAP values of compiled loops are those of LightGBM, for any tree and any float32 value."""

import random
import subprocess
import sys
from pathlib import Path

import lightgbm as lgb
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import FeatureMismatch
from models.model import Head
from models.trees import HANDFUL, read

ROOT = Path(__file__).resolve().parents[2]
ZERO = float(np.float32(1e-35))
THRESHOLDS = (
    0.0,
    -0.0,
    ZERO,
    -ZERO,
    1e-36,
    -1e-36,
    1e-44,
    0.1,
    float(np.float32(0.1)),
    -2.5,
    70.5,
    1e30,
    1e300,
    -1e300,
)
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-45, -1e-45, 3.4028235e38)


def tree(pick: random.Random, leaves: int, width: int) -> dict[str, list]:
    """Split a leaf, the last or any, until there are so many."""
    left, right, parent = [], [], {0: None}
    deep = pick.random() < 0.5
    for node in range(leaves - 1):
        leaf = node if deep else pick.randrange(node + 1)
        if parent[leaf] is not None:
            side, above = parent[leaf]
            side[above] = node
        left.append(~leaf)
        right.append(~(node + 1))
        parent[leaf], parent[node + 1] = (left, node), (right, node)
    count = {~leaf: pick.randint(1, 1000) for leaf in range(leaves)}
    for node in reversed(range(leaves - 1)):
        count[node] = count[left[node]] + count[right[node]]
    nodes = range(leaves - 1)
    return {
        "num_leaves": [leaves],
        "num_cat": [0],
        "split_feature": [pick.randrange(width) for _ in nodes],
        "threshold": [repr(pick.choice([*THRESHOLDS, pick.gauss(0, 1), pick.gauss(0, 1)])) for _ in nodes],
        "decision_type": [pick.choice([0, 2, 8, 10]) for _ in nodes],
        "left_child": left,
        "right_child": right,
        "leaf_value": [repr(pick.gauss(0, 1)) for _ in range(leaves)],
        "leaf_count": [count[~leaf] for leaf in range(leaves)],
        "internal_count": [count[node] for node in nodes],
    }


def text_of(trees: list[dict[str, list]], width: int) -> str:
    """As LightGBM writes boosters."""
    names = " ".join(f"f{j}" for j in range(width))
    infos = " ".join(["none"] * width)
    header = f"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={width - 1}\n"
    header += f"objective=binary sigmoid:1\nfeature_names={names}\nfeature_infos={infos}\n\n"
    sections = (
        f"Tree={i}\n" + "".join(f"{name}={' '.join(map(str, values))}\n" for name, values in one.items()) + "\n\n"
        for i, one in enumerate(trees)
    )
    return header + "".join(sections) + "end of trees\n"


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[str, ...], tuple[float, ...], np.ndarray]:
    """Boosters, their shares, and rows whose values lie on and beside the thresholds."""
    width, pick = draw(st.integers(1, 9)), random.Random(draw(st.integers(0, 2**32)))
    sizes = draw(st.lists(st.lists(st.integers(1, 24), min_size=1, max_size=4), min_size=1, max_size=3))
    made = [[tree(pick, leaves, width) for leaves in booster] for booster in sizes]
    thresholds = [float(t) for booster in made for one in booster for t in one["threshold"]]
    with np.errstate(over="ignore"):
        near = np.array([*thresholds, *ODD], np.float32)
        beside = [np.nextafter(near, np.float32(way)) for way in (-np.inf, np.inf)]
    values = np.concatenate([near, *beside])
    rows = draw(st.sampled_from([1, 7, HANDFUL, HANDFUL + 3]))
    X = np.random.default_rng(pick.randrange(2**32)).choice(values, (rows, width))
    shares = tuple(draw(st.sampled_from([(), tuple(k + 1 / 3 for k in range(len(sizes)))])))
    total = sum(shares) or 1.0
    return tuple(text_of(booster, width) for booster in made), tuple(share / total for share in shares), X


def head_of(texts: tuple[str, ...], shares: tuple[float, ...] = ()) -> Head:
    return Head(texts, 1.7, -0.4, 1, 0.1, shares=shares)


def by_lightgbm(head: Head, X: np.ndarray, **how: bool) -> list[np.ndarray]:
    return [lgb.Booster(model_str=text).predict(X, **how) for text in head.boosters]


@settings(max_examples=25, deadline=None)
@given(case=cases())
def test_margins_are_those_of_lightgbm_to_the_last_bit(case):
    texts, shares, X = case
    head = head_of(texts, shares)
    each = by_lightgbm(head, X, raw_score=True)
    weights = shares or [1 / len(texts)] * len(texts)
    np.testing.assert_array_equal(head.margin(X), sum(w * one for w, one in zip(weights, each, strict=True)))


@settings(max_examples=25, deadline=None)
@given(case=cases())
def test_contributions_are_those_of_lightgbm(case):
    texts, shares, X = case
    head = head_of(texts, shares)
    values, base = head.contributions(X)
    expected = 1.7 * np.average(by_lightgbm(head, X, pred_contrib=True), axis=0, weights=shares or None)
    size = np.abs(expected).max()
    np.testing.assert_allclose(values, expected[:, :-1], rtol=1e-9, atol=1e-12 * size)
    np.testing.assert_allclose(base, expected[:, -1] - 0.4, rtol=1e-9, atol=1e-12 * size)
    np.testing.assert_allclose(base + values.sum(axis=1), head.log_odds(X), rtol=1e-9, atol=1e-12 * size)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    leaves=st.sampled_from([2, 8, 31]),
    extra=st.booleans(),
    zero=st.sampled_from([0.0, 0.9]),
)
def test_boosters_fitted_by_lightgbm_are_read_as_it_reads_them(seed, leaves, extra, zero):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(400, 6)).astype(np.float32)
    X[rng.random(X.shape) < zero] = 0
    X[rng.random(X.shape) < 0.1] = rng.choice([np.nan, np.inf, -np.inf])
    y = (rng.random(400) < 1 / (1 + np.exp(-np.nan_to_num(X[:, 0], posinf=2, neginf=-2) - X[:, 1] ** 2))).astype(float)
    how = {"objective": "binary", "num_leaves": leaves, "extra_trees": extra, "min_child_samples": 3, "seed": 1}
    fixed = {"verbosity": -1, "num_threads": 1, "bagging_fraction": 0.5, "bagging_freq": 1, "deterministic": True}
    data = lgb.Dataset(X, y, weight=rng.random(400))
    head = head_of((lgb.train(how | fixed, data, num_boost_round=6).model_to_string(),))
    expected = 1.7 * by_lightgbm(head, X, pred_contrib=True)[0]
    size = np.abs(expected).max()
    np.testing.assert_array_equal(head.margin(X), by_lightgbm(head, X, raw_score=True)[0])
    np.testing.assert_allclose(head.contributions(X)[0], expected[:, :-1], rtol=1e-9, atol=1e-12 * size)


@settings(max_examples=15, deadline=None)
@given(case=cases(), first=st.integers(0, 20))
def test_a_row_gets_the_same_in_any_company(case, first):
    texts, shares, X = case
    head = head_of(texts, shares)
    some = slice(min(first, len(X) - 1), None)
    np.testing.assert_array_equal(head.margin(X)[some], head.margin(X[some]))
    np.testing.assert_array_equal(head.contributions(X)[0][some], head.contributions(X[some])[0])


def test_scoring_does_not_load_lightgbm():
    """Its import costs every process of a week two seconds."""
    code = """if True:
        import sys, numpy as np
        from models.model import Head
        head = Head((sys.stdin.read(),), 1.0, 0.0, 1, 0.1)
        head.risk(np.zeros((1, 5))), head.contributions(np.zeros((1, 5)))
        sys.exit("lightgbm" in sys.modules)
    """
    text = text_of([tree(random.Random(1), 4, 5)], 5)
    assert subprocess.run([sys.executable, "-c", code], input=text, text=True, cwd=ROOT).returncode == 0


def test_no_rows_are_no_numbers():
    head = head_of((text_of([tree(random.Random(1), 4, 5)], 5),))
    none = np.zeros((0, 5), np.float32)
    assert head.margin(none).shape == head.contributions(none)[1].shape == (0,)
    assert head.contributions(none)[0].shape == (0, 5)


def test_the_numbers_do_not_depend_on_the_threads(monkeypatch):
    pick = random.Random(1)
    head = head_of(tuple(text_of([tree(pick, 12, 5) for _ in range(3)], 5) for _ in range(2)), (0.3, 0.7))
    X = np.random.default_rng(1).normal(size=(1000, 5)).astype(np.float32)
    alone = head.margin(X), head.contributions(X)[0]
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 2)
    np.testing.assert_array_equal(head.margin(X), alone[0])
    np.testing.assert_array_equal(head.contributions(X)[0], alone[1])


@pytest.mark.parametrize("rows", [np.zeros((3, 4), np.float32), np.zeros(5, np.float32)])
def test_rows_of_other_features_are_refused(rows):
    head = head_of((text_of([tree(random.Random(1), 4, 5)], 5),))
    for call in (head.margin, head.contributions):
        with pytest.raises(FeatureMismatch, match="5 features"):
            call(rows)


@pytest.mark.parametrize(
    ("written", "instead", "words"),
    [
        ("decision_type=", "decision_type=1 ", "categories"),
        ("decision_type=", "decision_type=6 ", "zero as missing"),
        ("num_cat=0", "num_cat=0\nis_linear=1", "lines in their leaves"),
        ("num_class=1", "num_class=3", "one outcome"),
        ("max_feature_idx=4", "max_feature_idx=5", "the same features"),
    ],
)
def test_trees_that_no_model_of_ours_has_are_refused(written, instead, words):
    text = text_of([tree(random.Random(1), 4, 5)], 5)
    with pytest.raises(ValueError, match=words):
        read((text, text.replace(written, instead)))
