"""The weekly lists of a history in blocks: those of the same history in plain files, also after a kill."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Site
from test_steps import job, run

from features.store.making import make_store
from flows import in_localities, steps_common, steps_weekly
from flows.week_run import Run


@pytest.fixture
def blocks(site, tmp_path) -> Site:
    """The same site with its history in blocks of some forty residents."""
    here = of_three_networks(site.twin(tmp_path / "blocks"))
    plain = here.history.rename(here.folder / "plain")
    make_store(plain, here.history, people=40)
    return here


def of_three_networks(site: Site) -> Site:
    """Homes of several networks, so that there can be several localities."""
    path = site.history / "homes.parquet"
    homes = pq.read_table(path)
    place = homes.schema.get_field_index("pcn")
    pq.write_table(homes.set_column(place, "pcn", pa.array([f"network {i % 3}" for i in range(len(homes))])), path)
    return site


def lists(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("list.*"))}


def test_blocks_give_the_same_bytes(site, blocks, tmp_path, monkeypatch):
    monkeypatch.setattr(in_localities, "BEDS", 40)
    plain = of_three_networks(site.twin(tmp_path / "plain"))
    for as_of in ("2026-11-09", "2026-11-16"):
        one, other = (
            run(here, as_of=as_of, backdated="yes" if as_of < "2026-11-16" else "") for here in (plain, blocks)
        )
        assert one["held"] == other["held"]
        assert [line | {"page": ""} for line in one["lists"]] == [line | {"page": ""} for line in other["lists"]]
        assert lists(plain.published / as_of) == lists(blocks.published / as_of)
    assert not list((blocks.folder / "work").rglob("*.passing"))


def test_what_was_done_of_a_run_is_not_done_again(blocks, monkeypatch):
    monkeypatch.setattr(in_localities, "BEDS", 40)
    monkeypatch.setattr(Run, "lists_of", ended_after(1, Run.lists_of))
    planned = steps_weekly.plan_weekly(job(blocks))
    checked = steps_common.check_history(planned)
    with pytest.raises(KeyboardInterrupt):
        steps_weekly.build_lists(planned, checked)
    (passing,) = (blocks.folder / "work").rglob("*.passing")
    before = {path: path.stat().st_mtime_ns for path in passing.rglob("*") if path.is_file()}
    assert {"made-0000.json", "scored-0001.npz"} <= {path.name for path in before}
    (passing / "scored-0001.npz").unlink()
    forgotten = passing.parents[1] / "other/lists.passing"
    forgotten.mkdir(parents=True)
    os.utime(forgotten, (0, 0))
    found = []
    monkeypatch.setattr(Run, "lists_of", ended_after(99, Run.lists_of.__wrapped__, found))
    steps_weekly.publish_lists(planned, steps_weekly.build_lists(planned, checked))
    assert len(found) == 2
    assert not forgotten.exists()


def ended_after(parts: int, lists_of, found: list | None = None):
    """A run that is stopped once so many localities were listed."""
    found = [] if found is None else found

    def work(self, prepared, scored, teams, noise, spread):
        if len(found) == parts:
            raise KeyboardInterrupt
        found.append(len(teams))
        return lists_of(self, prepared, scored, teams, noise, spread)

    work.__wrapped__ = lists_of
    return work


@pytest.mark.thorough
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(blocks, tmp_path):
    whole = run(blocks)
    unharmed = lists(Path(whole["folder"]))
    killed = 0
    for step in ("block-0001/panel.npz", "scored-0000.npz"):
        out = tmp_path / "killed"
        with subprocess.Popen(
            blocks.command("weekly", "--as-of", "2026-11-16", "--out", out, "--json"), env=blocks.environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        ) as process:  # fmt: skip
            while process.poll() is None and not list(blocks.folder.rglob(f"*.passing/{step}")):
                time.sleep(0.01)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                killed += 1
    done = blocks.run("weekly", "--as-of", "2026-11-16", "--out", out, "--json")
    assert done.code == 0, done.err
    assert lists(Path(done.json["folder"])) == unharmed
    assert killed
