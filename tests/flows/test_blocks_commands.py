"""Large histories by command: made, added to, and what a person is told."""

import json

import pytest
from histories import HOME, RESIDENT, STAY, write_history
from typer.testing import CliRunner

from features.history import open_history
from features.sources.importing import import_history
from features.store import growing
from features.store.opening import layout_of
from flows.cli import app

EVENT = {"resident_id": "r1", "time": "2025-06-02", "code": "fall", "recorded_at": "2025-06-03"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "homeround.toml").write_text("", encoding="utf-8")
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(tmp_path / "homeround.toml"))
    monkeypatch.chdir(tmp_path)
    write_history(tmp_path / "plain", homes=[HOME], residents=[RESIDENT], stays=[STAY], events=[EVENT])
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_history_becomes_one_in_blocks_and_grows(place):
    done = run("blocks", "plain", "store", "--residents", 1, "--json")
    assert json.loads(done.stdout)["rows"]["events"] == 1
    write_history(place / "new", events=[EVENT | {"time": "2025-06-09", "recorded_at": "2025-06-10"}])
    for path in (place / "new").iterdir():
        if path.stem != "events":
            path.unlink()
    done = run("append", "store", "new", "--json")
    assert json.loads(done.stdout) | {"history": ""} == {
        "history": "",
        "rows": {"events": 1},
        "touched": 1,
        "blocks": 1,
    }
    assert open_history(place / "store")["events"].num_rows == 2
    checked = run("check", "store", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)["rows"]["events"]) == (0, 2)


def test_what_cannot_be_done_is_said_with_what_to_do(place):
    assert run("append", "plain", "plain").exit_code == 2
    (place / "plain/identities.csv").write_text(
        "resident_id,nhs_number,given_name,family_name\nr1,9990000018,Ann,Other\n"
    )
    refused = run("blocks", "plain", "store")
    assert (refused.exit_code, "homeround seal" in refused.output, "Ann" in refused.output) == (2, True, False)
    assert not (place / "store").exists()
    (place / "plain/identities.csv").unlink()
    assert run("blocks", "plain", "store").exit_code == 0
    again = run("blocks", "plain", "store")
    assert (again.exit_code, "name a new folder" in again.output) == (2, True)
    for path in (place / "store/events").iterdir():
        path.write_bytes(b"PAR1")
    assert run("check", "store").exit_code == 3


def test_an_import_comes_in_blocks_once_it_is_large(place, monkeypatch):
    monkeypatch.setattr(growing, "LARGE", 0)
    assert run("export", "meds", "plain", "meds").exit_code == 0
    for _ in range(2):  # the second time over the first
        import_history("meds", place / "meds", place / "brought")
        assert layout_of(place / "brought").rows("events") == 1
    history = open_history(place / "brought")
    assert history["stays"]["home_id"].to_pylist() == ["h1"]
    assert (place / "brought/import.json").is_file()
