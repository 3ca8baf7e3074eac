"""`homeround trail verify`: where the trail ends, what is wrong with it, and exit codes for a machine that asks."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from typer.testing import CliRunner

from flows.cli import app
from serving.access import COMMAND_LINE
from serving.store import trail
from serving.store.database import Store, migrate, open_store
from serving.store.tables import TrailHeadRow, TrailRow

LINES = 4


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    file = tmp_path / "homeround.toml"
    file.write_text('[web]\nstore = "room.db"\n', encoding="utf-8")
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(file))
    return open_store(_made(tmp_path))


def _made(folder: Path) -> str:
    url = f"sqlite:///{folder / 'room.db'}"
    migrate(url)
    store = open_store(url)
    with store.transaction() as db:
        for i in range(LINES):
            trail.append(db, COMMAND_LINE, "viewed", datetime(2026, 11, 16, 9, i, tzinfo=UTC), resident_id=f"R{i}")
    store.close()
    return url


def verify(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["trail", "verify", *words])
    return done.exit_code, done.output


def test_a_whole_trail_says_where_it_ends_and_that_end_is_taken_back(store: Store) -> None:
    code, said = verify()
    assert (code, said.startswith("The trail is whole: 4 lines.\n")) == (0, True)
    end = re.search(rf"{LINES}:[0-9a-f]{{64}}", said)
    assert end
    assert verify("--head", end[0])[0] == 0
    with store.transaction() as db:
        trail.append(db, COMMAND_LINE, "viewed", trail.lines(db, COMMAND_LINE)[0].at)
    found = json.loads(verify("--json", "--head", end[0])[1])
    assert (found["whole"], found["head"].split(":")[0], found["compared"]) == (True, "5", 0)


def test_a_changed_line_is_told_with_exit_code_3(store: Store) -> None:
    with store.transaction() as db:
        db.execute(update(TrailRow).where(TrailRow.seq == 2).values(username="somebody"))
    code, said = verify()
    assert code == 3
    assert "line 2 was changed" in said
    code, said = verify("--json")
    assert (code, json.loads(said)["whole"]) == (3, False)


def test_a_trail_that_was_cut_and_its_end_moved_is_found_by_the_end_that_was_kept(store: Store) -> None:
    end = json.loads(verify("--json")[1])["head"]
    with store.transaction() as db:
        db.execute(delete(TrailRow).where(TrailRow.seq == LINES))
        last = trail.lines(db, COMMAND_LINE, most=1)[0]
        db.execute(update(TrailHeadRow).values(seq=last.seq, digest=last.digest))
    assert verify()[0] == 0
    code, said = verify("--head", end)
    assert (code, f"line {LINES} is not the one whose digest was kept" in said) == (3, True)


@pytest.mark.parametrize("head", ["7", "4:abc", "x" * 66])
def test_an_end_that_cannot_be_read_is_refused(store: Store, head: str) -> None:
    assert verify("--head", head)[0] == 2


def test_no_store_is_said_and_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "homeround.toml"
    file.write_text('[web]\nstore = "room.db"\n', encoding="utf-8")
    monkeypatch.setenv("HOMEROUND_SETTINGS", str(file))
    code, said = verify()
    assert (code, "there is no store" in said) == (2, True)
    assert not (tmp_path / "room.db").exists()
