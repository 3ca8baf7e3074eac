"""A published week is read as far as somebody asks for it, and nothing comes from a file that was changed."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from example_list import AS_OF, HOMES, example

import serving.published
from serving.manifest import Made, Report
from serving.publish import Held, publish, team_slug
from serving.published import Lists, Week
from serving.rows import Entry, Team, Watchlist
from serving.web.listing import own_held, own_lists

(H1, _), (H2, _) = HOMES[0], HOMES[1]
ROUNDS = tuple(Team(f"round-{home}", f"{label} home round", "round", 5, ((home, label),)) for home, label in HOMES[:2])
LISTS = (
    replace(example(), revision=1, supersedes=None),
    *(replace(example(), revision=1, supersedes=None, team=one) for one in ROUNDS),
)
MDT, FIRST, SECOND = (team_slug(one.team) for one in LISTS)
HELD = Held(Team("round-x", "Elsewhere home round", "round", 5, (("hx", "Elsewhere"),)), ("too old",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return publish(tmp_path, AS_OF, LISTS, (HELD,), Made({}, "", "", {}), Report()).folder


def week_of(folder: Path) -> Week:
    week = Lists(folder.parents[1]).week(AS_OF)
    assert week
    return week


def change(folder: Path, slug: str, data: bytes) -> None:
    path = folder / slug / "list.json"
    path.chmod(0o600)
    path.write_bytes(data)


def test_lists_and_teams_are_those_that_were_published(folder: Path) -> None:
    week = week_of(folder)
    assert dict(week.lists) == dict(zip((MDT, FIRST, SECOND), LISTS, strict=True))
    assert week.teams == {slug: one.team for slug, one in week.lists.items()}
    assert list(week.teams) == [slug for slug, _ in sorted(week.teams.items(), key=lambda t: (t[1].kind, t[1].label))]
    assert week.held == ()


def test_who_has_one_home_reads_its_lists_alone_and_each_once(folder: Path) -> None:
    week, read = week_of(folder), serving.published.from_json
    with patch.object(serving.published, "from_json", side_effect=read) as reading:
        for _ in range(3):
            assert set(own_lists(week, frozenset({H1}))) == {MDT, FIRST}
            assert own_held(week, frozenset({H1})) == ()
        assert reading.call_count == 2
        assert own_lists(week, frozenset({"nowhere"})) == {}
        assert week.lists[SECOND] == LISTS[2]
        assert reading.call_count == 3


def test_a_changed_list_is_not_shown_and_may_concern_anybody(folder: Path) -> None:
    change(folder, FIRST, b"{}")
    week = week_of(folder)
    assert FIRST not in week.lists
    assert FIRST not in week.teams
    assert set(own_lists(week, frozenset({H1}))) == {MDT}
    assert [one.slug for one in own_held(week, frozenset({H2}))] == [FIRST]
    assert "not the one that was published" in own_held(week, frozenset({H2}))[0].reasons[0]


def test_a_list_that_is_changed_after_its_team_was_read_is_not_shown(folder: Path) -> None:
    week = week_of(folder)
    assert set(week.teams) == {MDT, FIRST, SECOND}
    change(folder, FIRST, (folder / FIRST / "list.json").read_bytes().replace(b"0.138", b"0.938"))
    assert set(own_lists(week, frozenset({H1}))) == {MDT}
    assert [one.slug for one in own_held(week, frozenset({H1}))] == [FIRST]
    assert own_held(week, frozenset({H2})) == ()
    assert set(week.lists) == {MDT, SECOND}


def test_a_lost_list_cannot_be_read(folder: Path) -> None:
    (folder / FIRST / "list.json").unlink()
    assert ["cannot be read" in one.reasons[0] for one in own_held(week_of(folder), frozenset({H1}))] == [True]


@pytest.mark.parametrize("text", ['team": {', '\n "team": {\n  "id": "no"\n }', "\r\n \\"])
def test_no_text_of_an_entry_is_taken_for_the_team(text: str, tmp_path: Path) -> None:
    entry: Entry = replace(example().entries[0], resident_id=text, status_note=text, background=text)
    odd: Watchlist = replace(LISTS[0], entries=(entry,), outcome_label=text, team=replace(LISTS[0].team, label=text))
    publish(tmp_path, AS_OF, [odd], (), Made({}, "", "", {}), Report())
    (found,) = week_of(tmp_path / AS_OF.isoformat() / "r1").teams.values()
    assert found == odd.team
