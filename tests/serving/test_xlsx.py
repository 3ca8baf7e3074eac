"""The workbook of the review meeting reads back as it was written, and holds no formula and no clock."""

import io
import re
from dataclasses import replace
from datetime import date, datetime
from zipfile import ZipFile

import pytest
from example_list import AS_OF, STAMP, empty, entry, example, identities, resident
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from serving.render import words
from serving.render.meeting import BLANK_ROWS, DECISIONS, to_review
from serving.render.xlsx import COLUMNS, xlsx
from serving.render.xlsx_review import HEAD_ROW, TO_WRITE
from serving.rows import SECTIONS, Identity, Left

HEADINGS = [column.heading for column in COLUMNS]


def _read(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def _rows(book: Workbook) -> list[dict[str, object]]:
    header, *rows = book["List"].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def book() -> Workbook:
    return _read(xlsx(example(), identities(), STAMP))


def test_rows_read_back(book: Workbook) -> None:
    rows = _rows(book)
    entries = [each for section in SECTIONS for each in example().section(section)]
    assert list(rows[0]) == HEADINGS
    assert len(rows) == len(entries)
    for row, each in zip(rows, entries, strict=True):
        identity = identities()[each.resident_id]
        assert row["Resident"] == words.name(identity)
        assert row["NHS number"] == "{} {} {}".format(*re.fullmatch(r"(...)(...)(....)", identity.nhs_number).groups())
        assert isinstance(row["Date of birth"], datetime)
        assert row["Date of birth"].date() == identity.date_of_birth
        assert row["Rank"] == ("No rank" if each.rank is None else each.rank)
        if each.risk is not None:
            assert row["Chance"] == pytest.approx(each.risk * 100)
        assert [row[f"Reason {i + 1}"] for i in range(3) if row[f"Reason {i + 1}"] != "None"] == [
            reason.sentence for reason in each.reasons[:3]
        ]


def test_no_cell_of_the_list_is_empty(book: Workbook) -> None:
    assert all(value is not None for row in _rows(book) for value in row.values())


def test_the_meeting_writes_on_a_sheet_of_its_own(book: Workbook) -> None:
    assert book.sheetnames[:2] == ["About this list", "MDT sheet"]
    sheet = book["MDT sheet"]
    assert [sheet.cell(row, 1).value for row in (3, 4, 5)] == ["Date and time", "Present, with role", "Apologies"]
    heads, *rows = sheet.iter_rows(min_row=HEAD_ROW + 1, values_only=True)
    to_write = [column.heading for column in TO_WRITE]
    assert list(heads[-len(to_write) :]) == to_write
    entries = to_review(example())
    assert [row[1] for row in rows[: len(entries)]] == [words.name(identities()[e.resident_id]) for e in entries]
    assert all(set(row[-len(to_write) :]) == {None} for row in rows)
    assert all(None not in row[: -len(to_write)] for row in rows[: len(entries)])
    assert [row[0] for row in rows[len(entries) :]] == ["Added"] * BLANK_ROWS
    (choice,) = sheet.data_validations.dataValidation
    assert choice.formula1 == '"' + ",".join(DECISIONS) + '"'
    assert str(choice.sqref) == f"J{HEAD_ROW + 2}:J{HEAD_ROW + 1 + len(rows)}"
    assert sheet.freeze_panes == f"C{HEAD_ROW + 2}"


def test_numbers_and_rooms_are_text_that_a_spreadsheet_leaves_alone(book: Workbook) -> None:
    for heading in ("NHS number", "Room"):
        cell = book["List"].cell(2, HEADINGS.index(heading) + 1)
        assert (cell.data_type, cell.number_format) == ("s", "@")
    assert b"numberStoredAsText" in _sheet_xml(xlsx(empty(), {}, STAMP))


def test_screen_and_paper_set_up(book: Workbook) -> None:
    sheet = book["List"]
    assert sheet.freeze_panes == "D2"
    assert sheet.auto_filter.ref is not None
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.column_dimensions["C"].width > 20
    assert sheet["M2"].alignment.wrap_text
    for each in book.worksheets:
        assert "Dr A. Patel" in (each.oddHeader.left.text or "")
        assert each.oddFooter.right.text == "Page &P of &N"
        assert "data up to 15 November 2026" in (each.oddFooter.left.text or "")


def test_cover_holds_the_facts(book: Workbook) -> None:
    facts = {(label, text) for label, text in book["About this list"].iter_rows(min_row=3, values_only=True)}
    assert ("Important", example().warnings[0]) in facts
    assert ("Of all assessed", "2\u00a0in\u00a0100") in facts
    assert ("Model", "7 (in use), learnt from records up to 31 May 2026") in facts
    assert ("Copy", words.stamped(STAMP)) in facts
    assert ("Ambulance and 111", "Out of date, latest record 9 November 2026") in facts
    assert [row[0] for row in book["Left the list"].iter_rows(min_row=2, values_only=True)] == [
        left.resident_id for left in example().left
    ]


def test_same_list_same_bytes() -> None:
    data = xlsx(example(), identities(), STAMP)
    assert data == xlsx(example(), identities(), STAMP)
    properties = _read(data).properties
    assert properties.created == properties.modified == datetime(AS_OF.year, AS_OF.month, AS_OF.day)


def test_empty_list() -> None:
    assert _rows(_read(xlsx(empty(), {}, STAMP))) == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "https://example.org", "00123", "mailto:a@b.c", "{=1}"])
def test_text_stays_text(text: str) -> None:
    one = entry(0, home_label=text)
    data = xlsx(replace(example(), entries=(one,)), identities(), STAMP)
    cell = _read(data)["List"].cell(2, HEADINGS.index("Home") + 1)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert b"<f>" not in _sheet_xml(data)


def test_a_name_that_looks_like_a_formula_is_text_on_every_sheet() -> None:
    odd = {resident(0): Identity("=cmd|' /C calc'!A0", "+1", "@1", None, "=1")}
    shown = replace(example(), entries=(entry(0),), left=(Left(resident(0), "-1", "=2"),))
    data = xlsx(shown, odd, replace(STAMP, for_whom="=HYPERLINK(1)"))
    cells = [cell for sheet in _read(data).worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if str(cell.value)[:1] in ("=", "+", "-", "@")} == {"s"}
    assert b"<f>" not in _sheet_xml(data)


def _sheet_xml(data: bytes) -> bytes:
    with ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist() if "worksheets/" in name)


def test_birth_before_the_calendar_of_the_format() -> None:
    old = {resident(0): Identity("Ann", "Old", "9990000018", date(1899, 5, 1))}
    assert _rows(_read(xlsx(example(), old, STAMP)))[0]["Date of birth"] == "1 May 1899"


_ODD = st.one_of(
    st.text(min_size=1, max_size=30), st.sampled_from(["&P&G", "a & b < c", "عمر", "x" * 400, "\x00\ufffe_x0041_"])
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_name=_ODD, family_name=_ODD, for_whom=_ODD)
def test_odd_names(given_name: str, family_name: str, for_whom: str) -> None:
    one = entry(0)
    odd = {resident(0): Identity(given_name, family_name, "1", None)}
    book = _read(xlsx(replace(example(), entries=(one,)), odd, replace(STAMP, for_whom=for_whom)))
    assert _rows(book)[0]["Resident"] == words.name(odd[resident(0)])
    assert book["List"].oddHeader.left.text
