"""Names on request: for one person and purpose, in files of the owner alone, with a trail that cannot be edited."""

import json
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path

import nhs_number
import pytest
from cryptography.fernet import Fernet
from example_list import STAMP, empty, example, identities
from histories import RESIDENT, STAY, write_history

from features.problems import HeldBack, HomeroundError, UsageError
from serving import audit, identity
from serving.copies import formats_of, named_copies
from serving.keys import key, make_key
from serving.manifest import Made, Report
from serving.publish import publish, team_slug
from serving.reveal import Revealed, reveal
from serving.rows import Identity

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


ENDS = {".html", ".xlsx", "_fhir.json", "_reviews.ics", "_nhs-numbers.csv"}


def test_every_format_asked_for_and_no_name_in_any_files_name(tmp_path, key_file):
    identity.seal(history(tmp_path), key(key_file, identity.KEY_VARIABLE))
    listing = published(tmp_path)
    before = {path: path.read_bytes() for path in listing.parent.rglob("*") if path.is_file()}
    formats = formats_of("calendar, fhir,nhs-numbers,html,xlsx")
    done = shown(tmp_path, listing, key_file, formats=formats)
    stem = f"review-list_{team_slug(example().team)}_2026-11-16"
    assert {path.name.removeprefix(stem) for path in done.files} == ENDS
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in done.files)
    assert {path: path.read_bytes() for path in before} == before
    trail = (tmp_path / "audit" / "reveal.jsonl").read_text(encoding="utf-8")
    assert json.loads(trail)["as"] == "html,xlsx,nhs-numbers,fhir,calendar"
    texts = {path.suffix: path.read_text(encoding="utf-8") for path in done.files if path.suffix != ".xlsx"}
    number = identities()[example().entries[0].resident_id].nhs_number
    assert number in texts[".csv"]
    assert number in texts[".json"]
    assert "review due after hospital" in texts[".ics"]


def test_pdfs_are_copies_too():
    try:
        made = named_copies(empty(), {}, STAMP, ("pdf", "mdt"))
    except UsageError as error:
        pytest.skip(f"{error}: make system")
    assert list(made.files) == [".pdf", "_sheet.pdf"]
    assert all(data.startswith(b"%PDF-1.7") for data in made.files.values())


def test_what_cannot_be_made_is_neither_begun_nor_in_the_trail(tmp_path, key_file, monkeypatch):
    history(tmp_path)

    def lacking(*given):
        raise UsageError("no Pango")

    monkeypatch.setattr("serving.copies.pdf", lacking)
    with pytest.raises(UsageError, match="no Pango"):
        shown(tmp_path, published(tmp_path), key_file, formats=("html", "pdf"))
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "audit").exists()


@pytest.mark.parametrize("text", ["docx", "html,doc", "", " , "])
def test_an_unknown_format_is_a_usage_error(text):
    with pytest.raises(UsageError, match="nhs-numbers"):
        formats_of(text)


def test_more_numbers_than_a_file_takes_and_none_at_all():
    many = tuple(replace(example().entries[0], resident_id=f"R{i}") for i in range(300))
    born = date(1930, 1, 1)
    people = {f"R{i}": Identity("A", "B", number, born) for i, number in enumerate(some_numbers(300))}
    made = named_copies(replace(example(), entries=many), people, STAMP, ("nhs-numbers",))
    assert list(made.files) == ["_nhs-numbers_1-of-2.csv", "_nhs-numbers_2-of-2.csv"]
    assert made.notes == ()
    none = named_copies(replace(example(), entries=many), {}, STAMP, ("nhs-numbers",))
    assert none.files == {}
    assert none.notes[1] == "300 residents not in the files of NHS numbers: no name on file."


def test_programs_of_formats_wait_until_they_are_asked_for():
    code = "import sys, serving.reveal; sys.exit(len({'weasyprint', 'fhir', 'icalendar'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def some_numbers(most):
    ten = (f"{n}{d}" for n in range(999_000_000, 999_001_000) for d in range(10))
    return list(islice((number for number in ten if nhs_number.is_valid(number)), most))


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
