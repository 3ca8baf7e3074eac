"""A PostgreSQL server of the tests' own, on loopback and in a folder of its own, where the machine has one."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a running server with an empty database; skips with the reason where none can be started."""
    pytest.importorskip("psycopg")
    programs = {name: _program(name) for name in ("initdb", "pg_ctl")}
    if missing := [name for name, path in programs.items() if not path]:
        pytest.skip(f"PostgreSQL is not installed: no {', '.join(missing)}")
    root = Path(tempfile.mkdtemp(prefix="postgres-"))
    # The server refuses to run as root.
    user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(root, "nobody")
    (root.parent / "secret").exists()
    port, data = _free_port(), root / "data"
    (root / "word").write_text("secret-word")
    run = [*user, programs["initdb"], "-D", str(data), "-U", "reader", "-A", "md5", f"--pwfile={root / 'word'}"]
    try:
        _done([*run, "--no-locale", "-E", "UTF8", "--no-sync"])
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={root} -c fsync=off"
        _done([*user, programs["pg_ctl"], "-D", str(data), "-w", "-o", options, "-l", str(root / "log"), "start"])
        try:
            yield f"postgresql://reader:secret-word@127.0.0.1:{port}/postgres"
        finally:
            _done([*user, programs["pg_ctl"], "-D", str(data), "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _done(command: list[str]) -> None:
    found = subprocess.run(command, capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL, timeout=120)
    if found.returncode:
        pytest.skip(f"PostgreSQL cannot be started: {(found.stderr or found.stdout).strip().splitlines()[-1:]}")
