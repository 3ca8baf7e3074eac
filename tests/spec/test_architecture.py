"""Imports go one way, frameworks stay at the rim, and every control named in the hazard log has a test."""

import ast
import csv
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = ("features", "models", "serving", "flows")
MODULES = sorted(p for layer in ORDER for p in (ROOT / layer).rglob("*.py"))
# What only the named place may import: a framework changes, the rest of the house stays.
RIM = {
    "mlflow": {"models/registry/", "models/pyfunc_model.py"},
    "prefect": {"flows/"},
    "typer": {"flows/"},
    "fastapi": {"serving/web/"},
    "xlsxwriter": {"serving/render/"},
    "sqlalchemy": {"serving/store/", "serving/web/", "features/sources/database.py"},
    "alembic": {"serving/store/"},
    "pyspark": {"flows/spark.py", "flows/week_spark.py"},
    "argon2": {"serving/store/passwords.py"},
}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> set[str]:
    """Top-level names a module imports, relative imports resolved to its own layer."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("layer", ORDER)
def test_imports_go_one_way(layer: str) -> None:
    above = set(ORDER[ORDER.index(layer) + 1 :])
    wrong = {str(p.relative_to(ROOT)): imported(p) & above for p in MODULES if p.relative_to(ROOT).parts[0] == layer}
    assert {p: names for p, names in wrong.items() if names} == {}


@pytest.mark.parametrize("framework", sorted(RIM))
def test_frameworks_stay_at_the_rim(framework: str) -> None:
    users = {str(p.relative_to(ROOT)) for p in MODULES if framework in imported(p)}
    assert all(any(user.startswith(place) for place in RIM[framework]) for user in users), users


def test_every_package_is_installed() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = {".".join(p.parent.relative_to(ROOT).parts) for p in MODULES if p.name == "__init__.py"}
    assert there - set(told) == set()


def test_importing_the_features_leaves_pandas_for_later() -> None:
    """It costs a third of the second that the import may take, and only a history with records needs it."""
    code = "import sys, features.build; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_weekly_run_does_not_load_the_generator_of_invented_people() -> None:
    """Its compiled functions cost a second of every start."""
    code = "import sys, flows.steps_weekly; sys.exit('features.synthetic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_features_and_models_never_read_identities() -> None:
    """The table's name may stand in the contract, the check, the generator that invents people, and where an import
    hands names on to be sealed; nowhere else."""
    imports = {"features/sources/door.py", "features/sources/mapped/rules.py"}
    allowed = {"features/contract.py", "features/history.py", "features/rules.py"} | imports
    for path in MODULES:
        name = str(path.relative_to(ROOT))
        if name.startswith(("models/", "features/")) and not name.startswith(("features/synthetic/", "features/check")):
            assert name in allowed or '"identities"' not in path.read_text(encoding="utf-8"), name


def hazards() -> list[dict[str, str]]:
    with (ROOT / "docs/safety/hazards.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row["id"])
def test_every_hazard_has_a_control_with_a_test_that_exists(row: dict[str, str]) -> None:
    assert all(row[column].strip() for column in ("hazard", "cause", "control", "test", "residual", "owner"))
    for node in row["test"].split(";"):
        file, _, function = node.strip().partition("::")
        defined = {n.name for n in ast.walk(tree_of(ROOT / file)) if isinstance(n, ast.FunctionDef)}
        assert function in defined, f"{row['id']}: no test {node}"


def test_the_hazards_everyone_asks_about_are_there() -> None:
    named = {row["id"] for row in hazards()}
    assert {
        "false-reassurance",
        "namesakes",
        "stale-list",
        "died-or-moved",
        "poor-recorders",
        "wrong-week-file",
        "leak-in-training",
    } <= named


def test_nothing_committed_names_this_machine_or_a_package_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "http" + "://" not in lock
    assert "https" + "://" not in lock
    assert "--index-url" not in lock.replace("--no-emit-index-url", "")
