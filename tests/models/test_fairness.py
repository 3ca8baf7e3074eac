"""What is told of groups of residents: values, intervals, flags, and what they say in words."""

import json
import math
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import CAPACITY, made

from features.matrix import as_of_days
from models.bootstrap import HomeBootstrap
from models.document import markdown
from models.fairness import EVERYONE, FairnessRow, fairness_of, interval
from models.fairness_measures import measures
from models.fairness_words import flags, looked_at, record, section
from models.fit import text_column
from models.judged import Judged
from models.lists import list_codes, selection
from models.logistic import logit
from models.plots.fairness import write_fairness
from models.small_numbers import SmallNumbers

RULES = SmallNumbers()


@cache
def judged(seed: int = 1, residents: int = 400, homes: int = 40) -> Judged:
    """Rows whose chances are the very risks their outcomes are drawn from; a resident's weeks share one draw, as an
    admission is the outcome of every week before it."""
    matrix, truth = made(residents=residents, weeks=4, homes=homes, seed=seed, level=-2.6)
    p = truth["risk"].to_numpy()
    who = np.unique(text_column(matrix, "resident_id"), return_inverse=True)[1]
    y = (np.random.default_rng(seed).random(residents)[who] < p).astype(float)
    home = text_column(matrix, "home_id")
    return Judged(matrix, as_of_days(matrix.rows), home, y, {"model": logit(p)}, {"model": p}, seed)


def drawn_groups(rows: Judged, seed: int = 1, **sizes: int) -> pa.Table:
    """Groups drawn without regard to anything: of residents, or of whole homes where the name says so."""
    rng = np.random.default_rng(seed)
    columns = {}
    for name, size in sizes.items():
        who = rows.home if "home" in name else text_column(rows.matrix, "resident_id")
        ids, code = np.unique(who, return_inverse=True)
        columns[name] = rng.permutation(np.arange(len(ids)) % size)[code].astype(str)
    return pa.table(columns)


def told(rows, dimension: str, group: str, measure: str, view: str = "all") -> FairnessRow:
    (found,) = (r for r in rows if (r.dimension, r.group, r.measure, r.view) == (dimension, group, measure, view))
    return found


def test_values_equal_a_plain_groupby():
    rows = judged()
    groups = drawn_groups(rows, half=2, home_third=3)
    found = fairness_of(rows, groups, CAPACITY)
    frame = pd.DataFrame({"y": rows.y, "p": rows.chances["model"], "who": text_column(rows.matrix, "resident_id")})
    for view, places in CAPACITY.items():
        codes = list_codes(text_column(rows.matrix, view), rows.as_of)[0]
        frame[view] = selection(rows.scores["model"], codes, places)
    for dimension in groups.column_names:
        for group, part in frame.groupby(groups[dimension].to_numpy()):
            expected = {
                ("prevalence", "all"): part.y.mean(),
                ("observed_expected", "all"): part.y.sum() / part.p.sum(),
                **{("selection_rate", view): part[view].mean() for view in CAPACITY},
                **{("sensitivity", view): (part[view] * part.y).sum() / part.y.sum() for view in CAPACITY},
                **{("ppv", view): (part[view] * part.y).sum() / part[view].sum() for view in CAPACITY},
            }
            for (measure, view), value in expected.items():
                row = told(found, dimension, group, measure, view)
                assert row.value == pytest.approx(value)
                assert (row.rows, row.events) == (len(part), part.y.sum())
                assert row.residents == part.who.nunique()


def test_auroc_equals_that_of_scikit_learn_in_each_group():
    from sklearn.metrics import roc_auc_score

    rows = judged()
    groups = drawn_groups(rows, third=3)
    found = fairness_of(rows, groups, {})
    for group in "012":
        here = groups["third"].to_numpy() == group
        assert told(found, "third", group, "auroc").value == pytest.approx(
            roc_auc_score(rows.y[here], rows.scores["model"][here])
        )


def test_draws_by_home_are_draws_of_the_rows():
    """Every measure, drawn from sums by home, is what its plain value would be with each row as often as drawn."""
    rows = judged(residents=600, homes=8)
    some = np.flatnonzero(drawn_groups(rows, half=2)["half"].to_numpy() == "0")
    bootstrap = HomeBootstrap(rows.bootstrap.home, rows.bootstrap.draws[:5], rows.bootstrap.weight)
    for measure in measures(rows, CAPACITY, "model"):
        again = [measure.point(np.repeat(some, draw[bootstrap.home[some]].astype(int))) for draw in bootstrap.draws]
        # The slope is fitted on means of neighbouring chances, which are others where rows are repeated.
        near = 0.01 if measure.name == "calibration_slope" else 1e-9
        assert measure.drawn(some, bootstrap) == pytest.approx(np.array(again), rel=near)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 999))
@settings(max_examples=5, deadline=None)
def test_groups_part_the_rows_of_each_dimension(sizes, seed):
    rows = judged(residents=200)
    groups = drawn_groups(rows, seed, **{f"by_{i}": size for i, size in enumerate(sizes)})
    found = fairness_of(rows, groups, {}, rules=SmallNumbers(1, 1))
    for dimension in (*groups.column_names, "completeness"):
        parts = [r for r in found if r.dimension == dimension and r.measure == "prevalence"]
        assert sum(r.rows for r in parts) == len(rows)
        assert sum(r.events for r in parts) == rows.y.sum()


def test_a_group_that_is_under_estimated_is_named_with_its_direction():
    rows = judged()
    groups = drawn_groups(rows, funding=3)
    groups = pa.table(
        {"funding": np.array(["self-funded", "council", "NHS"])[groups["funding"].to_numpy().astype(int)]}
    )
    p = rows.chances["model"].copy()
    p[groups["funding"].to_numpy() == "self-funded"] /= 2
    found = fairness_of(replace(rows, chances={"model": p}), groups, CAPACITY)
    planted = told(found, "funding", "self-funded", "observed_expected")
    assert planted.flagged
    assert planted.contrast_low > 1
    (said,) = (flag for flag in flags(found) if flag.startswith("Funding of the stay, self-funded: outcomes"))
    assert said.endswith("under-estimated.")
    assert f"{planted.value:.2f} times those expected" in said


def test_a_group_that_is_never_listed_is_flagged_as_listed_less_often():
    rows = judged()
    groups = drawn_groups(rows, half=2)
    score = rows.scores["model"] - 50 * (groups["half"].to_numpy() == "1")
    found = fairness_of(replace(rows, scores={"model": score}), groups, CAPACITY)
    passed_over = told(found, "half", "1", "sensitivity", "home_id")
    assert passed_over.flagged
    assert passed_over.contrast_high < 0
    assert any(flag.startswith("half, 1:") and flag.endswith("listed less often.") for flag in flags(found))


def test_a_fair_model_is_flagged_about_as_often_as_by_chance():
    compared = flagged = 0
    for seed in range(20):
        rows = judged(seed, residents=300)
        found = fairness_of(rows, drawn_groups(rows, seed, third=3, home_quarter=4), {"home_id": 3})
        compared += sum(row.compared for row in found)
        flagged += sum(row.flagged for row in found)
    assert compared > 300
    # 5 %, and about two standard errors: comparisons overlap, so the few hundred tell as much as half as many.
    assert 0 < flagged <= 0.08 * compared


def test_what_is_undefined_stays_undefined():
    rows = judged()
    groups = drawn_groups(rows, half=2)
    never = np.where(groups["half"].to_numpy() == "1", 0.0, rows.y)
    found = fairness_of(replace(rows, y=never), groups, CAPACITY, rules=SmallNumbers(1, 0))
    for measure, view in (("auroc", "all"), ("calibration_slope", "all"), ("sensitivity", "pcn")):
        row = told(found, "half", "1", measure, view)
        assert not row.hidden
        assert math.isnan(row.value)
        assert math.isnan(row.low)
        assert not row.compared
    assert told(found, "half", "1", "prevalence").value == 0


def test_one_home_and_draws_that_are_all_alike_give_no_interval():
    drawn = np.linspace(0, 1, 101)
    assert np.isnan(interval(drawn, 1)).all()
    assert np.isnan(interval(np.zeros(100), 9)).all()
    assert np.isnan(interval(np.array([]), 9)).all()


def test_few_homes_widen_the_interval():
    drawn = np.linspace(0, 1, 1001)
    many, few = interval(drawn, 100_000), interval(drawn, 6)
    assert many == pytest.approx((0.025, 0.975), abs=1e-3)
    # Student's t on 5 degrees of freedom, 2.571, times the root of 6/5, is 2.816 standard deviations.
    assert few == pytest.approx((0.00243, 0.99757), abs=1e-4)


def test_a_group_in_few_homes_and_one_of_nearly_everybody_are_not_compared():
    rows = judged()
    four = pa.table({"few": np.where(np.isin(rows.home, sorted(set(rows.home))[:4]), "four homes", "the rest")})
    found = fairness_of(rows, four, CAPACITY, rules=SmallNumbers(1, 0))
    assert not any(row.compared for row in found if row.dimension == "few")


def with_a_small_group(rows: Judged) -> pa.Table:
    who = text_column(rows.matrix, "resident_id")
    small = np.isin(who, sorted(set(who))[:8])
    return pa.table({"ethnicity": np.where(small, "Mixed", np.where(rows.home < "home-10", "Black", "White"))})


def test_a_small_group_and_the_one_that_protects_it_are_hidden_alike():
    rows = judged()
    found = fairness_of(rows, with_a_small_group(rows), CAPACITY)
    hidden = [row for row in found if row.hidden]
    assert {row.group for row in hidden} == {"Mixed", "Black"}
    for row in hidden:
        figures = (row.value, row.low, row.high, row.contrast, row.contrast_low, row.contrast_high)
        assert np.isnan(figures).all()
        assert (row.residents, row.rows, row.events) == (None, None, None)
        assert not row.compared
        assert not row.flagged
    assert told(found, "ethnicity", "White", "prevalence").residents > 10
    lines = [line for line in markdown([section(found, RULES)]).splitlines() if line.startswith("| Ethnicity")]
    assert len({line.split(" | ", 1)[1] for line in lines if "hidden" in line}) == 1


def test_everyone_is_hidden_where_there_are_too_few():
    rows = judged(residents=200)
    found = fairness_of(rows.take(np.arange(len(rows)) < 20), drawn_groups(rows, half=2)[:20], {})
    assert all(row.hidden and math.isnan(row.everyone) for row in found)


def test_files_hold_every_row_and_nothing_that_is_hidden(tmp_path):
    rows = judged()
    found = fairness_of(rows, with_a_small_group(rows), CAPACITY)
    svg, csv, text = write_fairness(found, RULES, tmp_path)
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert "hidden" in svg.read_text()
    table = pd.read_csv(csv, keep_default_na=False, na_values=["nan"])
    assert len(table) == len(found)
    assert set(table[table.hidden].residents.astype(str)) == {""}
    made = json.loads(text.read_text())
    assert made == record(found, RULES)
    assert all(row["value"] is None for row in made["rows"] if row["hidden"])
    assert made["flagged_by_chance"] == pytest.approx(made["compared"] / 20)
    again = write_fairness(found, RULES, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in (svg, csv, text)]


def test_the_section_says_how_many_were_looked_at_and_each_line_has_every_cell():
    found = fairness_of(judged(), with_a_small_group(judged()), CAPACITY)
    text = markdown([section(found, RULES)])
    assert looked_at(found) in text
    assert "2 groups are hidden" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {table[0].count("|")}
    assert table[2].startswith("| **Everyone** | 400 |")
    everyone = told(found, EVERYONE, EVERYONE, "observed_expected")
    assert f"{everyone.value:.2f} ({everyone.low:.2f} to {everyone.high:.2f})" in table[2]
