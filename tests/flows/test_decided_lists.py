"""What the review room keeps, as the lists and the exposure log take it: nothing at all where there is no room."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from conftest import SETTINGS, Site
from test_steps import run

from flows.decision_store import recorded_before, store_of
from flows.settings import load
from serving.access import COMMAND_LINE, Scope, Viewer
from serving.publish import read_lists
from serving.store import accounts, additions, decisions, places
from serving.store.decisions import NewDecision
from serving.store.places import Place

MONDAY = date(2026, 11, 16)
SUNDAY = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)


def gp(site: Site, residents: dict[str, str]) -> Viewer:
    """A GP's account in the site's room, for these residents and their homes."""
    with store_of(load(site.settings)).transaction() as db:
        places.refresh(db, [Place(who, home, "p1") for who, home in residents.items()], {})
        scope = Scope(practices=frozenset({"p1"}))
        return accounts.create(db, COMMAND_LINE, "gp", "Dr A", "gp", scope, SUNDAY, subject="gp").viewer


def decision(who: str, team: str, form: str = "f1") -> NewDecision:
    return NewDecision(who, team, date(2026, 11, 9), 1, "d" * 64, form, "discussed_nothing")


def test_only_what_was_recorded_before_the_monday_counts(tmp_path: Path) -> None:
    (tmp_path / "homeround.toml").write_text(SETTINGS, encoding="utf-8")
    here = Site(tmp_path)
    settings = load(here.settings)
    assert recorded_before(settings, MONDAY).digest() == ""
    assert not (tmp_path / "var").exists(), "looking makes no store"
    viewer = gp(here, {"r1": "h1", "r2": "h1"})
    assert recorded_before(settings, MONDAY).digest() == "", "an empty room is as none"
    midnight = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
    with store_of(settings).transaction() as db:
        decisions.save(db, viewer, decision("r1", "mdt"), SUNDAY)
        decisions.save(db, viewer, decision("r2", "mdt", "f2"), midnight)
        asked = additions.ask(db, viewer, "r2", "not herself", SUNDAY)
    before = recorded_before(settings, MONDAY)
    assert [review.resident_id for review in before.reviews] == ["r1"]
    with store_of(settings).transaction() as db:
        additions.answer(db, viewer, asked.id, "seen_already", "Seen on Sunday", midnight)
    assert recorded_before(settings, MONDAY) == before, "the same Monday takes the same, whatever came later"


def test_what_was_decided_makes_another_list_whose_manifest_says_so(site: Site, tmp_path: Path) -> None:
    here = site.twin(tmp_path)
    first = run(here)
    assert not (here.folder / "var" / "room").exists()
    manifest = json.loads((Path(first["folder"]) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["made_from"]["decisions"] is None
    mdt = next(one for one in read_lists(Path(first["folder"])).values() if one.team.kind == "mdt")
    listed, below = mdt.section("listed")[0], mdt.section("below")[-1]
    viewer = gp(here, {e.resident_id: e.home_id for e in (listed, below)})
    with store_of(load(here.settings)).transaction() as db:
        decisions.save(db, viewer, decision(listed.resident_id, mdt.team.id), SUNDAY)
        additions.ask(db, viewer, below.resident_id, "not eating since Friday", SUNDAY)
    again = run(here)
    assert (again["status"], again["revision"]) == ("published", 2)
    folder = Path(again["folder"])
    now = read_lists(folder)[mdt.team.id]
    section = {e.resident_id: e.section for e in now.entries}
    assert (section[listed.resident_id], section[below.resident_id]) == ("reviewed", "added")
    digest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["made_from"]["decisions"]
    assert len(digest) == 64
    assert not any(b"not eating" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert run(here)["status"] == "unchanged"
