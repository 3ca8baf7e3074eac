"""The audit trail: one JSON line per disclosure, each holding the SHA-256 of the line before it."""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.problems import HomeroundError

_FIRST = "0" * 64


def append(trail: Path, record: Mapping[str, Any]) -> None:
    """Add a line and wait until it is on disk. Raises HomeroundError when an earlier line was changed."""
    trail.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(trail, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        lines = stream.read().split(b"\n")
        torn = lines.pop()  # what follows the last newline: nothing, or a line cut off by a crash
        lines += [torn] if torn else []
        _verify(trail, lines)
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else _FIRST
        line = json.dumps({**record, "previous": previous}, sort_keys=True, ensure_ascii=False)
        stream.write((b"\n" if torn else b"") + line.encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def broken_at(trail: Path) -> int | None:
    """The number of the first line that does not follow from the one before it; None for a whole trail."""
    lines = trail.read_bytes().split(b"\n")
    return _broken([line for line in lines if line])


def _verify(trail: Path, lines: list[bytes]) -> None:
    if (broken := _broken(lines)) is not None:
        raise HomeroundError(f"{trail}: line {broken} does not follow from the line before it; nothing was disclosed")


def _broken(lines: list[bytes]) -> int | None:
    previous = _FIRST
    for number, line in enumerate(lines, start=1):
        try:
            stated = json.loads(line)["previous"]
        except (ValueError, KeyError, TypeError):
            stated = None  # a line cut off by a crash: the next one vouches for it
        if stated not in (None, previous):
            return number
        previous = hashlib.sha256(line).hexdigest()
    return None
