"""Names on request: for one person and purpose, in files of the owner alone, with a trail that cannot be edited."""

import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from example_list import example, identities
from histories import RESIDENT, STAY, write_history

from features.problems import HeldBack, HomeroundError, UsageError
from serving import audit, identity
from serving.keys import key, make_key
from serving.manifest import Made, Report
from serving.publish import publish, team_slug
from serving.reveal import Revealed, reveal

MADE = Made({"history": "a"}, "b", "c", {})


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    make_key(tmp_path / "identity.key", identity.KEY_VARIABLE)
    return tmp_path / "identity.key"


def history(folder: Path, **numbers: str) -> Path:
    """A history whose identities are those of the example list; `numbers` replaces NHS numbers by resident."""
    people = identities()
    names = [
        {
            "resident_id": who,
            "nhs_number": numbers.get(who, one.nhs_number),
            "given_name": one.given_name,
            "family_name": one.family_name,
            "room": one.room,
        }
        for who, one in people.items()
    ]
    return write_history(
        folder / "history",
        residents=[RESIDENT | {"resident_id": who, "date_of_birth": one.date_of_birth} for who, one in people.items()],
        stays=[STAY | {"resident_id": who} for who in people],
        identities=names,
    )


def published(folder: Path) -> Path:
    done = publish(folder / "published", example().as_of, [example()], [], MADE, Report())
    return done.folder / team_slug(example().team)


def shown(folder: Path, listing: Path, key_file: Path, **changes) -> Revealed:
    given = {"store": None, "for_whom": "Dr A. Patel", "purpose": "MDT on Tuesday", "out": folder / "out"} | changes
    return reveal(listing, history=folder / "history", key_file=key_file, **given)


def test_a_list_with_names_for_one_person_and_purpose(tmp_path, key_file):
    identity.seal(history(tmp_path), key(key_file, identity.KEY_VARIABLE))
    done = shown(tmp_path, published(tmp_path), key_file)
    page = done.files[0].read_text(encoding="utf-8")
    wanted = {e.resident_id for e in example().entries} | {g.resident_id for g in example().left}
    assert done.people == len(wanted & set(identities()))
    assert any("shown by pseudonym" in warning for warning in done.warnings)
    assert "Dr A. Patel" in page
    assert "MDT on Tuesday" in page
    assert identities()[example().entries[0].resident_id].family_name.upper() in page.upper()
    assert {path.suffix for path in done.files} == {".html", ".xlsx"}
    for path in done.files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.stem == f"review-list_{team_slug(example().team)}_2026-11-16"


def test_every_use_is_in_the_trail_and_no_resident_is(tmp_path, key_file):
    identity.seal(history(tmp_path), key(key_file, identity.KEY_VARIABLE))
    listing = published(tmp_path)
    shown(tmp_path, listing, key_file)
    shown(tmp_path, listing, key_file, for_whom="Nurse B", purpose="home round")
    trail = tmp_path / "audit" / "reveal.jsonl"
    first, second = (json.loads(line) for line in trail.read_text(encoding="utf-8").splitlines())
    assert (first["for"], first["purpose"], second["for"]) == ("Dr A. Patel", "MDT on Tuesday", "Nurse B")
    assert first["people"] == second["people"] > 0
    assert first["list"] == second["list"]
    text = trail.read_text(encoding="utf-8")
    for who, one in identities().items():
        assert who not in text
        assert one.nhs_number not in text
        assert one.family_name not in text
    assert audit.broken_at(trail) is None
    assert stat.S_IMODE(trail.stat().st_mode) == 0o600


def test_an_edited_trail_stops_everything(tmp_path, key_file):
    identity.seal(history(tmp_path), key(key_file, identity.KEY_VARIABLE))
    listing, trail = published(tmp_path), tmp_path / "audit" / "reveal.jsonl"
    shown(tmp_path, listing, key_file)
    shown(tmp_path, listing, key_file)
    trail.write_text(trail.read_text(encoding="utf-8").replace("Dr A. Patel", "Nobody", 1), encoding="utf-8")
    assert audit.broken_at(trail) == 2
    shutil.rmtree(tmp_path / "out")
    with pytest.raises(HomeroundError, match="line 2 does not follow"):
        shown(tmp_path, listing, key_file)
    assert not (tmp_path / "out").exists()


def test_a_line_cut_off_by_a_crash_does_not_stop_the_trail(tmp_path):
    trail = tmp_path / "trail.jsonl"
    audit.append(trail, {"for": "a"})
    with trail.open("a") as stream:
        stream.write('{"for": "b"')
    audit.append(trail, {"for": "c"})
    assert audit.broken_at(trail) is None
    assert len(trail.read_text().splitlines()) == 3


@pytest.mark.parametrize("missing", ["for_whom", "purpose"])
def test_nobody_and_no_purpose_are_refused(missing, tmp_path, key_file):
    history(tmp_path)
    with pytest.raises(UsageError, match="for whom"):
        shown(tmp_path, published(tmp_path), key_file, **{missing: "  "})
    assert not (tmp_path / "audit").exists()


def test_a_list_that_is_not_the_published_one_is_refused(tmp_path, key_file):
    history(tmp_path)
    listing = published(tmp_path)
    path = listing / "list.json"
    path.chmod(0o600)
    path.write_text(path.read_text(encoding="utf-8").replace("Elm House", "Oak House"), encoding="utf-8")
    with pytest.raises(HeldBack, match="not the list that was published"):
        shown(tmp_path, listing, key_file)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_list_is_a_usage_error(tmp_path, key_file):
    history(tmp_path)
    with pytest.raises(UsageError, match="not a published list"):
        shown(tmp_path, published(tmp_path).parent, key_file)


def test_a_superseded_list_says_so_first(tmp_path, key_file):
    history(tmp_path)
    listing = published(tmp_path)
    publish(tmp_path / "published", example().as_of, [example()], [], replace(MADE, code="d"), Report())
    done = shown(tmp_path, listing, key_file)
    assert "revision 2 replaces it" in done.warnings[0]
    assert "revision 2 replaces it" in done.files[0].read_text(encoding="utf-8")


def test_sealed_names_need_their_key(tmp_path, key_file, monkeypatch):
    folder = history(tmp_path)
    sealed = identity.seal(folder, key(key_file, identity.KEY_VARIABLE))
    assert sealed is not None
    assert not list(folder.glob("identities.*et"))
    for one in identities().values():
        assert one.family_name.encode() not in sealed.read_bytes()
    listing = published(tmp_path)
    monkeypatch.setenv(identity.KEY_VARIABLE, Fernet.generate_key().decode())
    with pytest.raises(UsageError, match="does not open"):
        shown(tmp_path, listing, key_file)
    monkeypatch.setenv(identity.KEY_VARIABLE, key_file.read_text())
    assert shown(tmp_path, listing, tmp_path / "no.key").people > 0


def test_a_key_that_others_can_read_is_refused(tmp_path, key_file):
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key_file.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        key(key_file, identity.KEY_VARIABLE)
    with pytest.raises(UsageError, match="no secret"):
        key(tmp_path / "absent", identity.KEY_VARIABLE)


def test_plain_names_wrong_numbers_and_unknown_people_are_told(tmp_path, key_file):
    who = example().entries[0].resident_id
    history(tmp_path, **{who: "9990000019"})
    done = shown(tmp_path, published(tmp_path), key_file)
    assert any("unencrypted" in warning for warning in done.warnings)
    assert any(warning.startswith("1 NHS number") for warning in done.warnings)
    page = done.files[0].read_text(encoding="utf-8").replace("\xa0", "")
    assert "9990000019" not in page
    assert identity.NOT_VALID in done.files[0].read_text(encoding="utf-8")


def test_namesakes_are_pointed_out(tmp_path, key_file):
    folder = history(tmp_path)
    plain = identity.names_of(identities(), {}, folder, key_file)
    assert not any("share a name" in warning for warning in plain.warnings)
    people = [
        {"resident_id": f"r{i}", "nhs_number": "9990000018", "given_name": "Joan", "family_name": "Hill"}
        for i in (1, 2)
    ]
    twins = write_history(tmp_path / "twins", identities=people)
    assert any("share a name" in w for w in identity.names_of(["r1", "r2", "r3"], {}, twins, key_file).warnings)
    assert any(w.startswith("1 resident ") for w in identity.names_of(["r1", "r3"], {}, twins, key_file).warnings)
