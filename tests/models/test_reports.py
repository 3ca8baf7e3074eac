import csv
import json
import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from made import NAMES

from models.card import card_of, render
from models.evaluation import Metric
from models.plots.evaluation import write_plots
from models.plots.lists import LABELS

PER_VIEW = [
    f"{stem}_{view}" for stem in ("capacity", "net_benefit", "changes", "warning") for view in ("pcn", "home_id")
]


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def plots(trained, tmp_path_factory):
    """The paths of every plot and table."""
    return write_plots(trained.evaluation, tmp_path_factory.mktemp("plots"))


def test_plots_are_svg_beside_their_numbers(trained, plots):
    written, folder = plots, plots[0].parent
    assert {path.name for path in written} == {
        *(
            f"{stem}.{kind}"
            for stem in ("calibration", "importance", "net_benefit", "competing", *PER_VIEW)
            for kind in ("csv", "svg")
        ),
        *(f"{stem}.csv" for stem in ("metrics", "calibration_curve", "chances", "top_n", "reviews_needed")),
    }
    for path in written:
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg")
    bins = read(folder / "calibration.csv")
    assert [float(row["observed"]) for row in bins] == [b.observed for b in trained.evaluation.calibration]
    assert len(read(folder / "metrics.csv")) == len(trained.evaluation.metrics)
    found = trained.evaluation
    tables = {"top_n": found.top, "reviews_needed": found.reviews, "chances": found.chances}
    for name, rows in tables.items():
        assert len(read(folder / f"{name}.csv")) == len(rows) > 0
    assert all(row["view"] == "pcn" for row in read(folder / "warning_pcn.csv"))


def test_every_contender_is_named_on_the_plots(trained, plots):
    drawn = (plots[0].parent / "capacity_pcn.svg").read_text(encoding="utf-8")
    contenders = {m.score for m in trained.evaluation.metrics} - {"any"}
    assert contenders >= {"model", "logistic", "age_and_use", "prior_admissions", "last_week", "random", "oracle"}
    for score in contenders:
        assert LABELS[score] in drawn


def test_an_evaluation_without_a_model_or_days_of_admission_is_drawn_too(trained, tmp_path):
    bare = replace(trained.evaluation, importance=(), warned=(), capacity=(("pcn", 10),))
    names = {path.stem for path in write_plots(bare, tmp_path)}
    assert names.isdisjoint({"importance", "warning_pcn"})
    assert {"calibration", "changes_pcn"} <= names


def test_the_same_evaluation_gives_the_same_bytes(trained, plots, tmp_path):
    again = write_plots(trained.evaluation, tmp_path)
    assert [path.read_bytes() for path in plots] == [path.read_bytes() for path in again]
    assert "<dc:date>" not in (tmp_path / "calibration.svg").read_text()


def card(trained, evaluation=None):
    found = evaluation or trained.evaluation
    return render(
        card_of(
            trained.model, found, name="avoidable-admission", code_version="c0ffee", history_digest="d1", synthetic=True
        )
    )


def test_the_card_says_what_was_measured(trained):
    text = card(trained)
    auroc = trained.evaluation.get("auroc")
    assert f"{auroc.value:.3f} ({auroc.low:.3f} to {auroc.high:.3f})" in text
    for said in (
        "every resident is invented",
        "c0ffee",
        str(trained.model.trained_until),
        "No sign of a leak",
        "On the MDT lists: 10 residents a week",
    ):
        assert said in text


def test_the_card_without_an_oracle_does_not_mention_one(trained):
    without = tuple(
        m for m in trained.evaluation.metrics if m.score != "oracle" and not m.name.startswith(("skill", "auroc_"))
    )
    assert "oracle" not in card(trained, replace(trained.evaluation, metrics=without))


def test_undefined_figures_are_called_so(trained):
    metrics = tuple(
        replace(m, value=math.nan) if m.name == "calibration_slope" else m for m in trained.evaluation.metrics
    )
    assert "not defined" in card(trained, replace(trained.evaluation, metrics=metrics))


def test_flat_names_and_json_hold_only_what_is_defined(trained):
    undefined = Metric("auroc", "extra", "all", math.nan, math.nan, math.nan, 1, 0)
    found = replace(trained.evaluation, metrics=(*trained.evaluation.metrics, undefined))
    flat = found.flat()
    assert flat["model.all.auroc"] == trained.evaluation.get("auroc").value
    assert flat["model.pcn.ppv.low"] == trained.evaluation.get("ppv", view="pcn").low
    assert not any(name.startswith("extra") for name in flat)
    record = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert record["metrics"][-1]["value"] is None
    assert record["split"]["test"][0] == trained.split.test[0].isoformat()


def test_an_unknown_metric_is_named(trained):
    with pytest.raises(KeyError, match="no metric ndcg of model on all"):
        trained.evaluation.get("ndcg")
    assert trained.model.names == NAMES
