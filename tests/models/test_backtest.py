"""Folds learn what was known then, know nobody they should not, and are pooled into the right figures."""

import csv
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from conftest import QUICK
from made import CAPACITY, DELAY, GROUPS, HORIZON, MONOTONE, made, until
from sklearn.metrics import roc_auc_score

from features.matrix import Matrix
from models import registry
from models.backtest import Backtest, backtest_of, weeks_since_fitting
from models.baselines import Baselines
from models.fit import Recipe, panel, text_column
from models.folds import PARTS, Fold, as_known, from_matrix, run_fold, to_matrix
from models.judged import pooled
from models.logistic import logit
from models.model import ANY, AVOIDABLE
from models.plots.backtest import write_backtest
from models.splits import TimeSplit, rolling_splits, rows_of

WEEKS = 60
RECIPE = Recipe(GROUPS, MONOTONE, "mark", "iau_2019", HORIZON, DELAY, QUICK, 1)
BASELINES = Baselines(prior_admissions="prior_admissions", logistic=("prior_admissions", "cfs", "falls_28"))


@pytest.fixture(scope="module")
def county():
    return made(weeks=WEEKS)


@pytest.fixture(scope="module")
def splits() -> tuple[TimeSplit, ...]:
    as_ofs = np.unique(panel(made(residents=2, weeks=WEEKS)[0]).as_of)
    return rolling_splits(
        as_ofs, horizon_days=HORIZON, delay_days=DELAY, until=until(WEEKS), folds=2, test_weeks=6, calibrate_weeks=6
    )


def known_then(data, split):
    """What was known on the first test Monday: labels of earlier rows, of which one event in ten is not coded yet."""
    uncoded = np.random.default_rng(3).random(len(data.as_of)) < 0.1
    known = rows_of(data.as_of, split.fit) | rows_of(data.as_of, split.calibrate)
    late = np.where(uncoded, 0.0, data.labels[AVOIDABLE])
    return {AVOIDABLE: np.where(known, late, np.nan), ANY: np.where(known, data.labels[ANY], np.nan)}


@pytest.fixture(scope="module")
def folds(county, splits) -> list[Fold]:
    data = panel(county[0])
    return [run_fold(data, split, known_then(data, split), RECIPE, baselines=BASELINES) for split in splits]


@pytest.fixture(scope="module")
def found(folds, county) -> Backtest:
    return backtest_of(folds, capacity=CAPACITY, truth=county[1])


def test_a_fold_learns_what_was_known_then_and_is_judged_by_what_is_known_now(county, splits, folds):
    data, split = panel(county[0]), splits[0]
    then = known_then(data, split)
    known = as_known(data, split, then)
    test = known.mask(split.test)
    np.testing.assert_array_equal(known.labels[AVOIDABLE][test], data.labels[AVOIDABLE][test])
    np.testing.assert_array_equal(folds[0].judged.y, data.labels[AVOIDABLE][test])
    assert np.isnan(then[AVOIDABLE][test]).all()
    learnt = rows_of(data.as_of, split.fit) | rows_of(data.as_of, split.calibrate)
    np.testing.assert_array_equal(known.labels[AVOIDABLE][learnt], then[AVOIDABLE][learnt])
    assert folds[0].late == int((data.labels[AVOIDABLE][learnt] - then[AVOIDABLE][learnt]).sum()) > 0
    assert folds[0].events == int(then[AVOIDABLE][rows_of(data.as_of, split.fit)].sum())


def test_what_became_known_later_changes_no_chance(county, splits, folds):
    data, split = panel(county[0]), splits[0]
    other = {head: np.where(rows_of(data.as_of, split.test), y, 1 - y) for head, y in data.labels.items()}
    again = run_fold(replace(data, labels=other), split, known_then(data, split), RECIPE)
    np.testing.assert_array_equal(again.judged.chances["model"], folds[0].judged.chances["model"])


@pytest.mark.parametrize(("new", "column"), [("residents", "resident_id"), ("homes", "home_id")])
def test_nobody_is_judged_by_a_model_that_knew_them(county, splits, new, column):
    """Turning round all that was ever known of one resident (home) changes the chances of others, not theirs."""
    data, split = panel(county[0]), splits[0]
    then = {head: np.where(rows_of(data.as_of, split.test), np.nan, y) for head, y in data.labels.items()}
    own = text_column(data.matrix, column)
    one = own == own[0]
    turned = {head: np.where(one, 1 - y, y) for head, y in then.items()}
    before, after = (run_fold(data, split, labels, RECIPE, new=new).judged for labels in (then, turned))
    assert len(before) == data.mask(split.test).sum()
    theirs = text_column(before.matrix, column) == own[0]
    np.testing.assert_array_equal(before.chances["model"][theirs], after.chances["model"][theirs])
    assert (before.chances["model"] != after.chances["model"]).any()
    key = ["resident_id", "as_of"]
    wanted = data.matrix.take(data.mask(split.test)).rows.select(key)
    order = [(name, "ascending") for name in key]
    assert before.matrix.rows.select(key).sort_by(order).equals(wanted.sort_by(order))


def test_who_ever_lived_in_a_new_home_is_new_too(county, splits):
    rows = county[0].rows
    people, homes = (np.array(rows[c].to_pylist(), object) for c in ("resident_id", "home_id"))
    early = panel(county[0]).as_of < np.datetime64(splits[0].calibrate[0])
    homes[(people == people[0]) & early] = "home-11"  # the first resident moved from there to home-00
    at = rows.schema.get_field_index("home_id")
    matrix = Matrix(rows.set_column(at, "home_id", pa.array(homes)), county[0].X, county[0].names)
    data, split = panel(matrix), splits[0]
    then = {head: np.where(rows_of(data.as_of, split.test), np.nan, y) for head, y in data.labels.items()}
    mover = people == people[0]
    turned = {head: np.where(mover & early, 1 - y, y) for head, y in then.items()}
    before, after = (run_fold(data, split, labels, RECIPE, new="homes").judged for labels in (then, turned))
    theirs = text_column(before.matrix, "home_id") == "home-00"
    assert theirs.any()
    np.testing.assert_array_equal(before.chances["model"][theirs], after.chances["model"][theirs])


def test_every_part_has_about_its_share(county):
    from models.train import hashed

    share = np.bincount(np.floor(PARTS * hashed(np.array([f"r{i}" for i in range(5_000)]))).astype(int)) / 5_000
    assert len(share) == PARTS
    assert np.abs(share - 1 / PARTS).max() < 0.02


def test_orders_of_different_models_are_put_on_one_scale(folds):
    judged = folds[0].judged
    np.testing.assert_allclose(judged.scores["model"], logit(judged.chances["model"]), atol=1e-9)
    np.testing.assert_array_equal(judged.scores["logistic"], judged.chances["logistic"])
    np.testing.assert_array_equal(judged.scores["prior_admissions"], judged.matrix.column("prior_admissions"))


def test_judged_rows_survive_the_disk(folds, tmp_path):
    judged = folds[0].judged
    to_matrix(judged).write(tmp_path / "judged.parquet")
    again = from_matrix(Matrix.read(tmp_path / "judged.parquet"), judged.seed)
    assert again.matrix.rows.equals(judged.matrix.rows)
    for name in ("as_of", "home", "y"):
        np.testing.assert_array_equal(getattr(again, name), getattr(judged, name))
    for side in ("scores", "chances"):
        assert getattr(again, side).keys() == getattr(judged, side).keys()
        for name, values in getattr(judged, side).items():
            np.testing.assert_array_equal(getattr(again, side)[name], values)


def test_folds_are_pooled(found, folds, splits):
    y = np.concatenate([fold.judged.y for fold in folds])
    chance = np.concatenate([fold.judged.chances["model"] for fold in folds])
    assert found.pooled.get("auroc").value == pytest.approx(roc_auc_score(y, chance), abs=1e-9)
    assert found.pooled.get("auroc").n == len(y) == sum(row.judged_rows for row in found.folds)
    assert found.pooled.get("observed_expected").value == pytest.approx(y.sum() / chance.sum())
    for row, fold, judged in zip(found.folds, folds, found.by_fold, strict=True):
        one = fold.judged
        assert judged.get("auroc").value == pytest.approx(roc_auc_score(one.y, one.chances["model"]), abs=1e-9)
        assert (row.test_from, row.test_to) == (fold.split.test[0], fold.split.test[-1])
    assert {(m.fold, m.score) for m in found.fold_metrics if m.name == "auroc"} >= {(1, "model"), (2, "oracle")}
    assert not found.leak_suspected


def test_an_order_known_in_some_weeks_only_has_no_lists(folds, county):
    truth = county[1]
    partly = truth.filter(pc.greater_equal(truth["as_of"], folds[0].split.test[3]))
    one = backtest_of(folds[:1], capacity=CAPACITY, truth=partly).pooled
    assert one.has("auroc", "oracle")
    assert one.get("auroc", "oracle").n < one.get("auroc").n
    assert not any(
        "oracle" in (metric.score, *metric.name.split("_")) for metric in one.metrics if metric.view == "pcn"
    )
    assert {point.score for point in one.curve} == {metric.score for metric in one.metrics if metric.view == "pcn"}


def test_figures_by_age_are_those_of_the_weeks_of_that_age(found, folds, splits):
    together = pooled([fold.judged for fold in folds])
    age = weeks_since_fitting(together.as_of, splits)
    assert np.unique(age).tolist() == list(range(6))
    by_hand = [(day - max(s.test[0] for s in splits if s.test[0] <= day)).days // 7 for day in together.as_of.tolist()]
    assert age.tolist() == by_hand
    y, p = together.y, together.chances["model"]
    for row in found.ages:
        on = age == row.weeks
        if row.name == "auroc":
            assert row.value == pytest.approx(roc_auc_score(y[on], p[on]), abs=1e-9)
        if row.name == "ppv" and row.view == "home_id":
            lists = {(team, day) for team, day in zip(together.home[on], together.as_of[on], strict=True)}
            hits = [_best(together, team, day, CAPACITY["home_id"]) for team, day in lists]
            assert row.value == pytest.approx(np.concatenate(hits).mean())
    change = {one.name: one for one in found.ageing if one.view == "all"}["auroc_late_minus_early"]
    late, early = (roc_auc_score(y[on], p[on]) for on in (age >= 3, age < 3))
    assert change.value == pytest.approx(late - early, abs=1e-9)
    assert change.low < change.value < change.high


def _best(judged, team, day, places):
    on = (judged.home == team) & (judged.as_of == day)
    order = np.argsort(-judged.scores["model"][on], kind="stable")[:places]
    return judged.y[on][order]


def test_a_model_that_knows_what_will_happen_is_a_leak(folds, county):
    judged = folds[0].judged
    knowing = replace(folds[0], judged=replace(judged, scores={**judged.scores, "model": judged.y}))
    found = backtest_of([knowing], capacity=CAPACITY, truth=county[1])
    assert found.leak_suspected
    assert found.as_dict()["leak_suspected"] is True


@pytest.fixture(scope="module")
def written(found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    write_backtest(found, folder)
    return folder


def test_what_is_written_holds_every_table_and_plot_and_no_resident(found, written, county):
    tables = {path.stem: list(csv.DictReader(path.open())) for path in written.glob("*.csv")}
    assert tables.keys() == {"folds", "fold_metrics", "metrics", "ages", "ageing"}
    assert [row["test_from"] for row in tables["folds"]] == [row.test_from.isoformat() for row in found.folds]
    assert float(tables["metrics"][0]["value"]) == found.pooled.metrics[0].value
    plots = {path.name for path in (written / "plots").iterdir()}
    assert {f"{stem}.svg" for stem in ("calibration", "folds_auroc", "ages_auroc")} <= plots
    assert "importance.svg" not in plots
    names = set(county[0].rows["resident_id"].to_pylist())
    for path in written.rglob("*.*"):
        assert not any(name in path.read_text() for name in names), path


PARAMS = {"until": "2025-02-24", "horizon_days": "28", "new": "nobody"}
TAGS = {"backtest": "0123456789", "history_digest": "ab" * 32, "code_version": "c0ffee99"}


def test_a_run_of_each_fold_stands_below_that_of_the_whole(found, written, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    root = tmp_path / "mlruns"
    run_id = registry.log_backtest(root, found, written, params=PARAMS, tags=TAGS)
    client = mlflow.MlflowClient(registry.tracking_uri(root))
    run = client.get_run(run_id)
    assert run.data.metrics["model.all.auroc"] == found.pooled.get("auroc").value
    assert run.data.params == PARAMS
    assert TAGS.items() <= run.data.tags.items()
    assert run.data.tags["leak_suspected"] == "false"
    files = {item.path for item in client.list_artifacts(run_id)}
    assert files == {path.name for path in written.iterdir()}

    children = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    assert {child.info.status for child in children} == {"FINISHED"}
    metrics = {child.data.params["test_from"]: child.data.metrics["model.all.auroc"] for child in children}
    wanted = zip(found.folds, found.by_fold, strict=True)
    assert metrics == {row.test_from.isoformat(): judged.get("auroc").value for row, judged in wanted}
    assert client.search_registered_models() == []

    assert registry.log_backtest(root, found, written, params=PARAMS, tags=TAGS) == run_id
    other = registry.log_backtest(root, found, written, params=PARAMS, tags=TAGS | {"backtest": "9876543210"})
    assert other != run_id
    assert len(client.search_runs([run.info.experiment_id])) == 6
    for path in root.rglob("*"):
        assert not path.is_file() or b"resident-0" not in path.read_bytes(), path
