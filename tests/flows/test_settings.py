"""Settings: one file, overrides by the environment, and every problem at once with what was meant."""

from datetime import date
from pathlib import Path

import pytest

from features.problems import UsageError
from flows.settings import load

ROOT = Path(__file__).parents[2]
CELL = 'sources = ["gp"]\ncontroller = "C"\nreference = "r"\nexpires = 2030-01-01\n'


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch):
    monkeypatch.delenv("HOMEROUND_SETTINGS", raising=False)


def written(folder: Path, text: str) -> Path:
    path = folder / "homeround.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(UsageError) as refused:
        load(path)
    return [line.strip() for line in str(refused.value).splitlines()[1:]]


def test_the_file_of_the_repository_states_the_defaults(tmp_path):
    ours, empty = load(ROOT / "homeround.toml"), load(written(tmp_path, ""))
    for section in (
        "model",
        "backtest",
        "lists",
        "holdout",
        "lags",
        "checks",
        "fairness",
        "promotion",
        "monitoring",
        "schedule",
    ):
        assert getattr(ours, section) == getattr(empty, section), section
    assert {use.purpose for use in ours.lawful_use} == {"direct_care", "model_development", "profile", "impact"}
    assert all("invented" in use.basis for use in ours.lawful_use)


def test_unknown_keys_are_told_with_the_nearest_name_and_all_at_once(tmp_path):
    path = written(
        tmp_path,
        '[lists]\nmdt_capacty = 3\nbelow = -1\n[model]\nseed = "x"\n[lits]\n'
        '[[teams]]\nid = "a"\nlabel = "A"\nkind = "mdt"\ncapacity = 3\nhome = ["h1"]\n'
        f'[[lawful_use]]\npurpose = "direct_care"\n{CELL}',
    )
    found = problems(path)
    assert "lists.mdt_capacty: unknown key; did you mean 'mdt_capacity'?" in found
    assert "lits: unknown key; did you mean 'lists'?" in found
    assert "teams[1].home: unknown key; did you mean 'homes'?" in found
    assert "lawful_use[1].basis: is missing" in found
    assert any(line.startswith("lists.below: ") for line in found)
    assert any(line.startswith("model.seed: ") for line in found)
    assert len(found) == 6


def test_the_environment_overrides_one_value_and_only_that(tmp_path, monkeypatch):
    path = written(tmp_path, "[lists]\nround_capacity = 4\n[lists.stale_days]\ngp = 9\n")
    monkeypatch.setenv("HOMEROUND_LISTS__MDT_CAPACITY", "12")
    monkeypatch.setenv("HOMEROUND_LISTS__STALE_DAYS__GP", "3")
    assert load(path).lists.mdt_capacity == 12
    assert load(path).lists.round_capacity == 4
    assert load(path).lists.stale_days["gp"] == 3


def test_an_override_of_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEROUND_LIST__MDT_CAPACITY", "12")
    monkeypatch.setenv("HOMEROUND_MODEL__SED", "12")
    assert problems(written(tmp_path, "")) == [
        "HOMEROUND_LIST__MDT_CAPACITY: unknown section; did you mean 'lists'?",
        "model.sed: unknown key; did you mean 'seed'?",
    ]


def test_relative_paths_start_at_the_settings_file(tmp_path, monkeypatch):
    path = written(tmp_path, '[paths]\nhistory = "feeds"\npublished = "/srv/lists"\n')
    monkeypatch.chdir("/")
    assert load(path).paths.history == tmp_path / "feeds"
    assert load(path).paths.published == Path("/srv/lists")
    assert load(path).paths.runs == tmp_path / "mlruns"


def test_where_the_settings_are_looked_for(tmp_path, monkeypatch):
    named, here = tmp_path / "named", tmp_path / "here"
    named.mkdir()
    here.mkdir()
    written(named, "[lists]\nbelow = 1\n")
    written(here, "[lists]\nbelow = 2\n")
    monkeypatch.chdir(tmp_path)
    assert load().source == ROOT / "homeround.toml"
    monkeypatch.chdir(here)
    assert load().lists.below == 2
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(named / "homeround.toml"))
    assert load().lists.below == 1
    with pytest.raises(UsageError, match="no settings file"):
        load(tmp_path / "absent.toml")


def test_a_file_that_is_no_toml_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="not a TOML file"):
        load(written(tmp_path, "lists = ["))


def test_the_digest_follows_what_can_change_a_list_and_nothing_else(tmp_path):
    plain = load(written(tmp_path, "")).digest()
    assert (
        load(written(tmp_path, '[paths]\nwork = "w"\n[schedule]\nweekly = "0 7 * * 1"\n[model]\nthreads = 2')).digest()
        == plain
    )
    assert load(written(tmp_path, "[lists]\nbelow = 3")).digest() != plain
    assert load(written(tmp_path, "[lags]\ngp = 4")).digest() != plain


def test_dates_and_lists_keep_their_types(tmp_path):
    path = written(tmp_path, f'[[lawful_use]]\npurpose = "impact"\nbasis = "b"\n{CELL}')
    (use,) = load(path).lawful_use
    assert (use.expires, use.sources, use.objections) == (date(2030, 1, 1), ("gp",), ())
