"""A process that is killed while it adds records leaves the history as it was, or with all of them."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from histories import HOME, RESIDENT, STAY, write_history

import features.store
from features.history import digest, open_history
from features.store.appending import append
from features.store.layout import LAYOUT
from features.store.making import make_store
from features.store.opening import layout_of

PEOPLE = [f"r{i}" for i in range(8)]


def written(root: Path, day: int, times: int, **more: list[dict]) -> Path:
    """A folder with what each resident did on a day, and with homes that changed."""
    events = [{"resident_id": who, "time": f"2025-06-0{day}", "code": "fall"} for who in PEOPLE] * times
    given = {"events": events, "homes": [HOME | {"beds": 30 + day}]} | more
    for path in write_history(root, **given).iterdir():
        if path.stem not in given:
            path.unlink()
    return root


def on_lines(see: Callable[[str], None]) -> None:
    """Tell the function of each line of the store's own code that this process comes to."""
    (own,) = features.store.__path__

    def trace(frame, what, _):
        if what == "line":
            see(frame.f_code.co_name)
        return trace if frame.f_code.co_filename.startswith(own) else None

    sys.settrace(trace)


def in_another_process(work: Callable[[], object]) -> int | None:
    process = get_context("fork").Process(target=work)
    process.start()
    process.join(60)
    return process.exitcode


def lines_of_adding(store: Path, new: Path, told: Path) -> list[str]:
    """The function of each line on the way of `append`, which is done."""

    def work():
        with told.open("w") as out:
            on_lines(lambda function: print(function, file=out))
            append(store, new)
            sys.settrace(None)

    assert in_another_process(work) == 0
    return told.read_text().split()


def kill_at(line: int, store: Path, new: Path) -> None:
    """Begin to add records in a process that is killed when it comes to its line of that number."""
    come: list[str] = []

    def die_or_note(function: str) -> None:
        if len(come) == line:
            os.kill(os.getpid(), signal.SIGKILL)
        come.append(function)

    def work():
        on_lines(die_or_note)
        append(store, new)

    assert in_another_process(work) == -signal.SIGKILL


def test_a_kill_at_any_moment_leaves_the_history_before_or_after(tmp_path):
    people = {"residents": [RESIDENT | {"resident_id": who} for who in PEOPLE], "stays": [STAY], "spells": []}
    make_store(written(tmp_path / "first", 1, 10, **people), tmp_path / "before", people=4)
    append(tmp_path / "before", written(tmp_path / "second", 2, 1))  # beside each base, which the third makes one again
    new = written(tmp_path / "third", 3, 1)
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    lines = lines_of_adding(tmp_path / "after", new, tmp_path / "lines")
    rows = {digest(tmp_path / "before"): 88, digest(tmp_path / "after"): 96}

    moments = [at for at, function in enumerate(lines) if function == "write_layout"][::3]
    found = []
    for at in sorted({*moments, *range(0, len(lines), len(lines) // 10)}):
        store = tmp_path / f"killed-{at}"
        shutil.copytree(tmp_path / "before", store)
        kill_at(at, store, new)
        found.append(rows[digest(store)])
        assert open_history(store)["events"].num_rows == found[-1]
        append(store, new)
        assert open_history(store)["events"].num_rows == found[-1] + 8
        layout = layout_of(store)
        named = {part.file for name in layout.tables for part in layout.files(name)}
        left = {str(path.relative_to(store)) for path in store.rglob("*")}
        assert left == {*named, LAYOUT, "events", "spells", "stays", "residents"}
    assert found == sorted(found)
    assert set(found) == {88, 96}
