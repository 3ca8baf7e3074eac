import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models import registry
from models.boosting import Params
from models.bootstrap import Estimate
from models.card import card_of
from models.errors import ModelChanged, NoChampion, RegistryError
from models.model import AVOIDABLE
from models.plots.evaluation import write_plots
from models.registry import TrainingData
from models.tune import VARIED, Trial, Tuned

DIGEST = "ab" * 32
OUTSIDE = """
import sys
sys.path.append(sys.argv[1])
try:
    import models
except ImportError:
    pass
else:
    raise SystemExit("our packages are here")
import mlflow, numpy, pandas
mlflow.set_tracking_uri(sys.argv[2])
model = mlflow.pyfunc.load_model("models:/avoidable-admission@champion")
frame = pandas.read_csv(sys.argv[3])
assert frame["cfs"].dtype == "int64"
found = model.predict(frame)
found.to_csv(sys.argv[4], index=False, float_format="%.17g")
try:
    model.unwrap_python_model().predict(None, frame.rename(columns={"falls_28": "falls_28d"}))
except Exception as error:
    print(error)
try:
    model.predict(frame.drop(columns=["cfs", "falls_28"]).rename(columns={"noise_a": "noise_aa"}))
except Exception as error:
    print(error)
"""


@pytest.fixture(autouse=True)
def _no_store_from_outside(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def log(root, trained, labelled, model=None, name=registry.NAME, tuned=None):
    plots = Path(root).parent / "plots"
    write_plots(trained.evaluation, plots)
    model = model or trained.model
    card = card_of(
        model, trained.evaluation, name=registry.NAME, code_version="c0ffee99", history_digest=DIGEST, synthetic=True
    )
    data = TrainingData(DIGEST, len(labelled[0]), model.events, dict.fromkeys(model.names, "float"))
    return registry.log_training(
        root,
        model,
        trained.evaluation,
        data,
        judged=trained.judged,
        present=dict.fromkeys(model.names, 1.0),
        plots=plots,
        card=card,
        code_version="c0ffee99",
        tuned=tuned,
        name=name,
    )


@pytest.fixture(scope="session")
def store(tmp_path_factory, trained, labelled):
    """A registry with one training of the usual name in it, in use; a test that writes uses another name."""
    root = tmp_path_factory.mktemp("registry") / "mlruns"
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    log(root, trained, labelled)
    registry.promote(root, 1, by="A. Analyst", reason="the first", instead_of=None)
    return root


def test_what_is_logged_is_loaded(store, trained):
    model, info = registry.load(store)
    assert model == trained.model
    assert (info.version, info.aliases) == (1, ("champion",))
    assert info.trained_until == trained.model.trained_until
    wanted = {"code_version", "history_digest", "outcome", "horizon_days", "feature_fingerprint", "trained_until"}
    assert wanted | {"model_id", "model_digest"} <= info.tags.keys()
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_the_run_tells_what_it_was(store, trained):
    import mlflow

    client = mlflow.MlflowClient(registry.tracking_uri(store))
    run = client.get_run(registry.load(store)[1].run_id)
    assert run.info.run_name == f"train-{trained.model.trained_until}-28d-c0ffee99"
    assert run.data.tags["history_digest"] == DIGEST
    assert run.data.metrics["model.all.auroc"] == trained.evaluation.get("auroc").value
    assert run.data.params["num_leaves"] == "8"
    [given] = run.inputs.dataset_inputs
    assert '"num_rows": 7500' in given.dataset.profile
    assert {item.path for item in client.list_artifacts(run.info.run_id)} == {
        "evaluation.json",
        "judged",
        "model_card.html",
        "model_card.md",
        "plots",
    }


def test_a_search_for_parameters_is_told_with_the_run(store, trained, labelled):
    import mlflow

    trials = (Trial(0, {"num_leaves": 8}, 0.21, 30), Trial(1, {"num_leaves": 4}, 0.2, 40))
    varied = {name: getattr(Params(), name) for name in VARIED}
    trials = tuple(replace(trial, varied=varied | trial.varied) for trial in trials)
    tuned = Tuned(Params(), Params(num_leaves=4), Estimate(0.01, -0.01, 0.02), trials)
    info = log(store, trained, labelled, name="searched", tuned=tuned)
    client = mlflow.MlflowClient(registry.tracking_uri(store))
    run = client.get_run(info.run_id)
    said = {name: run.data.params[f"tuning_{name}"] for name in ("trials", "used", "best", "best_num_leaves")}
    assert said == {"trials": "2", "used": "False", "best": "1", "best_num_leaves": "4"}
    assert run.data.metrics["tuning.gain"] == 0.01
    assert "tuning.md" in {item.path for item in client.list_artifacts(info.run_id)}


def test_no_resident_is_in_the_store(store, labelled):
    residents = [name.encode() for name in set(labelled[0].rows["resident_id"].to_pylist())]
    files = [path for path in store.rglob("*") if path.is_file()]
    assert any(path.name == "mlflow.db" for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(name in content for name in residents), path
        assert not [text for text in re.findall(rb"(?<![\w.])\d{10}(?![\w.])", content) if _nhs(text)], path
        assert "input_example" not in path.name


def _nhs(text: bytes) -> bool:
    digits = [int(chr(c)) for c in text]
    return (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11) % 11 == digits[9]


def test_the_check_for_numbers_knows_one():
    assert _nhs(b"9434765919")
    assert not _nhs(b"9434765918")


def test_the_model_loads_without_our_packages(store, trained, labelled, tmp_path):
    import pandas as pd

    X = labelled[0].X[:400]
    frame = pd.DataFrame(X, columns=trained.model.names)[list(reversed(trained.model.names))]
    frame["cfs"] = frame["cfs"].astype("int64")  # whole numbers are as welcome as floats
    frame.to_csv(tmp_path / "in.csv", index=False)
    site = sysconfig.get_path("purelib")
    uri = registry.tracking_uri(store)
    arguments = [site, uri, str(tmp_path / "in.csv"), str(tmp_path / "out.csv")]
    # -S: the environment's .pth files, which would bring our packages, are not read.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", OUTSIDE, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "out.csv")
    np.testing.assert_allclose(found["risk"], trained.model.risk(X), atol=1e-12, rtol=0)
    np.testing.assert_allclose(found["risk_any"], trained.model.risk(X, "any"), atol=1e-12, rtol=0)
    groups = [column for column in found if column.startswith("contribution: ")]
    assert {column.removeprefix("contribution: ") for column in groups} == set(trained.model.groups.values())
    values, _ = trained.model.contributions(X)
    np.testing.assert_allclose(found["contribution: Home"], values[:, 4:].sum(axis=1), atol=1e-12)
    assert "falls_28 (nearest column given: falls_28d)" in done.stdout
    assert "3 of 6 feature columns are missing" in done.stdout
    assert all(name in done.stdout for name in ("cfs", "falls_28", "noise_a"))


def test_the_served_model_counts_boosters_by_their_shares(trained, labelled, tmp_path):
    import pandas as pd

    from models.pyfunc_model import AvoidableAdmission

    head = trained.model.heads[AVOIDABLE]
    assert len(head.boosters) == 4
    own = replace(head, shares=(0.4, 0.4, 0.1, 0.1))
    model = replace(trained.model, heads={**trained.model.heads, AVOIDABLE: own})
    model.write(tmp_path)
    served = AvoidableAdmission()
    served.load_context(SimpleNamespace(artifacts={"model": str(tmp_path)}))
    X = labelled[0].X[:100]
    found = served.predict(None, pd.DataFrame(X, columns=model.names))
    np.testing.assert_allclose(found["risk"], model.risk(X), atol=1e-12, rtol=0)
    np.testing.assert_allclose(
        found["contribution: Home"], model.contributions(X)[0][:, 4:].sum(axis=1), atol=1e-12, rtol=0
    )


@pytest.mark.thorough
def test_three_processes_may_create_the_store_at_once(tmp_path):
    code = f"from models import registry; registry.create({str(tmp_path / 'mlruns')!r})"
    running = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.wait() == 0, process.stderr.read()
        process.stderr.close()
    import mlflow

    found = mlflow.MlflowClient(registry.tracking_uri(tmp_path / "mlruns")).search_experiments()
    assert [experiment.name for experiment in found].count("homeround") == 1
    assert sorted(path.name for path in (tmp_path / "mlruns").iterdir()) == [".lock", "mlflow.db"]


def aliases(store, name):
    return [(info.version, info.aliases) for info in registry.versions(store, **name)]


def test_trainings_are_candidates_until_promoted(store, trained, labelled):
    name = {"name": "promoted-model"}
    who = {"by": "A. Analyst", **name}
    assert log(store, trained, labelled, **name).aliases == ("candidate",)
    registry.promote(store, 1, reason="the first", instead_of=None, **who)
    assert log(store, trained, labelled, trained.judged, **name).aliases == ("candidate",)
    assert registry.load(store, 2, **name)[0] == trained.judged
    promoted = registry.promote(store, 2, reason="better calibrated", instead_of=1, override="seen by the board", **who)
    assert promoted.aliases == ("champion",)
    assert (promoted.tags["promoted_reason"], promoted.tags["override"]) == ("better calibrated", "seen by the board")
    assert registry.load(store, "previous", **name)[0] == trained.model
    assert registry.load(store, **name)[0] == trained.judged
    registry.promote(store, 1, reason="back again", instead_of=2, **who)
    assert aliases(store, name) == [(1, ("champion",)), (2, ("previous",))]
    again = registry.promote(store, 2, reason="no override needed now", instead_of=1, **who)
    assert "override" not in again.tags
    registry.promote(store, 2, reason="once more changes nothing", instead_of=None, **who)
    assert registry.load(store, "previous", **name)[1].version == 1
    with pytest.raises(RegistryError, match="no version 7"):
        registry.promote(store, 7, reason="a slip", instead_of=2, **who)
    with pytest.raises(RegistryError, match="who promotes"):
        registry.promote(store, 2, by=" ", reason="none", instead_of=None, **name)
    with pytest.raises(RegistryError, match="version 2 of promoted-model has come into use meanwhile"):
        registry.promote(store, 1, reason="judged against none", instead_of=None, **who)


def test_a_roll_back_restores_the_model_before_once(store, trained, labelled):
    name = {"name": "rolled-back-model"}
    who = {"by": "A. Analyst", **name}
    for version, before in ((1, None), (2, 1)):
        log(store, trained, labelled, trained.model if version == 1 else trained.judged, **name)
        registry.promote(store, version, reason="next", instead_of=before, **who)
    info, gone = registry.roll_back(store, reason="lists looked odd", **who)
    assert (info.version, gone) == (1, 2)
    assert registry.load(store, **name)[0] == trained.model
    assert aliases(store, name) == [(1, ("champion",)), (2, ())]
    taken = registry.find(store, 2, **name)
    assert (taken.tags["rolled_back_by"], taken.tags["rolled_back_reason"]) == ("A. Analyst", "lists looked odd")
    with pytest.raises(NoChampion, match="a roll-back undoes the last promotion, once"):
        registry.roll_back(store, reason="again", **who)


def test_the_judged_twin_is_kept_with_its_weeks(store, trained):
    found = registry.twin(store, 1)
    assert found.model == trained.judged
    assert found.split == trained.split
    assert found.present.keys() == set(trained.model.names)
    assert not found.leak_suspected


def test_verdicts_and_evidence_stay_with_the_version(store, trained, labelled):
    import mlflow

    name = {"name": "judged-model"}
    run = log(store, trained, labelled, **name).run_id
    assert registry.evidence(store, 1, **name) is None
    registry.keep_evidence(store, 1, {"events": 3}, **name)
    for verdict in ("failed", "overridden"):
        registry.keep_verdict(store, 1, {"verdict": verdict}, **name)
    assert registry.evidence(store, 1, **name) == {"events": 3}
    assert registry.find(store, 1, **name).tags["verdict"] == "overridden"
    client = mlflow.MlflowClient(registry.tracking_uri(store))
    kept = [item.path for item in client.list_artifacts(run, "promotion") if "verdict" in item.path]
    assert len(kept) == 2


def test_what_people_read_of_a_version_is_kept_with_it(store):
    kept = registry.kept(store, 1)
    assert kept.info.version == 1
    assert kept.evaluation["calibration"]
    assert registry.kept_evaluation(store, 1) == kept.evaluation
    assert kept.card.casefold().startswith("<!doctype html>")
    assert kept.plots["calibration"].rstrip().endswith("</svg>")
    assert kept.fairness is None


def test_a_changed_file_is_noticed(store, trained, labelled):
    before = set(store.rglob("booster_avoidable_0.txt"))
    log(store, trained, labelled, name="changed-model")
    [path] = {file for file in set(store.rglob("booster_avoidable_0.txt")) - before if file.parent.name == "model"}
    path.write_text(re.sub(r"leaf_value=\S+", lambda m: m[0].replace("1", "2"), path.read_text(), count=1))
    with pytest.raises(ModelChanged, match="not the model that was registered") as raised:
        registry.load(store, 1, name="changed-model")
    assert raised.value.exit_code == 4


def test_without_a_model_one_is_told_what_to_do(store, tmp_path):
    with pytest.raises(NoChampion, match="homeround train") as raised:
        registry.load(tmp_path / "mlruns")
    assert raised.value.exit_code == 4
    assert not (tmp_path / "mlruns").exists()
    with pytest.raises(NoChampion, match="homeround promote"):
        registry.load(store, name="unknown-model")
    assert registry.versions(store, name="unknown-model") == registry.versions(tmp_path / "mlruns") == ()


def test_the_environment_names_another_store(store, tmp_path, monkeypatch):
    uri = registry.tracking_uri(store)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert registry.tracking_uri(tmp_path / "mlruns") == uri
    registry.create(tmp_path / "mlruns")
    assert not (tmp_path / "mlruns").exists()
    assert registry.load(tmp_path / "mlruns")[1].version == 1
    assert os.environ["MLFLOW_TRACKING_URI"] == uri


def test_importing_the_models_imports_no_framework():
    code = (
        "import sys, models.registry, models.train, models.plots.evaluation, models.card;"
        "print(sorted({'mlflow', 'lightgbm', 'sklearn', 'matplotlib', 'shap'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
