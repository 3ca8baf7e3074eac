"""Accounts from the command line, and the demo's, which real records refuse."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from features.problems import UsageError
from flows.cli import app
from flows.demo_accounts import make_demo_accounts
from flows.room import provider_of
from flows.settings import load

LINE = """[[lawful_use]]
purpose = "direct_care"
sources = ["home"]
controller = "The county"
basis = "A basis"
reference = "{reference}"
expires = 2099-12-31
"""


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "homeround.toml"
    file.write_text(LINE.format(reference="synthetic data"), encoding="utf-8")
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(file))
    return file


def run(*words: str, typed: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, words, input=typed)
    return done.exit_code, done.output


def test_an_account_is_made_named_and_disabled(settings_file: Path) -> None:
    password = "a password for tests"
    add = ("accounts", "add", "anne", "--name", "Dr Anne", "--role", "gp")
    assert run(*add, "--for", "p1", typed=f"{password}\n") == (0, "anne: gp\n")
    assert run("accounts", "list")[1] == "anne  gp  p1\n"
    assert run("accounts", "disable", "anne")[0] == 0
    assert run("accounts", "list")[1] == "anne  gp  p1  disabled\n"
    store = settings_file.parent / "var/room/room.db"
    assert store.stat().st_mode & 0o777 == 0o600
    assert password.encode() not in store.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ("add", "x", "--name", "X", "--role", "gp"),  # for nobody
        ("add", "x", "--name", "X", "--role", "data_scientist", "--for", "p1"),
        ("add", "x", "--name", "X", "--role", "doctor"),
        ("add", "x", "--name", "X", "--role", "data_scientist"),  # the password is too short
        ("disable", "nobody"),
        ("password", "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_with_exit_code_2(settings_file: Path, words: tuple[str, ...]) -> None:
    assert run("accounts", *words, typed="short\n")[0] == 2


def test_demo_accounts_are_refused_where_real_records_may_be_used(settings_file: Path) -> None:
    settings_file.write_text(LINE.format(reference="DPIA 12"), encoding="utf-8")
    with pytest.raises(UsageError, match="invented people only"):
        make_demo_accounts(load())
    assert not (settings_file.parent / "var/room").exists()


def test_a_provider_needs_a_safe_address_a_client_and_its_secret(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider_of(load()) is None
    with settings_file.open("a", encoding="utf-8") as file:
        file.write('[web.oidc]\nissuer = "https://login.example"\nclient_id = "room"\n')
    with pytest.raises(UsageError, match="no secret: set HOMEROUND_SECRET_OIDC"):
        provider_of(load())
    monkeypatch.setenv("HOMEROUND_SECRET_OIDC", "hidden")
    found = provider_of(load())
    assert found is not None
    assert "hidden" not in repr(found)
    monkeypatch.setenv("HOMEROUND_WEB__OIDC__ISSUER", "http://login.example")
    with pytest.raises(UsageError, match="https://"):
        provider_of(load())
