"""A real PostgreSQL server for the tests that need one, started once."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

SECRET = "pass-word-of-nobody"


@pytest.fixture(scope="session")
def postgres_server():
    """The address of a PostgreSQL server on loopback, in a folder of its own; skips with the reason where there is none."""
    pytest.importorskip("psycopg")
    places = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])  # Debian's
    programs = {name: shutil.which(name, path=places) for name in ("initdb", "pg_ctl")}
    if missing := [name for name, path in programs.items() if not path]:
        pytest.skip(f"PostgreSQL is not installed: no {', '.join(missing)}")
    root = Path(tempfile.mkdtemp(prefix="postgres-"))
    (root / "word").write_text(SECRET)
    user = []
    if os.geteuid() == 0:  # the server refuses to run as root
        user = ["runuser", "-u", "nobody", "--"]
        for path in (root, root / "word"):
            shutil.chown(path, "nobody")
    server = [*user, programs["pg_ctl"], "-D", str(root / "data"), "-w", "-l", str(root / "log")]
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={root} -c fsync=off"
    make = [*user, programs["initdb"], "-D", str(root / "data"), "-U", "reader", "-A", "scram-sha-256"]
    try:
        _done([*make, f"--pwfile={root / 'word'}", "--no-locale", "-E", "UTF8", "--no-sync"])
        _done([*server, "-o", options, "start"])
        try:
            yield f"postgresql://reader:{SECRET}@127.0.0.1:{port}/postgres"
        finally:
            _done([*server, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _done(command):
    found = subprocess.run(command, capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL, timeout=120)
    if found.returncode:
        pytest.skip(f"PostgreSQL cannot be started: {(found.stderr or found.stdout).strip()[-200:]}")
