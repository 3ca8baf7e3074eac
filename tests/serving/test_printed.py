"""The list on paper, printed by a real browser: every listed resident, columns to write in, page numbers."""

import shutil
import subprocess
from pathlib import Path

import pytest
from example_list import example

from serving.render.html import html

CHROMIUM, PDFTOTEXT = shutil.which("chromium"), shutil.which("pdftotext")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer")  # fmt: skip

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and PDFTOTEXT), reason="chromium and poppler-utils are not installed: make system"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The text of each printed page."""
    folder: Path = tmp_path_factory.mktemp("printed")
    (folder / "list.html").write_text(html(example()), encoding="utf-8")
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'list.pdf'}"]
    subprocess.run([*command, (folder / "list.html").as_uri()], check=True, capture_output=True, timeout=120)
    text = subprocess.run(
        [PDFTOTEXT, "-layout", folder / "list.pdf", "-"], check=True, capture_output=True, text=True, timeout=60
    )
    return text.stdout.rstrip("\f").split("\f")


def test_every_listed_resident_is_on_paper(pages: list[str]) -> None:
    printed = " ".join(pages)
    assert all(entry.resident_id in printed for entry in example().section("listed"))


def test_there_is_room_to_write_a_decision(pages: list[str]) -> None:
    assert any("Decision" in page and "☐ Action" in page for page in pages)


def test_each_page_says_which_list_it_is(pages: list[str]) -> None:
    assert all("revision" in page for page in pages)
