"""A small site, made once for all workers: an invented history, a trained model and its settings."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# The lists that the tests of serving have invented serve here too.
sys.path.append(str(ROOT / "tests" / "serving"))
SETTINGS = """
[paths]
history = "history"
[model]
coding_delay_days = 14
calibrate_weeks = 4
test_weeks = 4
threads = 1
plausible_auroc = 1
[lists]
mdt_capacity = 6
round_capacity = 3
[checks]
list_stale_days = {}
[promotion]
least_events = 1
auroc_over_rule = -1
auroc_margin = 1
yield_margin = 1
slope_least = -1000
slope_most = 1000
ratio_least = 0
ratio_most = 100
ici_most = inf
present_least = 0
[[lawful_use]]
purpose = "direct_care"
sources = ["home", "care_record", "gp", "community", "urgent_care", "hospital"]
controller = "Nobody"
basis = "invented people"
reference = "test"
expires = 2099-12-31
objections = ["local"]
[[lawful_use]]
purpose = "model_development"
sources = ["home", "care_record", "gp", "community", "urgent_care", "hospital"]
controller = "Nobody"
basis = "invented people"
reference = "test"
expires = 2099-12-31
objections = ["national_data_opt_out", "type_1", "local"]
"""


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


@dataclass(frozen=True)
class Site:
    """A folder with settings, a history and whatever commands leave there."""

    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / "homeround.toml"

    @property
    def history(self) -> Path:
        return self.folder / "history"

    @property
    def published(self) -> Path:
        return self.folder / "var" / "published"

    def run(self, *words: object, **environment: str) -> Answer:
        """A command line in a process of its own."""
        done = subprocess.run(self.command(*words), env=self.environment(**environment), capture_output=True, text=True)
        return Answer(done.returncode, done.stdout, done.stderr)

    def command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "flows.cli", "--settings", str(self.settings), *map(str, words)]

    def environment(self, **more: str) -> dict[str, str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("HOMEROUND_", "PREFECT_", "MLFLOW_"))}
        return plain | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"} | more

    def twin(self, folder: Path, settings: str = SETTINGS) -> "Site":
        """Another site with the same history and the same models, and its own settings, lists and work."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.history, folder / "history", ignore=shutil.ignore_patterns("identities*"))
        (folder / "var" / "work" / "prefect").mkdir(parents=True)
        for name in ("prefect.db", "migrated"):
            shutil.copy(self.folder / "var" / "work" / "prefect" / name, folder / "var" / "work" / "prefect" / name)
        runs = f'runs = "{self.folder / "mlruns"}"\n'
        (folder / "homeround.toml").write_text(settings.replace("[paths]\n", f"[paths]\n{runs}"), encoding="utf-8")
        return Site(folder)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Trained through the command line; the first worker makes it, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    made = Site(shared / "site")
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made.folder / "ready").exists():
            _make(made)
            (made.folder / "ready").touch()
    return made


def _make(site: Site) -> None:
    site.folder.mkdir()
    site.settings.write_text(SETTINGS, encoding="utf-8")
    synth = site.run("synth", site.history, "--homes", 6, "--weeks", 46, "--residents", 150)
    assert synth.code == 0, synth.err
    trained = site.run("train", "--json")
    assert trained.code == 0, trained.err
    (site.folder / "trained.json").write_text(trained.out, encoding="utf-8")
