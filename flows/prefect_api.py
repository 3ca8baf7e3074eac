"""Where Prefect keeps its runs: the server of PREFECT_API_URL, or one of our own that ends with this process.

Import this before prefect: it reads its settings from the environment when it is imported.
"""

import fcntl
import importlib.metadata
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What we choose where the operator has not: nothing leaves the machine, results stay in the work folder, and the
# terminal is left to our own words (Prefect's log is in its database).
_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
}


@contextmanager
def running(work: Path, *, scheduling: bool = False) -> Iterator[None]:
    """A Prefect API for the length of a block. `scheduling` starts one that also starts runs when they are due."""
    before = dict(os.environ)
    for name, value in {**_QUIET, "PREFECT_HOME": str(work / "prefect")}.items():
        os.environ.setdefault(name, value)
    try:
        if os.environ.get("PREFECT_API_URL"):
            yield
        else:
            with _own_server(Path(os.environ["PREFECT_HOME"]), scheduling):
                yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]


@contextmanager
def _own_server(home: Path, scheduling: bool) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        child = _started(home, listening, scheduling)
    try:
        yield
    finally:
        _send_the_rest()
        assert child.stdin is not None
        child.stdin.close()
        child.wait()


def _started(home: Path, listening: socket.socket, scheduling: bool) -> subprocess.Popen[bytes]:
    """The server's process. The first one of a version of Prefect brings the database up to date, alone."""
    known = home / "migrated"
    with (home / ".server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = known.is_file() and known.read_text(encoding="utf-8") == _version()
        if ready:
            # Migrations and block types take seconds, and only a new version of Prefect brings new ones.
            os.environ.setdefault("PREFECT_API_DATABASE_MIGRATE_ON_START", "false")
            os.environ.setdefault("PREFECT_API_BLOCKS_REGISTER_ON_START", "false")
        child = _child(listening.fileno(), scheduling)
        if not ready:
            urllib.request.urlopen(f"{os.environ['PREFECT_API_URL']}/health", timeout=120).close()
            known.write_text(_version(), encoding="utf-8")
    return child


def _child(listening: int, scheduling: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "flows.server", str(listening), *(("scheduling",) if scheduling else ())]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        pass_fds=[listening],
        start_new_session=True,  # an interrupt at the terminal is the parent's to handle
    )


def _send_the_rest() -> None:
    """Wait for what Prefect sends in the background: its log and its events, to a server that is about to end."""
    if "prefect" not in sys.modules:
        return
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=5)


def _version() -> str:
    return importlib.metadata.version("prefect")
