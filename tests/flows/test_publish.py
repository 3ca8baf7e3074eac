"""Publishing: the same inputs give the same bytes, a corrected input a new revision, and a crash nothing by halves."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from example_list import AS_OF, example

from features.problems import HeldBack, HomeroundError
from flows.spread import Over
from serving.manifest import Made, Report, differing, read
from serving.publish import Held, Published, issue_of, latest_folder, publish, publish_written, read_lists, team_slug
from serving.rows import Team, Watchlist
from serving.written import Spread, Written, write_lists

MADE = Made({"history": "a" * 64, "assurance": ""}, "b" * 64, "c" * 64, {"version": "7", "digest": "d" * 64})
ROUND = Team("round-h1", "Élm House & Söhne, home round", "round", 5, (("h1", "Elm House"),))


def lists():
    return example(), replace(example(), team=ROUND)


def put(folder: Path, made: Made = MADE, some=None, held=(), report: Report | None = None) -> Published:
    return publish(folder, AS_OF, lists() if some is None else some, held, made, report or Report())


def many(count: int) -> list[Watchlist]:
    one = replace(example(), entries=example().entries[:2], revision=1, supersedes=None)
    return [replace(one, team=replace(ROUND, id=f"round-{i}")) for i in range(count)]


def render(work: Path, published: Path, some: list[Watchlist], spread: Spread = map) -> tuple[Written, ...]:
    work.mkdir(parents=True)
    return write_lists(work, issue_of(published, AS_OF, MADE), some, spread)


def place(work: Path, published: Path, written: tuple[Written, ...], spread: Spread = map) -> Published:
    return publish_written(published, issue_of(published, AS_OF, MADE), work, written, (), MADE, Report(), spread)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_week_is_a_folder_of_lists_an_index_and_a_manifest(tmp_path):
    done = put(tmp_path)
    assert done.status == "published"
    assert done.folder == tmp_path / "2026-11-16" / "r1"
    names = set(bytes_of(done.folder))
    for team in (example().team, ROUND):
        assert {f"{team_slug(team)}/list.{kind}" for kind in ("html", "csv", "json")} <= names
    assert {"index.html", "manifest.json"} <= names
    assert len(names) == 8
    assert differing(done.folder) == []
    assert read_lists(done.folder) == {one.team.id: replace(one, revision=1, supersedes=None) for one in lists()}


def test_folder_names_are_plain_ascii_and_tell_namesakes_apart():
    name = team_slug(ROUND)
    assert name.startswith("elm-house-sohne-home-round-")
    assert name.isascii()
    assert name != team_slug(replace(ROUND, id="round-h2"))
    assert team_slug(replace(ROUND, label="../../etc/passwd")).startswith("etc-passwd-")
    assert team_slug(replace(ROUND, label="养老院")).isalnum()


def test_the_same_inputs_give_the_same_bytes_and_no_new_revision(tmp_path):
    before = bytes_of(put(tmp_path / "a").folder)
    again = put(tmp_path / "a")
    assert (again.status, again.revision) == ("unchanged", 1)
    assert bytes_of(again.folder) == before
    assert bytes_of(put(tmp_path / "b").folder) == before


def test_changed_inputs_give_a_revision_that_names_what_it_replaces(tmp_path):
    first = bytes_of(put(tmp_path).folder)
    second = put(tmp_path, replace(MADE, inputs={"history": "e" * 64, "assurance": ""}))
    assert (second.status, second.revision, second.supersedes) == ("published", 2, "r1")
    assert bytes_of(tmp_path / "2026-11-16" / "r1") == first
    assert read(second.folder)["supersedes"] == "r1"
    assert "r1" in (second.folder / team_slug(ROUND) / "list.html").read_text(encoding="utf-8")
    assert latest_folder(tmp_path, AS_OF) == second.folder
    assert put(tmp_path).revision == 3, "what was corrected back is a correction too"


@pytest.mark.parametrize("field", ["settings", "code", "previous", "decisions"])
def test_every_input_counts(field, tmp_path):
    put(tmp_path)
    assert put(tmp_path, replace(MADE, **{field: "f" * 64})).revision == 2


def test_a_page_of_no_run_holds_the_time_of_day(tmp_path):
    manifest = read(put(tmp_path).folder)
    assert set(manifest) == {
        *("format", "as_of", "revision", "supersedes", "made_from", "files"),
        *("warnings", "attrition", "held", "counts"),
    }
    assert set(manifest["files"]) == set(bytes_of(tmp_path / "2026-11-16" / "r1")) - {"manifest.json"}


def test_a_list_that_was_held_back_is_named_and_not_there(tmp_path):
    done = put(tmp_path, some=lists()[:1], held=(Held(ROUND, ("it would list 41 residents",), 41),))
    assert not (done.folder / team_slug(ROUND)).exists()
    assert "it would list 41 residents" in (done.folder / "index.html").read_text(encoding="utf-8")


def test_nothing_is_published_when_every_list_is_held_back(tmp_path):
    with pytest.raises(HeldBack, match="too many"):
        put(tmp_path, some=(), held=(Held(ROUND, ("too many",)),))
    assert not list(tmp_path.rglob("*.html"))


def test_published_files_are_read_only_and_a_changed_one_is_found(tmp_path):
    done = put(tmp_path)
    path = done.folder / team_slug(ROUND) / "list.csv"
    assert path.stat().st_mode & 0o222 == 0
    path.chmod(0o600)
    path.write_text("changed", encoding="utf-8")
    with pytest.raises(HomeroundError, match=r"no longer what was published: .*list\.csv"):
        put(tmp_path)


def test_other_bytes_from_the_same_inputs_are_a_fault(tmp_path):
    put(tmp_path)
    other = replace(lists()[0], covered=3)
    with pytest.raises(HomeroundError, match="same inputs gave other bytes"):
        put(tmp_path, some=(other, lists()[1]))


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from serving import publish
from serving.manifest import Made, Report
from serving.rows import from_json
left = int(sys.argv[3])
def dying(real):
    def call(*given, **named):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return real(*given, **named)
    return call
os.fsync, os.rename, os.mkdir = dying(os.fsync), dying(os.rename), dying(os.mkdir)
one = from_json(Path(sys.argv[2]).read_text())
publish.publish(Path(sys.argv[1]), one.as_of, [one], [], Made({"history": "%s"}, "s", "c", {}), Report())
"""


@pytest.mark.parametrize("steps", [0, 2, 5, 8, 10, 12, 13])
def test_killed_at_any_point_the_last_list_is_whole_and_the_next_run_finishes(steps, tmp_path):
    one = example()
    first = put(tmp_path, some=[one])
    before = bytes_of(first.folder)
    source = first.folder / team_slug(one.team) / "list.json"
    script = [sys.executable, "-c", KILLED % ("e" * 64), str(tmp_path), str(source)]
    died = subprocess.run([*script, str(steps)], cwd=Path(__file__).parents[2])
    assert died.returncode == -signal.SIGKILL
    assert bytes_of(first.folder) == before
    week = sorted(path.name for path in (tmp_path / "2026-11-16").iterdir())
    assert week in (["r1"], ["r1", "r2"])
    for name in week:
        assert differing(tmp_path / "2026-11-16" / name) == []
    finished = subprocess.run([*script, "1000"], cwd=Path(__file__).parents[2])
    assert finished.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11-16"], "nothing is left aside"
    assert latest_folder(tmp_path, AS_OF) == tmp_path / "2026-11-16" / "r2"
    assert differing(tmp_path / "2026-11-16" / "r2") == []
    assert json.loads((tmp_path / "2026-11-16" / "r2" / "manifest.json").read_text())["supersedes"] == "r1"


def test_weeks_stand_beside_each_other(tmp_path):
    put(tmp_path)
    assert latest_folder(tmp_path, date(2026, 11, 9)) is None


@pytest.mark.parametrize("processes", [1, 2])
def test_bytes_are_the_same_whatever_renders_them(processes, tmp_path):
    some = many(40)
    before = bytes_of(put(tmp_path / "a", some=some).folder)
    over = Over(processes)
    assert bytes_of(publish(tmp_path / "b", AS_OF, some, (), MADE, Report(), over).folder) == before
    written = render(tmp_path / "work", tmp_path / "c", some, over)
    done = place(tmp_path / "work", tmp_path / "c", written, over)
    assert (done.status, bytes_of(done.folder)) == ("published", before)
    assert bytes_of(tmp_path / "work").items() <= before.items()
    assert place(tmp_path / "work", tmp_path / "c", written, over).status == "unchanged"


def test_lists_are_taken_one_at_a_time(tmp_path):
    made = []

    def each():
        for one in many(3):
            assert len(list(tmp_path.rglob("list.json"))) == len(made)
            made.append(one)
            yield one

    assert len(read_lists(put(tmp_path, some=each()).folder)) == 3


def test_lists_that_were_rendered_for_another_revision_are_refused(tmp_path):
    written = render(tmp_path / "work", tmp_path / "a", many(2))
    issue = issue_of(tmp_path / "a", AS_OF, MADE)
    put(tmp_path / "a", replace(MADE, code="e" * 64))
    with pytest.raises(HomeroundError, match="were published since these were made"):
        publish_written(tmp_path / "a", issue, tmp_path / "work", written, (), MADE, Report())
    assert [path.name for path in (tmp_path / "a" / "2026-11-16").iterdir()] == ["r1"]


def test_a_rendered_file_that_was_changed_is_not_published(tmp_path):
    written = render(tmp_path / "work", tmp_path / "a", many(2))
    path = tmp_path / "work" / written[1].files[1][0]
    path.chmod(0o600)
    path.write_text("changed", encoding="utf-8")
    with pytest.raises(HomeroundError, match=r"list\.csv is no longer what was rendered"):
        place(tmp_path / "work", tmp_path / "a", written)
    assert not list((tmp_path / "a").iterdir())


def test_a_list_that_cannot_be_rendered_leaves_nothing(tmp_path):
    bad = replace(example(), expected_events=float("nan"))
    for spread in (map, Over(2)):
        with pytest.raises(ValueError, match="JSON compliant"):
            publish(tmp_path, AS_OF, [*many(20), bad], (), MADE, Report(), spread)
    assert not list(tmp_path.iterdir())


def test_the_lists_of_a_folder_are_read_when_they_are_asked_for(tmp_path):
    folder = put(tmp_path, some=many(5)).folder
    found = read_lists(folder)
    for path in folder.glob("*/list.json"):
        if path.parent.name != team_slug(many(5)[3].team):
            path.chmod(0o600)
            path.write_text("not read", encoding="utf-8")
    assert found["round-3"] == many(5)[3]
    assert "round-9" not in found
    assert len(found) == 5


def test_teams_whose_folders_end_alike_are_told_apart(tmp_path):
    one, other = many(2)
    folder = put(tmp_path, some=[one, other]).folder
    ending = team_slug(one.team).rpartition("-")[2]
    (folder / team_slug(other.team)).rename(folder / f"another-{ending}")
    found = read_lists(folder)
    assert found[one.team.id] == one
    assert found.get(other.team.id) is None, "its folder does not end in its mark"
    assert sorted(found) == [one.team.id, other.team.id]
    assert list(found.each()) == [other, one]


def test_the_index_knows_which_mdt_reviews_a_home(tmp_path):
    mdt, other = example(), replace(example(), team=replace(ROUND, id="round-hx", homes=(("hx", "Elsewhere"),)))
    one = replace(example(), team=replace(ROUND, homes=mdt.team.homes[:1]))
    held = Held(replace(ROUND, id="round-h2", homes=mdt.team.homes[1:2]), ("too old",))
    links = put(tmp_path, some=[mdt, one, other], held=[held]).links
    assert [link.of for link in links] == [mdt.team.id, mdt.team.id, "", mdt.team.id]
