"""The list and the meeting sheet on paper, read back by pypdf and by poppler."""

import builtins
import io
import re
import shutil
import subprocess
import unicodedata
from dataclasses import replace

import pytest
from example_list import STAMP, empty, entry, example, identities, resident
from pypdf import PdfReader

from features.problems import HomeroundError, UsageError
from serving.render import meeting, words
from serving.render.mdt_sheet import mdt_sheet
from serving.render.pdf import pdf, to_pdf
from serving.rows import Identity

pytestmark = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils is not installed: make system")


@pytest.fixture(scope="module", autouse=True)
def pango() -> None:
    try:
        to_pdf("<!doctype html><html lang='en-GB'><title>x</title><p>x</p></html>")
    except UsageError as error:
        pytest.skip(f"{error}: make system")


@pytest.fixture(scope="module")
def listing() -> bytes:
    return pdf(example(), identities(), STAMP)


@pytest.fixture(scope="module")
def sheet() -> bytes:
    return mdt_sheet(example(), identities(), STAMP)


def _pages(data: bytes) -> list[str]:
    """The text of each page as poppler reads it, blanks as one space."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, check=True, capture_output=True, timeout=60)
    return [re.sub(r"\s+", " ", page) for page in done.stdout.decode().rstrip("\f").split("\f")]


def _spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("made", ["listing", "sheet"])
def test_it_can_be_read_aloud(made: str, request: pytest.FixtureRequest) -> None:
    read = PdfReader(io.BytesIO(request.getfixturevalue(made)))
    root = read.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/StructTreeRoot" in root
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    assert read.metadata is not None
    assert "Oakfield PCN MDT, 16 November 2026" in (read.metadata.title or "")
    for page in read.pages:
        assert page.mediabox.width > page.mediabox.height
        assert round(float(page.mediabox.width)) == 842


@pytest.mark.parametrize("made", ["listing", "sheet"])
def test_every_page_says_for_whom_which_run_and_which_page(made: str, request: pytest.FixtureRequest) -> None:
    data = request.getfixturevalue(made)
    pages = _pages(data)
    assert len(pages) == len(PdfReader(io.BytesIO(data)).pages) > 1
    for number, page in enumerate(pages, start=1):
        assert page.strip().startswith(words.stamped(STAMP))
        assert "revision 2 · data up to 15 November 2026 · model 7 (in use)" in page
        assert page.strip().endswith(f"Page {number} of {len(pages)}")


def test_everybody_is_on_the_list_with_number_and_chance(listing: bytes) -> None:
    printed = " ".join(_pages(listing))
    for each in example().entries:
        assert _spaced(words.nhs_number(identities()[each.resident_id])) in printed
    assert "Joan WHITFIELD" in printed
    assert "14 in 100" in printed
    assert "What the model cannot see" in printed
    assert "Show the next" not in printed  # what only a screen can do


def test_the_head_of_the_table_is_on_each_of_its_pages(sheet: bytes) -> None:
    pages = _pages(sheet)
    assert all("Why listed" in page and "By when" in page for page in pages)


def test_the_sheet_has_the_order_of_the_list_and_room_to_write(sheet: bytes) -> None:
    printed = " ".join(_pages(sheet))
    numbers = [_spaced(words.nhs_number(identities()[e.resident_id])) for e in meeting.to_review(example())]
    places = [printed.index(number) for number in numbers]
    assert places == sorted(places)
    assert printed.count("☐ Nothing to change") == len(numbers) + meeting.BLANK_ROWS
    assert "Apologies" in printed
    assert "in 100" not in printed  # it becomes a record of care, where no chance belongs
    assert f"{len(example().entries) - len(numbers)} more residents are on the full list" in printed


def test_a_copy_without_names_has_none() -> None:
    printed = " ".join(_pages(pdf(replace(example(), entries=example().section("listed")[:1], left=(), feeds=()))))
    first = identities()[resident(0)]
    assert resident(0) in printed
    assert first.family_name.upper() not in printed
    assert _spaced(words.nhs_number(first)) not in printed


ODD = (("=1+1", "@sum(A1)"), ("<b>", "&amp;"), ("Jo " * 30, "Long-name" * 12), ("فاطمة", "الزهراء"))


def test_odd_names_are_whole_and_stay_on_the_page() -> None:
    who = {resident(i): Identity(*names, "9990000018", None) for i, names in enumerate(ODD)}
    data = mdt_sheet(replace(empty(), entries=tuple(entry(i) for i in range(len(ODD)))), who, STAMP)
    printed = _cells(data)
    for one in who.values():
        # What runs from right to left is stored as shaped glyphs, so only its letters can be compared.
        whole = re.sub(r"\s", "", unicodedata.normalize("NFKC", words.name(one)))
        assert whole in printed if whole.isascii() else set(whole) <= set(printed)


def _cells(data: bytes) -> str:
    """All text in the order of its tags, without blanks."""
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, check=True, capture_output=True, timeout=60)
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", done.stdout.decode()))


def test_the_same_list_gives_the_same_bytes() -> None:
    made = pdf(empty())
    assert made == pdf(empty())
    assert "No residents are listed this week" in " ".join(_pages(made))


def test_a_long_stamp_leaves_the_page_readable() -> None:
    told = replace(STAMP, purpose="a very long purpose " * 100)
    pages = _pages(mdt_sheet(empty(), {}, told))
    assert all("MDT sheet" in page or "By when" in page for page in pages)
    assert all("Page" in page for page in pages)


@pytest.mark.parametrize("asked", ["<img src='http://127.0.0.1:9/x.png'>", "<link rel=stylesheet href='file:///etc/passwd'>"])  # fmt: skip
def test_nothing_is_fetched(asked: str) -> None:
    with pytest.raises(HomeroundError, match="outside itself"):
        to_pdf(f"<!doctype html><html lang='en-GB'><title>x</title>{asked}</html>")


def test_without_pango_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def lacking(name: str, *given: object, **more: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return plain(name, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(UsageError, match="install libpango"):
        pdf(empty())
