"""Which model is used: judged against the one in use, refused with reasons, overridden in writing, rolled back."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from conftest import SETTINGS
from typer.testing import CliRunner

from features.matrix import Matrix
from features.problems import HeldBack
from flows import in_use, plain, steps_train, steps_weekly
from flows.cli import app
from flows.lock import only_one
from flows.settings import load
from models import registry
from models.boosting import Params
from serving import audit

NAME = "promoted"
LENIENT = SETTINGS.replace("[model]\n", f'[model]\nname = "{NAME}"\n')


@pytest.fixture
def here(site, tmp_path, monkeypatch):
    """A site with the same history and store, and a model's name of its own."""
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(tmp_path / "homeround.toml"))
    monkeypatch.setattr(plain, "params", lambda _: Params(rounds=60, num_threads=1))
    return site.twin(tmp_path, LENIENT)


def strict(here) -> None:
    """The margins of discrimination as they are by default; six homes are too few for the other bounds."""
    text = here.settings.read_text(encoding="utf-8")
    text = text.replace("\nauroc_margin = 1\nyield_margin = 1", "")
    here.settings.write_text(text, encoding="utf-8")


def call(*words, code=0):
    done = CliRunner().invoke(app, ["promote", *map(str, words), "--by", "A. Analyst", "--reason", "trial"])
    assert done.exit_code == code, done.output
    return done


def trained(here, matrices: Path) -> dict:
    """One training on the matrices of a folder, judged and registered."""
    plain_job = dict.fromkeys(("until", "history", "outcome", "horizon_days", "holdout_share"), "")
    job = steps_train.plan_training(plain_job | {"settings": str(here.settings), "work": str(here.folder / "work")})
    return steps_train.fit_model(job, {"folder": str(matrices), "uncoded": 0})


def matrices_of(site) -> Path:
    [path] = (site.folder / "var" / "work" / "train").rglob("matrix.parquet")
    return path.parent


def noisy(folder: Path, to: Path) -> Path:
    """The same matrices, the outcomes of all but the judged weeks dealt out anew: nothing can be learnt."""
    to.mkdir()
    shutil.copy(folder / "latest.parquet", to)
    matrix = Matrix.read(folder / "matrix.parquet")
    days = np.array(matrix.rows["as_of"].to_pylist())
    early = days < np.unique(days)[-4]
    rows = matrix.rows
    for name in ("label", "any_label"):
        values = rows[name].to_numpy().copy()
        dealt = np.flatnonzero(early & ~np.isnan(values))
        values[dealt] = values[np.random.default_rng(3).permutation(dealt)]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(values, from_pandas=True))
    replace(matrix, rows=rows).write(to / "matrix.parquet")
    return to


def used(here) -> str:
    """The version that the coming lists would be made with."""
    job = {"as_of": "2026-11-16", "history": "", "published": "", "backdated": ""}
    return steps_weekly.plan_weekly(job | {"settings": str(here.settings), "work": str(here.folder / "work")})[
        "model_version"
    ]


def by_hand(store: Path, version: int) -> None:
    """The alias moved in MLflow, past the gate."""
    import mlflow

    mlflow.MlflowClient(registry.tracking_uri(store)).set_registered_model_alias(NAME, "champion", str(version))


def test_a_model_is_used_only_after_its_verdict(here, site, tmp_path, monkeypatch):
    """One story, since each training takes seconds."""
    good = matrices_of(site)
    store = load(here.settings).paths.runs
    first = trained(here, good)
    assert (first["alias"], first["verdict"]["reasons"]) == ("champion", [])
    assert first["verdict"]["beside"] == "prior admissions"
    assert used(here) == "1"

    strict(here)
    worse = trained(here, noisy(good, tmp_path / "noise"))
    assert (worse["alias"], worse["verdict"]["verdict"], worse["verdict"]["beside"]) == (
        "candidate",
        "failed",
        "model 1",
    )
    refused = call("--json", code=4)
    record = json.loads(refused.stdout)
    assert record["verdict"] == "failed"
    assert any(reason.startswith("AUROC") and "the lower end must be" in reason for reason in record["reasons"])
    assert "the lower end must be" in call("2", code=4).stdout
    assert used(here) == "1"

    by_hand(store, 2)
    with pytest.raises(HeldBack, match="model 2 is not used: it failed its criteria"):
        used(here)
    by_hand(store, 1)

    assert "at least 20 letters" in call("2", "--override", "because", code=2).stderr
    assert "in use, though it fails" in call("2", "--override", "the board has seen it and agrees").stdout
    assert registry.find(store, name=NAME).tags["override"] == "the board has seen it and agrees"
    assert used(here) == "2"

    assert "Model 1 is in use again" in call("--rollback").stdout
    assert used(here) == "1"
    assert "undoes the last promotion, once" in call("--rollback", code=4).stderr
    assert registry.find(store, 2, name=NAME).tags["rolled_back_reason"] == "trial"

    assert trained(here, good)["alias"] == "candidate"
    assert "Model 3 is in use" in call("--again").stdout
    assert used(here) == "3"
    assert [info.aliases for info in registry.versions(store, name=NAME)] == [("previous",), (), ("champion",)]

    with only_one(store / ".promotion.lock", "promotion"):
        assert "another promotion run is going on" in call("1", code=4).stderr
    trail = here.folder / "var" / "audit" / "promotion.jsonl"
    did = [(line["did"], line["version"]) for line in map(json.loads, trail.read_text().splitlines())]
    assert did == [("promoted", 1), ("refused", 2), ("refused", 2), ("promoted", 2), ("rolled back to", 1),
                   ("promoted", 3)]  # fmt: skip
    assert audit.broken_at(trail) is None

    monkeypatch.setattr(in_use, "features_mark", lambda: "others")
    with pytest.raises(HeldBack, match="made for other features than are computed now: train again"):
        used(here)
