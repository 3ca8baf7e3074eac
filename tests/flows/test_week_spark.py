"""A week on Spark, here on two cores of this machine: what it says is what this machine says without it."""

import shutil
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Site
from test_steps import job
from test_week_apart import blocks, lists  # noqa: F401  a fixture

from features.localities.apart import Asked, kept_pieces, take_apart
from features.problems import HistoryError, UsageError
from flows import in_localities, steps_common, steps_weekly
from flows.inspect import score
from flows.settings import load
from flows.spark import of_localities, session
from flows.week_spark import taken_apart
from models import registry
from serving.scoring import scored

pytestmark = pytest.mark.thorough  # Spark takes half a minute to start and to end
WEEKS = (date(2026, 11, 9), date(2026, 11, 16))


@pytest.fixture
def site_on_spark(blocks: Site, monkeypatch: pytest.MonkeyPatch) -> Site:  # noqa: F811
    """The site with its history in blocks, and Spark in the settings."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install homeround[spark]")
    if not shutil.which("java"):
        pytest.skip("Java is not installed: Debian's openjdk-17-jre-headless")
    monkeypatch.setattr(in_localities, "BEDS", 40)
    chosen = '[engine]\nname = "spark"\nmaster = "local[2]"\nconf = { "spark.driver.memory" = "700m" }\n'
    blocks.settings.write_text(blocks.settings.read_text() + chosen)
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(blocks.settings))
    return blocks


def test_features_and_chances_are_the_same_bytes(site_on_spark, tmp_path):
    settings = load(site_on_spark.settings)
    model, _ = registry.load(settings.paths.runs, name=settings.model.name)
    history = in_localities.Store(site_on_spark.history, settings)
    asked = Asked(WEEKS, settings.model.grace, frozenset({"local"}), model.outcome)
    homes = in_localities.localities_of(history.shared)
    apart = take_apart(history.layout.blocks, history.block, history.shared, homes, asked, tmp_path / "pieces", map)

    def said(locality, pieces):
        prepared = apart.prepared(locality, pieces)
        found = scored(prepared, apart.panel(prepared), model)
        for name in ("X", "margin", "risk", "risk_any"):
            yield name, getattr(found, name).tobytes()

    here = {
        (k, *one)
        for k in range(len(homes))
        for one in said(k, kept_pieces(tmp_path / "pieces", history.layout.blocks, k))
    }
    with session(settings.engine) as running:
        pieces, there = taken_apart(running, history, asked, homes)
        rows = of_localities(pieces, said).collect()
    assert {(row["locality"], row["name"], bytes(row["data"])) for row in rows} == here
    assert len(homes) > 1
    assert (there.attrition == apart.attrition).all()
    assert all((there.newest[feed] == apart.newest[feed]).all() for feed in apart.newest)


def test_lists_and_scores_are_the_same_and_a_changed_file_is_refused(site_on_spark, tmp_path, monkeypatch):
    found = {}
    for engine in ("spark", "local"):
        monkeypatch.setenv("HOMEROUND_ENGINE__NAME", engine)
        planned = steps_weekly.plan_weekly(
            job(site_on_spark, published=str(tmp_path / engine), work=str(tmp_path / f"work-{engine}"))
        )
        built = steps_weekly.build_lists(planned, steps_common.check_history(planned))
        done = steps_weekly.publish_lists(planned, built)
        table = tmp_path / f"{engine}.parquet"
        score(site_on_spark.history, table, "2026-11-16", backdated=False, machine=True)
        found[engine] = lists(Path(done["folder"])), done["held"], pq.read_table(table)
    assert found["spark"][0]
    assert found["spark"][:2] == found["local"][:2]
    assert found["spark"][2].equals(found["local"][2])
    part = next((site_on_spark.history / "spells").iterdir())
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    settings = load()
    history = in_localities.Store(site_on_spark.history, settings)
    with pytest.raises(HistoryError, match=part.name), session(settings.engine) as running:
        taken_apart(running, history, Asked(WEEKS, 0), in_localities.localities_of(history.shared))


def test_what_is_missing_is_said(site_on_spark, tmp_path, monkeypatch):
    settings = load(site_on_spark.settings)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="Java 17"), session(settings.engine):
        pass
    with pytest.raises(UsageError, match="--as-of"):
        score(site_on_spark.history, tmp_path / "out.parquet", "", backdated=False, machine=True)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UsageError, match="homeround\\[spark\\]"), session(settings.engine):
        pass
