"""The weekly flow as people run it: through Prefect, in processes of their own, killed, repeated and corrected."""

import re
import signal
import sqlite3
import subprocess
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Site
from histories import RESIDENT, write_history

from features.problems import HeldBack
from flows.lock import only_one
from serving import identity


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def states(site: Site) -> dict[str, set[str]]:
    """The states that Prefect's database holds, by name of task."""
    with sqlite3.connect(site.folder / "var" / "work" / "prefect" / "prefect.db") as database:
        rows = database.execute("select name, state_name from task_run").fetchall()
    found: dict[str, set[str]] = {}
    for name, state in rows:
        found.setdefault(re.sub(r"-\w+$", "", name), set()).add(state)
    return found


def test_published_killed_repeated_and_corrected(site, tmp_path):
    """One story, since each run is a process: a first list, a crash, unchanged bytes, a correction, no name anywhere."""
    here = site.twin(tmp_path)
    first = here.run("weekly", "--json")
    assert (first.code, first.json["status"], first.json["revision"]) == (0, "published", 1), first.err
    week = here.published / "2026-11-16"
    before = bytes_of(week / "r1")

    running = subprocess.Popen(here.command("weekly"), env=here.environment(HOMEROUND_LISTS__BELOW="3"),
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert running.stderr is not None
    for line in running.stderr:
        if "building features" in line:
            break
    running.send_signal(signal.SIGKILL)
    # The API server holds the other end too: the end of the stream says that it is gone with its parent.
    running.stderr.read()
    assert running.wait() == -signal.SIGKILL
    assert sorted(path.name for path in week.iterdir()) == ["r1"]
    assert bytes_of(week / "r1") == before

    again = here.run("weekly", "--json")
    assert (again.code, again.json["status"], again.json["revision"]) == (0, "unchanged", 1), again.err
    assert bytes_of(week / "r1") == before
    assert "Cached" in states(here)["build lists"]
    assert "Cached" in states(here)["check"]

    events = here.history / "events.parquet"
    pq.write_table(pq.read_table(events).slice(40), events)
    corrected = here.run("weekly")
    assert corrected.code == 0, corrected.err
    assert "revision 2, replaces r1" in corrected.out
    assert bytes_of(week / "r1") == before
    nobody_is_named(here, site, first.out, first.err, again.out, again.err, corrected.out, corrected.err)
    runs_are_named_after_their_monday(here)


def nobody_is_named(here: Site, site: Site, *said: str) -> None:
    """No name and no NHS number in anything that was published, logged, said or kept, but for the sealed identities; in
    what Prefect holds and in what was said, no pseudonym either."""
    residents = pq.read_table(here.history / "residents.parquet")["resident_id"].to_pylist()
    store = identity.names_of(residents, {}, site.history, site.folder / "var" / "identity.key").people
    assert len(store) == len(residents) > 150
    prefect = b"".join(bytes_of(here.folder / "var" / "work" / "prefect").values()) + "".join(said).encode()
    kept = prefect + b"".join(readable(path) for path in (*files_of(here.folder), *files_of(site.folder / "mlruns")))
    for who, one in store.items():
        assert who.encode() not in prefect
        assert one.nhs_number.encode() not in kept
        assert f"{one.given_name} {one.family_name}".encode() not in kept
        assert f"{one.family_name}, {one.given_name}".encode() not in kept
    assert residents[0].encode() in kept, "the search finds what is there"


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("identit")]


def readable(path: Path) -> bytes:
    """A file's bytes; of a Parquet file, which is packed, its cells."""
    with suppress(FileNotFoundError):  # a database's own, which goes with the last that used it
        return repr(pq.read_table(path).to_pydict()).encode() if path.suffix == ".parquet" else path.read_bytes()
    return b""


def runs_are_named_after_their_monday(here: Site) -> None:
    with sqlite3.connect(here.folder / "var" / "work" / "prefect" / "prefect.db") as database:
        names = {name for (name,) in database.execute("select name from flow_run where name like 'weekly%'")}
        kinds = {kind for (kind,) in database.execute("select type from artifact where key = 'weekly-lists'")}
    assert (names, kinds) == ({"weekly 2026-11-16"}, {"table"})


def test_wrong_input_is_3_with_every_problem_and_publishes_nothing(site, tmp_path):
    here = site.twin(tmp_path)
    write_history(tmp_path / "bad", residents=[RESIDENT | {"sex": "female", "date_of_birth": "never"}])
    done = here.run("weekly", tmp_path / "bad", "--as-of", "2026-11-16", "--json")
    assert done.code == 3
    assert {(p["table"], p["column"]) for p in done.json["problems"]} >= {
        ("residents", "sex"),
        ("residents", "date_of_birth"),
    }
    assert "residents.sex" in done.err
    assert "Traceback" not in done.err
    assert not list(here.published.glob("2*"))


def test_one_run_at_a_time(tmp_path):
    def second() -> HeldBack:
        with pytest.raises(HeldBack, match="another weekly run") as held, only_one(tmp_path / "run.lock", "weekly"):
            pass
        return held.value

    with only_one(tmp_path / "run.lock", "weekly"):
        assert second().exit_code == 4
    with only_one(tmp_path / "run.lock", "weekly"):
        pass


def test_the_schedule_is_monday_morning_in_london(site, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(site.folder / "unused"))
    from flows.schedule import deployments
    from flows.settings import load

    monitor, weekly, retrain = deployments(load(site.settings))
    (before,) = monitor.schedules
    assert (before.schedule.cron, before.schedule.timezone) == ("2 6 * * 1", "Europe/London")
    (schedule,) = weekly.schedules
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("15 6 * * 1", "Europe/London")
    assert weekly.parameters == {"settings": str(site.settings)}
    assert retrain.schedules == []
    monkeypatch.setenv("HOMEROUND_MAIL__HOST", "mail.example")
    *_, mail = deployments(load(site.settings))
    assert [(mail.name, one.schedule.cron) for one in mail.schedules] == [("mail", "*/10 * * * *")]
    monkeypatch.setenv("HOMEROUND_SCHEDULE__MAIL", "")
    assert len(deployments(load(site.settings))) == 3
