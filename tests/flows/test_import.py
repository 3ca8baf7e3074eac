"""Importing as a person does it: secrets by name, numbers sealed, the report where it is said to be."""

import json

import pytest
from typer.testing import CliRunner

from flows.cli import app

MAPPING = """
[[read]]
file = "people"
table = "residents"
columns = { resident_id = "nhs", date_of_birth = "born" }
constants = { sex = "F" }
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with settings of its own and a small extract whose ids are NHS numbers."""
    (tmp_path / "homeround.toml").write_text("", encoding="utf-8")
    (tmp_path / "extract").mkdir()
    (tmp_path / "extract/people.csv").write_text("nhs,born\n9990000018,1938-07-14\n9990000026,1940-02-01\n")
    (tmp_path / "mapping.toml").write_text(MAPPING)
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(tmp_path / "homeround.toml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words, **more):
    return CliRunner().invoke(app, [str(word) for word in words], **more)


def brought(*words):
    return run("import", "csv", "extract", "history", "--mapping", "mapping.toml", *words)


def test_numbers_become_pseudonyms_that_can_be_found_again(place):
    assert brought().exit_code == 2
    done = brought("--nhs-numbers", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["keyed"]["people"] == 2
    assert "9990000018" not in done.output
    for name in ("pseudonym.key", "identity.key"):
        assert (place / "var" / name).stat().st_mode & 0o777 == 0o600
    asked = run("find", "history", "--for", "Dr A", "--purpose", "call", "--json", input="999 000 0026\n")
    who = json.loads(asked.stdout)["resident_id"]
    assert who.startswith("r")
    trail = (place / "var/audit/reveal.jsonl").read_text()
    assert who in trail
    assert "9990000026" not in trail + asked.output
    assert run("find", "history", "--for", " ", "--purpose", "call", input="9990000026\n").exit_code == 2


def test_the_same_key_gives_the_same_pseudonyms_again(place):
    brought("--nhs-numbers")
    first = (place / "history/residents.parquet").read_bytes()
    assert brought("--nhs-numbers").exit_code == 0
    assert (place / "history/residents.parquet").read_bytes() == first


def test_the_report_is_shown_and_stands_in_the_history(place):
    done = brought("--nhs-numbers")
    assert "2 residents in no home" in done.stdout
    assert "import.html" in done.stdout
    page = (place / "history/import.html").read_text(encoding="utf-8")
    assert "Import from CSV" in page
    assert "999" not in page


@pytest.mark.parametrize("source", ["database:postgresql://me:secret@host/cdm", "database:", "database:../x"])
def test_an_address_on_the_command_line_is_refused(place, source):
    done = run("import", "omop", source, "history")
    assert done.exit_code == 2
    assert "secret" in done.output  # the word of the advice
    assert "me:secret" not in done.output


def test_a_database_is_named_by_a_secret(place):
    done = run("import", "omop", "database:site/cdm", "history")
    assert done.exit_code == 2
    assert "HOMEROUND_SECRET_SITE" in done.output
