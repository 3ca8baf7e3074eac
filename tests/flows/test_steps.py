"""The weekly run as plain functions, without Prefect: what it refuses, holds back and remembers."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from conftest import SETTINGS, Site

from features.asof import instant
from features.contract import INSTANT
from features.matrix import Matrix
from features.problems import HeldBack, UsageError
from flows import steps_common, steps_train, steps_weekly
from flows.settings import load
from flows.shield import Stopped, original, shielded
from models import registry
from models.errors import LeakSuspected, NoChampion

AS_OF = "2026-11-16"


def job(site: Site, **given: str) -> dict[str, str]:
    plain = {"as_of": AS_OF, "history": "", "published": "", "backdated": ""}
    return plain | {"settings": str(site.settings), "work": str(site.folder / "work")} | given


def run(site: Site, **given: str) -> dict[str, Any]:
    planned = steps_weekly.plan_weekly(job(site, **given))
    built = steps_weekly.build_lists(planned, steps_common.check_history(planned))
    return steps_weekly.publish_lists(planned, built)


def rewrite(site: Site, table: str, change) -> None:
    path = site.history / f"{table}.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def without_care_records(events: pa.Table) -> pa.Table:
    """The care homes' feed stops a month before the lists."""
    late = pc.greater(events["time"].cast(INSTANT), moment("2026-10-12"))
    return events.filter(pc.invert(pc.and_(late, pc.fill_null(pc.equal(events["source"], "care_record"), False))))


def moment(day: str) -> pa.Scalar:
    return pa.scalar(instant(date.fromisoformat(day)), pa.int64()).cast(INSTANT)


def test_last_weeks_lists_are_remembered(site, tmp_path):
    here = site.twin(tmp_path)
    alone = run(here, published=str(tmp_path / "alone"))
    trained = json.loads((site.folder / "trained.json").read_text())["until"]
    before = run(here, as_of="2026-11-09", backdated="yes")
    after = run(here)
    assert (alone["status"], before["backdated"], after["backdated"]) == ("published", True, False)
    assert trained == "2026-11-15"
    manifests = [json.loads((Path(one["folder"]) / "manifest.json").read_text()) for one in (alone, after)]
    assert manifests[0]["made_from"]["previous"] is None
    assert len(manifests[1]["made_from"]["previous"]) == 64
    page = json.loads(Path(after["lists"][0]["page"]).with_name("list.json").read_text())
    assert {entry["change"]["kind"] for entry in page["entries"] if entry["change"]} <= {
        *("new", "rising", "falling", "steady", "returning"),
    }
    assert run(here)["status"] == "unchanged"


@pytest.mark.thorough
def test_an_edited_table_of_prompts_makes_lists_anew_and_never_half_of_them(site, tmp_path):
    here = site.twin(tmp_path, SETTINGS + '[prompts]\ntable = "ours.csv"\n')
    ours = here.folder / "ours.csv"
    shutil.copy(Path(steps_weekly.__file__).parents[1] / "serving" / "prompts.csv", ours)
    before = steps_weekly.plan_weekly(job(here))
    ours.write_text(ours.read_text(encoding="utf-8").replace(",,2027-11-30", ",Dr A Example,2027-11-30"), "utf-8")
    after = steps_weekly.plan_weekly(job(here))
    assert before["settings_digest"] == after["settings_digest"]
    assert steps_weekly.build_folder(before) != steps_weekly.build_folder(after)
    with pytest.raises(HeldBack, match="the table of prompts changed"):
        steps_weekly.build_lists(before, {})


def test_a_week_the_model_has_learnt_from_is_refused_unless_asked_for(site):
    with pytest.raises(UsageError, match="hindsight"):
        steps_weekly.plan_weekly(job(site, as_of="2026-11-09"))


@pytest.mark.parametrize(("as_of", "says"), [("2026-11-18", "2026-11-16 or 2026-11-23"), ("16/11/2026", "not a date")])
def test_only_mondays_are_listed(as_of, says, site):
    with pytest.raises(UsageError, match=says):
        steps_weekly.plan_weekly(job(site, as_of=as_of))


def test_the_latest_monday_covered_is_the_default(site):
    assert steps_common.last_covered_monday(site.history, load(site.settings)) == date.fromisoformat(AS_OF)


def test_no_model_no_list(site, tmp_path):
    here = site.twin(tmp_path)
    here.settings.write_text(SETTINGS, encoding="utf-8")
    with pytest.raises(NoChampion, match="homeround train") as refused:
        run(here)
    assert refused.value.exit_code == 4


def test_a_silent_feed_holds_the_whole_run(site, tmp_path):
    here = site.twin(tmp_path)
    rewrite(here, "events", without_care_records)
    with pytest.raises(HeldBack, match=r"Care home records: no record since 1[01] October") as held:
        run(here)
    assert held.value.exit_code == 4
    assert not here.published.exists()


def test_one_list_held_back_does_not_hold_the_others(site, tmp_path):
    here = site.twin(tmp_path, SETTINGS.replace("list_stale_days = {}", "size_change = 0.2\nsize_least = 2"))
    run(here, as_of="2026-11-09", backdated="yes")
    homes = pq.read_table(here.history / "homes.parquet")["home_id"].to_pylist()
    rewrite(here, "stays", lambda stays: _moved(stays, homes[0], homes[1]))
    done = run(here)
    assert done["exit_code"] == 4
    assert {f"round-{home}" for home in homes[:2]} <= {one["team"] for one in done["held"]}
    assert all("were assessed; last week" in one["reasons"][0] for one in done["held"])
    assert done["lists"]
    assert run(here)["status"] == "unchanged"


def _moved(stays: pa.Table, old: str, new: str) -> pa.Table:
    """Everybody of one home is suddenly said to live in another."""
    column = pc.if_else(pc.equal(stays["home_id"], old), new, stays["home_id"])
    return stays.set_column(stays.schema.get_field_index("home_id"), "home_id", column)


def test_a_source_without_a_lawful_basis_is_refused(site, tmp_path):
    here = site.twin(tmp_path, SETTINGS.replace('"urgent_care", "hospital"]', '"hospital"]', 1))
    with pytest.raises(HeldBack, match="urgent_care for direct care: no lawful basis"):
        run(here)


def test_a_history_that_changes_under_the_run_is_not_published(site, tmp_path):
    here = site.twin(tmp_path)
    planned = steps_weekly.plan_weekly(job(here))
    built = steps_weekly.build_lists(planned, steps_common.check_history(planned))
    rewrite(here, "events", lambda events: events.slice(1))
    with pytest.raises(HeldBack, match="changed while it was read"):
        steps_weekly.publish_lists(planned, built)
    assert not here.published.exists()


def test_what_stops_a_step_reaches_prefect_without_its_words(site, tmp_path):
    def step(_: dict[str, str]) -> None:
        raise ValueError("Joan Whitfield, 999 000 0018")

    with pytest.raises(Stopped) as stopped:
        shielded(step)({"work": str(tmp_path)})
    assert "Joan" not in str(stopped.value)
    assert "Joan" not in repr(stopped.value.args)
    assert stopped.value.__context__ is None
    assert not stopped.value.temporary
    assert "Joan Whitfield" in str(original(stopped.value))
    assert Path(stopped.value.report).stat().st_mode & 0o077 == 0


def test_training_uses_nothing_recorded_after_the_cut_off(site, tmp_path):
    """Rows and fields recorded after the cut-off are taken away beforehand in one copy: the matrices are the same."""
    whole, cut = site.twin(tmp_path / "whole"), site.twin(tmp_path / "cut")
    for table, time in (("events", "time"), ("spells", "admitted_at")):
        # Rows without a recording time stay when they may have been recorded before.
        recorded = lambda t, time=time: pc.coalesce(t["recorded_at"], t[time]).cast(INSTANT)  # noqa: E731
        rewrite(cut, table, lambda t, at=recorded: t.filter(pc.less(at(t), moment("2026-10-05"))))
    files = []
    for one in (whole, cut):
        plan = job(one, until="2026-10-04", outcome="", horizon_days="", holdout_share="", tune="")
        planned = steps_train.plan_training(plan)
        built = steps_train.build_matrix(planned, {"warnings": 0})
        files.append((Path(built["folder"]) / "matrix.parquet").read_bytes())
    assert files[0] == files[1]
    shutil.rmtree(tmp_path / "whole")


def test_a_feature_that_tells_of_the_future_is_refused_and_nothing_registered(site, tmp_path):
    here = site.twin(tmp_path)
    before = registry.versions(load(here.settings).paths.runs)
    planned = steps_train.plan_training(job(here, until="2026-10-04", outcome="", horizon_days="", holdout_share=""))
    built = steps_train.build_matrix(planned, {"warnings": 0})
    path = Path(built["folder"]) / "matrix.parquet"
    matrix = Matrix.read(path)
    X = matrix.X.copy()
    told = np.nan_to_num(matrix.rows["label"].to_numpy()) > 0
    told[::20] = True  # a leaf holds a hundred rows, and there are fewer events
    X[:, matrix.names.index("age")] = np.where(told, 100, 60)
    Matrix(matrix.rows, X, matrix.names).write(path)
    with pytest.raises(LeakSuspected, match="too good to be true:\n  the model outranks the true risk") as refused:
        steps_train.fit_model(planned, built)
    assert refused.value.exit_code == 3
    assert registry.versions(load(here.settings).paths.runs) == before
