"""The command line: exit codes, words for people, JSON for machines."""

import json
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from conftest import ROOT, SETTINGS
from histories import RESIDENT, STAY, write_history
from typer.testing import CliRunner

from flows.cli import app


@pytest.fixture
def call(site, monkeypatch):
    """A command in this process, with the site's settings."""

    def run(*words: object, settings=None):
        monkeypatch.setenv("HOMEROUND_SETTINGS", str(settings or site.settings))
        return CliRunner().invoke(app, [str(word) for word in words])

    return run


def broken(folder):
    return write_history(
        folder,
        residents=[RESIDENT | {"sex": "female"}, RESIDENT | {"resident_id": "r2", "date_of_birth": "last May"}],
        stays=[STAY | {"home_id": "nowhere"}],
    )


def test_help_needs_no_heavy_module():
    heavy = {"numpy", "pandas", "pyarrow", "prefect", "mlflow", "pydantic"}
    code = f"import sys, flows.cli; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=dict(os.environ))
    assert done.stdout.strip() == ""
    assert done.returncode == 0


def test_every_command_says_what_it_does():
    listing = CliRunner().invoke(app, ["--help"]).stdout
    for command in (
        "demo",
        "synth",
        "import",
        "export",
        "check",
        "features",
        "train",
        "evaluate",
        "promote",
        "score",
        "weekly",
        "reveal",
        "find",
        "schedule",
    ):
        assert command in listing
    assert "..." not in listing.partition("Commands:")[2], "cut off on a terminal of 80 columns"


def test_an_acceptable_history(call, site):
    done = call("check", site.history, "--json")
    assert done.exit_code == 0
    record = json.loads(done.stdout)
    assert record["status"] == "acceptable"
    assert {feed["name"] for feed in record["feeds"]} >= {"care_record", "gp", "hospital"}
    assert "acceptable" in call("check", site.history).stdout


def test_a_history_that_is_not_acceptable_is_3_with_every_problem(call, tmp_path):
    done = call("check", broken(tmp_path / "bad"), "--json")
    assert done.exit_code == 3
    record = json.loads(done.stdout)
    found = {(p["table"], p["column"]) for p in record["problems"] if p["severity"] == "error"}
    assert {("residents", "sex"), ("residents", "date_of_birth"), ("stays", "home_id")} <= found
    words = call("check", tmp_path / "bad")
    for place in ("residents.sex", "residents.date_of_birth", "stays.home_id"):
        assert place in words.stderr
    assert "Traceback" not in words.stderr


def test_usage_is_2(call, site, tmp_path):
    assert call("weekly", "--nonsense").exit_code == 2
    assert call("check", tmp_path / "nowhere").exit_code == 2
    assert call("score", site.history, tmp_path / "s.parquet", "--as-of", "2026-11-17").exit_code == 2
    assert call("reveal", tmp_path, "--out", tmp_path).exit_code == 2
    assert call("settings", settings=tmp_path / "absent.toml").exit_code == 2
    refused = call(
        "features", site.history, tmp_path / "f.parquet", "--from", "2026-11-17", "--to", "2026-11-18", "--json"
    )
    assert refused.exit_code == 2
    assert "no Monday" in json.loads(refused.stdout)["message"]


def test_no_model_is_4(call, tmp_path, site):
    empty = tmp_path / "homeround.toml"
    empty.write_text(SETTINGS, encoding="utf-8")
    done = call("score", site.history, tmp_path / "s.parquet", "--json", settings=empty)
    assert done.exit_code == 4
    assert json.loads(done.stdout)["held"] == "all"
    assert not (tmp_path / "s.parquet").exists()


def test_score_writes_everyone_and_marks_hindsight(call, site, tmp_path):
    out = tmp_path / "scores.parquet"
    assert call("score", site.history, out, "--as-of", "2026-11-09").exit_code == 2
    assert not out.exists()
    assert call("score", site.history, out, "--as-of", "2026-11-09", "--backdated").exit_code == 0
    assert set(pq.read_table(out)["backdated"].to_pylist()) == {True}
    done = call("score", site.history, out, "--json")
    table = pq.read_table(out)
    assert json.loads(done.stdout)["residents"] == table.num_rows > 100
    assert {"resident_id", "as_of", "risk", "rank", "status"} <= set(table.column_names)
    ranks = [rank for rank in table["rank"].to_pylist() if rank]
    assert ranks == list(range(1, len(ranks) + 1))
    assert set(table["backdated"].to_pylist()) == {False}


def test_features_of_a_span(call, site, tmp_path):
    done = call(
        "features", site.history, tmp_path / "f.parquet", "--from", "2026-11-01", "--to", "2026-11-16", "--json"
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["weeks"] == 3
    assert pq.read_table(tmp_path / "f.parquet").num_rows == json.loads(done.stdout)["rows"] > 300


def test_settings_are_printed_without_secrets(call, monkeypatch):
    monkeypatch.setenv("HOMEROUND_IDENTITY_KEY", "very secret")
    monkeypatch.setenv("HOMEROUND_LISTS__BELOW", "4")
    done = call("settings", "--json")
    record = json.loads(done.stdout)
    assert record["lists"]["below"] == 4
    assert record["secrets"] == {"identity_key": "****", "pseudonym_key": "not set"}
    assert "very secret" not in done.stdout + call("settings").stdout


def test_promotion_needs_a_name_and_a_reason(call):
    assert call("promote", "1", "--by", "Dr A").exit_code == 2
    assert call("promote", "99", "--by", "Dr A", "--reason", "better").exit_code == 2


def test_names_come_out_sealed(site):
    assert (site.history / "identities.sealed").is_file()
    assert not (site.history / "identities.parquet").exists()
    assert (site.folder / "var" / "identity.key").stat().st_mode & 0o777 == 0o600
