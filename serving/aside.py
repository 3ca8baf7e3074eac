"""A folder made aside on the same file system and renamed into place: a reader sees the whole of it or none."""

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from features.settling import settle

_NAME = ".aside-"
_WAITING = 8
"""Files waited for at once. The file system settles those that are waited for together in one go: one after the other
takes 3 ms a file, eight at once 0.1 ms."""


@contextmanager
def begun(parent: Path) -> Iterator[Path]:
    """A new empty folder aside in `parent`; nothing is left of it but what was placed."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f"{_NAME}{uuid.uuid4().hex}"
    folder.mkdir(mode=0o750)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(parent: Path) -> None:
    """Remove what a run that was killed left aside."""
    for path in parent.glob(f"{_NAME}*"):
        shutil.rmtree(path)


def write(path: Path, data: bytes) -> None:
    """Write a new file that is never edited, so read-only; `place` waits until the disk has it."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440), "wb", buffering=0) as stream:
        stream.write(data)


def place(folder: Path, target: Path) -> None:
    """Rename a folder made aside to `target`, a folder of its parent's folders, once the disk holds all of it."""
    found = list(os.walk(folder))
    with ThreadPoolExecutor(_WAITING) as waiting:
        _all(waiting.map(settle, (os.path.join(where, name) for where, _, names in found for name in names)))
        _all(waiting.map(settle, (where for where, _, _ in found)))
    target.parent.mkdir(exist_ok=True)
    os.rename(folder, target)
    for parent in (target.parent, folder.parent):
        settle(parent)


def _all(done: Iterable[None]) -> None:
    """Wait for all, and raise what one of them raised."""
    for _ in done:
        pass
