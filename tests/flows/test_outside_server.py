"""With a Prefect server that somebody else runs: its address is all we are told, and its scheduler starts our runs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import SETTINGS, Site

EVERY_MINUTE = SETTINGS + '[schedule]\nweekly = "* * * * *"\n'


@contextmanager
def running(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """A process with all its children, ended with the block."""
    with log.open("wb") as written:
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=written, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def asked(url: str, body: dict | None = None) -> list[dict]:
    """What the server answers; nothing while it does not."""
    content = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return []


def until(found: Callable[[], list], seconds: float, log: Path) -> list:
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if done := found():
            return done
        time.sleep(0.5)
    pytest.fail(f"not within {seconds:.0f} s: {log.read_text(errors='replace')[-2000:]}")


@pytest.mark.thorough
def test_a_schedule_comes_due_on_a_server_of_somebody_else(site: Site, tmp_path: Path) -> None:
    here = site.twin(tmp_path / "site", EVERY_MINUTE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    environment = here.environment(
        PREFECT_HOME=str(tmp_path / "prefect"), PREFECT_SERVER_ANALYTICS_ENABLED="false", DO_NOT_TRACK="1"
    )
    server = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]
    with running(server, tmp_path / "server.log", environment):
        until(lambda: asked(f"{api}/admin/version") and ["up"], 120, tmp_path / "server.log")
        with running(here.command("schedule"), tmp_path / "schedule.log", environment | {"PREFECT_API_URL": api}):
            (run, *_) = until(
                lambda: [one for one in asked(f"{api}/flow_runs/filter", {}) if one["end_time"]],
                240,
                tmp_path / "schedule.log",
            )
    assert run["auto_scheduled"]
    assert run["name"].startswith("weekly 2")
    # Lists when the invented week is this one, held back as stale when it is long past: either way the flow has run.
    assert run["state_name"] in {"Completed", "Failed"}
    assert list((here.folder / "var" / "work" / "checks").glob("*.json"))
