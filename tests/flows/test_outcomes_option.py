"""The option that judges a model under every outcome: its words, and what it leaves behind."""

import csv
from datetime import date

import pytest
from test_steps import job

from features.problems import UsageError
from flows import steps_outcomes, steps_train
from models.other_outcomes import Asked, OutcomeFigure
from models.outcome_study import Gap, OutcomeStudy
from models.splits import TimeSplit


def test_only_two_words_are_understood(site):
    plan = job(site, until="2026-10-04", outcome="", horizon_days="", holdout_share="")
    assert steps_train.plan_training(plan)["outcomes"] == ""
    assert steps_train.plan_training(plan | {"outcomes": "refitted"})["outcomes"] == "refitted"
    with pytest.raises(UsageError, match="write judged or refitted"):
        steps_train.plan_training(plan | {"outcomes": "all"})


def test_a_study_leaves_one_line_for_each_figure(tmp_path):
    figures = tuple(
        OutcomeFigure("falls", days, "model", name, "all", 0.5, 0.4, 0.6, 100, 10)
        for days in (7, 28)
        for name in ("prevalence", "auroc")
    )
    split = TimeSplit((date(2026, 1, 5),), (date(2026, 3, 2),), (date(2026, 5, 4),), 70, date(2026, 9, 1))
    asked = tuple(Asked("falls", days) for days in (7, 28, 90))
    gap = Gap("falls", 90, "model", "no event in the test weeks")
    found = OutcomeStudy("iau_2019", 28, split, (("pcn", 10),), asked, figures, (gap,))
    steps_outcomes.write_study(found, tmp_path)
    with (tmp_path / "outcomes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["horizon_days"], row["name"]) for row in rows] == [(str(f.horizon_days), f.name) for f in figures]
    assert "resident_id" not in rows[0]
