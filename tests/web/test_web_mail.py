"""`homeround mail`: counts and an address for those who have something to read, once, and every failure on its own."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from example_list import AS_OF, HOMES, identities, resident
from made_web import NOW, Made
from mail_box import Box, serving
from sqlalchemy import delete
from typer.testing import CliRunner

import flows.mail
from flows.cli import app
from flows.plain_home import directory
from flows.room import room_of
from flows.settings import Settings
from serving.rows import HomeLine
from serving.store import accounts, places, releases, roster
from serving.store.clinical import RosterRow
from serving.store.roster import NewCheck
from serving.store.shared import DeliveryRow, ReleaseRow
from serving.summary.release import Told, content_of
from serving.web.room import Room

SETTINGS = """
[paths]
history = "history"
published = "published"
work = "work"

[web]
store = "room.db"

[contact]
name = "Oakfield Surgery"
phone = "{phone}"
hours = "8am to 6:30pm"
urgent_response = "01632 960002"

[mail]
host = "127.0.0.1"
port = {port}
security = "none"
timeout_seconds = 2
sender = "review@surgery.example"
sender_name = "Oakfield Surgery"
room = "https://room.example/"
accredited_domains = ["surgery.example"]
teams = {{ "pcn-oakfield" = "mdt@surgery.example" }}

[[lawful_use]]
purpose = "direct_care"
sources = ["home"]
controller = "The county"
basis = "None"
reference = "synthetic data"
expires = 2099-12-31
objections = ["local"]
"""
CONTENT = content_of(Told((HomeLine("watch-falls", "watch", "Unsteady on their feet"),)))
FORBIDDEN = re.compile(r"\d+ in 100|\brank|\bscore|\bchance|risk\b|999 ?\d{3}", re.I)


@pytest.fixture
def folder(web: Made) -> Iterator[Path]:
    yield web.room.lists.folder.parent
    with web.store.transaction() as db:
        for table in (ReleaseRow, DeliveryRow, RosterRow):
            db.execute(delete(table))


def share(web: Made, i: int, **moved: timedelta) -> None:
    now = NOW + timedelta(**moved)  # type: ignore[arg-type]
    web.room.keep_places()
    with web.store.transaction() as db:
        account = accounts.named(db, "mdt_lead")
        assert account
        last = AS_OF + timedelta(days=6)
        releases.release(db, account.viewer, resident(i), AS_OF, CONTENT, AS_OF, last, now)


def _room(chosen: Settings, web: Made | None, later: timedelta) -> Room:
    """The room of the settings at that hour; with `web`, its lists and records, which are read already."""
    room = replace(web.room, directory=directory(chosen)) if web else room_of(chosen)
    return replace(room, clock=lambda: NOW + later)


def mail(
    web: Made | None,
    folder: Path,
    *words: str,
    port: int = 9,
    later: timedelta = timedelta(),
    phone: str = "01632 960001",
) -> tuple[int, dict[str, str]]:
    """The exit code, and what became of the mail about each home and team."""
    file = folder / "homeround.toml"
    file.write_text(SETTINGS.format(port=port, phone=phone), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.mail, "room_of", lambda chosen: _room(chosen, web, later))
        done = CliRunner().invoke(app, ["--settings", str(file), "mail", "--json", *words])
    found = json.loads(done.stdout)
    return done.exit_code, {row["about"]: row["state"] for row in found.get("mails", [])} or found


def test_those_who_have_something_to_read_are_told_once(web: Made, folder: Path) -> None:
    share(web, 0)
    share(web, 8)
    share(web, 1)
    assert mail(web, folder, "--dry-run") == (0, {"h1": "to_send", "h2": "to_send", "pcn-oakfield": "to_send"})
    box = Box()
    with serving(box) as server:
        assert mail(web, folder, port=server.port) == (0, {"h1": "sent", "h2": "sent", "pcn-oakfield": "sent"})
        assert mail(web, folder, port=server.port) == (0, {"h1": "told", "h2": "told", "pcn-oakfield": "told"})
        share(web, 4, minutes=5)
        told = mail(web, folder, port=server.port, later=timedelta(minutes=10))
    assert told == (0, {"h1": "sent", "h2": "told", "pcn-oakfield": "told"}), "what was shared since is told"
    assert sorted(to for to, _ in box.got) == [
        [f"{one}"] for one in ("h1@home.example", "h1@home.example", "h2@home.example", "mdt@surgery.example")
    ]
    texts = {to[0]: message_from_bytes(raw) for to, raw in box.got}
    said = texts["h1@home.example"].get_payload()
    assert "Elm House, week of 16 November 2026: 3 residents to look out for" in said
    assert "https://room.example/" in said
    assert texts["h1@home.example"]["Subject"] == "[secure] Weekly summary ready: Elm House"
    assert "10 residents are listed for review (2 new)" in texts["mdt@surgery.example"].get_payload()
    for to, raw in box.got:
        text = raw.decode()
        assert not FORBIDDEN.search(text), to
        names = [part for one in identities().values() for part in (one.given_name, one.family_name) if len(part) > 3]
        assert not [name for name in names if re.search(rf"\b{name}\b", text)], to
        others = [label for id, label in HOMES if to[0].startswith("h") and not to[0].startswith(id)]
        assert not [label for label in others if label in text], to


def test_one_that_fails_delays_no_other_and_is_tried_again_when_it_is_time(web: Made, folder: Path) -> None:
    share(web, 0)
    share(web, 1)
    box = Box({"h1@home.example": ["451 Later"], "mdt@surgery.example": ["550 No such mailbox"] * 2})
    minute = timedelta(minutes=1)
    with serving(box) as server:
        first = mail(web, folder, port=server.port)
        assert first == (4, {"h1": "will_retry", "h2": "sent", "pcn-oakfield": "failed"})
        asked = len(box.asked)
        assert mail(web, folder, port=server.port)[1] == {"h1": "will_retry", "h2": "told", "pcn-oakfield": "failed"}
        assert len(box.asked) == asked, "nothing is tried before its time"
        assert mail(web, folder, port=server.port, later=2 * minute)[1]["h1"] == "sent"
        assert mail(web, folder, "--again", port=server.port, later=3 * minute)[1]["pcn-oakfield"] == "failed"
    assert box.asked.count("mdt@surgery.example") == 2


def test_a_server_that_is_not_there_loses_no_mail(web: Made, folder: Path) -> None:
    share(web, 0)
    assert mail(web, folder) == (4, {"h1": "will_retry", "pcn-oakfield": "will_retry"})
    box = Box()
    with serving(box) as server:
        assert mail(web, folder, port=server.port, later=timedelta(minutes=2))[0] == 0
    assert len(box.got) == 2


def test_who_went_since_is_not_counted_and_a_home_with_nobody_left_is_not_told(web: Made, folder: Path) -> None:
    share(web, 0)
    with web.store.transaction() as db:
        home = accounts.named(db, "home_manager")
        assert home
        places.require_home(db, home.viewer, "h1")
        roster.check(
            db, home.viewer, "h1", NOW.date(), [NewCheck(resident(0), "in_hospital")], NOW - timedelta(hours=1)
        )
    assert mail(web, folder, "--dry-run") == (0, {"pcn-oakfield": "to_send"})


def test_a_home_without_numbers_to_ring_is_reported_and_holds_up_nobody(web: Made, folder: Path) -> None:
    share(web, 0)
    box = Box()
    with serving(box) as server:
        assert mail(None, folder, port=server.port, phone="") == (4, {"h1": "cannot", "pcn-oakfield": "sent"})


def test_without_a_sender_it_says_what_to_set(web: Made, folder: Path) -> None:
    file = folder / "homeround.toml"
    file.write_text(SETTINGS.format(port=9, phone="01632 960001").replace('sender = "review@surgery.example"', ""))
    done = CliRunner().invoke(app, ["--settings", str(file), "mail"])
    assert done.exit_code == 2
    assert "[mail] sender" in done.output


def test_the_lists_of_an_earlier_week_are_not_told(web: Made, folder: Path) -> None:
    assert mail(web, folder, "--dry-run", later=timedelta(days=7)) == (0, {"status": "dry run", "mails": []})
