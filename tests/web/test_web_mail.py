"""`homeround mail`: counts and an address for those who have something to read, once, and every failure on its own."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from pathlib import Path

import pytest
from example_list import AS_OF, HOMES, identities, resident
from made_web import DIED, MOVED, NOW, Made
from mail_box import Box, serving
from pypdf import PdfReader
from sqlalchemy import delete
from typer.testing import CliRunner

import flows.mail
from flows.cli import app
from flows.mail_flow import send_mail
from flows.plain_home import directory
from flows.room import room_of
from flows.settings import Settings
from serving.access import Scope
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
accredited_domains = ["surgery.example", "{accredited}"]
{more}
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
    accredited: str = "nhs.net",
    more: str = "",
) -> tuple[int, dict[str, str]]:
    """The exit code, and what became of the mail about each home and team."""
    file = folder / "homeround.toml"
    file.write_text(SETTINGS.format(port=port, phone=phone, accredited=accredited, more=more), encoding="utf-8")
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
    text = SETTINGS.format(port=9, phone="01632 960001", accredited="nhs.net", more="")
    file.write_text(text.replace('sender = "review@surgery.example"', ""))
    done = CliRunner().invoke(app, ["--settings", str(file), "mail"])
    assert done.exit_code == 2
    assert "[mail] sender" in done.output


def test_the_lists_of_an_earlier_week_are_not_told(web: Made, folder: Path) -> None:
    assert mail(web, folder, "--dry-run", later=timedelta(days=7)) == (0, {"status": "dry run", "mails": []})


def test_the_schedule_sends_as_the_command_does_and_is_told_numbers_alone(web: Made, folder: Path) -> None:
    share(web, 0)
    file = folder / "homeround.toml"
    box = Box()
    with serving(box) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.mail, "room_of", lambda chosen: _room(chosen, web, timedelta()))
        text = SETTINGS.format(port=server.port, phone="01632 960001", accredited="nhs.net", more="")
        file.write_text(text, encoding="utf-8")
        job = {"settings": str(file), "work": str(folder / "work")}
        assert send_mail(job) == {"sent": 2}
        assert send_mail(job) == {"told": 2}
    assert len(box.got) == 2


FILES = 'attachments = true\nallowed_domains = ["home.example"]'


def withdraw(web: Made, i: int) -> None:
    with web.store.transaction() as db:
        account = accounts.named(db, "mdt_lead")
        assert account
        for one in releases.of_resident(db, account.viewer, resident(i)):
            if not one.withdrawn_at:
                releases.withdraw(db, account.viewer, one.id, "A mistake", NOW)


def in_hospital(web: Made, i: int) -> None:
    """By the word of Brook View."""
    with web.store.transaction() as db:
        home = accounts.named(db, "home_manager")
        assert home
        viewer = replace(home.viewer, scope=Scope(homes=frozenset({"h2"})))
        roster.check(db, viewer, "h2", NOW.date(), [NewCheck(resident(i), "in_hospital")], NOW - timedelta(hours=1))


def surname(i: int) -> str:
    return identities()[resident(i)].family_name


def read_mail(raw: bytes) -> tuple[EmailMessage, str, str]:
    """The mail, everything in it outside the file in plain letters, and the file's text."""
    message = message_from_bytes(raw, policy=default)
    body, *files = message.iter_parts() if message.is_multipart() else [message]
    assert len(files) < 2
    heads = [*message.items(), *(head for one in files for head in one.items())]
    outside = "\n".join(f"{name}: {value}" for name, value in heads) + body.get_content()
    pages = PdfReader(BytesIO(files[0].get_content())).pages if files else []
    return message, outside, "\n".join(page.extract_text() for page in pages)


def test_a_file_holds_who_may_be_shown_at_that_moment_and_nothing_around_it_names_anybody(
    web: Made, folder: Path
) -> None:
    assert (resident(5), resident(9)) == (DIED, MOVED)
    for i in (0, 1, 5, 9, 13, 17):
        share(web, i)
    withdraw(web, 13)
    in_hospital(web, 17)
    box = Box()
    with serving(box) as server:
        done = mail(web, folder, port=server.port, more=FILES)
    assert done == (0, {"h1": "sent", "h2": "sent", "pcn-oakfield": "sent"})
    got = {to[0]: read_mail(raw) for to, raw in box.got}
    assert [len(to) for to, _ in box.got] == [1, 1, 1]
    for home, label, shown in (("h1", "elm-house", 0), ("h2", "brook-view", 1)):
        message, outside, inside = got[f"{home}@home.example"]
        others = {i: surname(i) for i in range(19) if i != shown and surname(i) != surname(shown)}
        assert surname(shown).upper() in inside.upper()
        assert not [name for name in others.values() if re.search(rf"\b{name}\b", inside, re.I)]
        assert not re.search(r"\d+ in 100|\brank|\bscore|999 ?\d{3} ?\d{4}", inside, re.I)
        assert not [i for i in range(19) if re.search(rf"\b{surname(i)}\b|{resident(i)}", outside, re.I)]
        assert re.search(rf'filename="home-summary_{label}-[0-9a-f]{{8}}_2026-11-16\.pdf"', outside)
        assert message["Subject"].startswith("[secure] Weekly summary ready: ")
        assert "It holds personal information" in outside
    team, _, file = got["mdt@surgery.example"]
    assert (team["Subject"], file) == ("Review list ready: Oakfield PCN MDT", "")
    told = [line for line in web.lines() if line[0] == "summary_mailed"][-2:]
    assert sorted(json.loads(detail)["residents"] for _, _, detail in told) == sorted([[resident(0)], [resident(1)]])


@pytest.mark.parametrize(
    ("more", "accredited", "file", "secure"),
    [
        ("", "nhs.net", False, True),
        ('allowed_domains = ["home.example"]', "nhs.net", False, True),
        ('attachments = true\nallowed_domains = ["elsewhere.example", "example"]', "nhs.net", False, True),
        (FILES, "home.example", True, False),
    ],
    ids=["by default", "not asked for", "another domain", "accredited"],
)
def test_a_file_goes_to_domains_that_the_site_named_and_the_mark_to_those_that_are_not_accredited(
    web: Made, folder: Path, monkeypatch: pytest.MonkeyPatch, more: str, accredited: str, file: bool, secure: bool
) -> None:
    monkeypatch.setattr(flows.mail, "to_pdf", lambda page: b"%PDF")
    share(web, 0)
    box = Box()
    with serving(box) as server:
        mail(web, folder, port=server.port, more=more, accredited=accredited)
    message = next(message_from_bytes(raw) for to, raw in box.got if to == ["h1@home.example"])
    assert message.is_multipart() == file
    assert str(message["Subject"]).startswith("[secure] ") == secure


def test_what_is_taken_back_while_the_mail_is_made_does_not_go_and_the_rest_goes_next(
    web: Made, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(web, 0)
    share(web, 8)
    taken: list[int] = []

    def to_pdf(page: str) -> bytes:
        if not taken:
            taken.append(8)
            withdraw(web, 8)
        return page.encode()

    monkeypatch.setattr(flows.mail, "to_pdf", to_pdf)
    box = Box()
    with serving(box) as server:
        assert mail(web, folder, port=server.port, more=FILES)[1]["h1"] == "changed"
        assert [to for to, _ in box.got] == [["mdt@surgery.example"]]
        assert not any(action == "summary_mailed" for action, _, _ in web.lines()[-3:])
        assert mail(web, folder, port=server.port, more=FILES)[1]["h1"] == "sent"
    (sent,) = (raw for to, raw in box.got if to == ["h1@home.example"])
    page = message_from_bytes(sent, policy=default).get_payload(1).get_content().decode()
    assert surname(0).upper() in page.upper()
    assert surname(8).upper() not in page.upper()
