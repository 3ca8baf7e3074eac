"""A stray quote is refused with its line and takes nobody's rows; notes of several lines come in as they are."""

import csv
import io

import hypothesis.strategies as st
import pytest
from hypothesis import given

from features.problems import HistoryError
from features.sources import tables
from features.sources.tables import open_folder, whole
from features.sources.tally import Tally

HEADING = ("Id", "When", "Code", "Note")


def read(folder, text, columns=HEADING):
    (folder / "ev.csv").write_bytes(text.encode())
    tally = Tally()
    found = whole(open_folder(folder), "ev", [name.lower() for name in columns], tally)
    return [tuple(row.values()) for row in found.table.to_pylist()], tally


def refused(folder, rows):
    with pytest.raises(HistoryError) as caught:
        read(folder, "Id,When,Code,Note\n" + rows)
    assert "slipped" not in str(caught.value), "a cell may name somebody"
    return str(caught.value)


AFTER = "B,2022-01-02,fall,ok\nC,2022-01-03,fall,ok\n"
NEVER = {
    "to the end": 'A,2022-01-01,fall,"slipped\n' + AFTER,
    "without a last line break": 'A,2022-01-01,fall,"slipped\nB,2022-01-02,fall,ok',
    "in the first column": '"A,2022-01-01,fall,slipped\n' + AFTER,
    "doubled at the end": 'A,2022-01-01,fall,"slipped ""well""\n' + AFTER[:-1] + '""',
    "in the last cell": 'A,2022-01-01,fall,"',
}


@pytest.mark.parametrize("rows", NEVER.values(), ids=NEVER)
def test_a_file_that_ends_inside_a_quote_is_refused_with_its_line(tmp_path, rows):
    rows = 'Z,2022-01-01,fall,"two\nlines"\n' + rows
    assert "ev.csv: cannot be read. the quote in line 4 is never closed" in refused(tmp_path, rows)


def test_a_file_that_ends_inside_a_quote_is_refused_whatever_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_BLOCK", 256)
    assert "line 2 is never closed" in refused(tmp_path, 'A,2022-01-01,fall,"slipped\n' + AFTER * 40)


SWALLOWED = {
    "closed by a stray quote": ('A,2022-01-01,fall,"slipped\n' + AFTER[:-1] + '"\n', "goes on over other rows"),
    "closed by another cell": ('A,2022-01-01,fall,"slipped\n' + AFTER + 'D,2022-01-03,fall,"a\n"\n', "middle of a cell"),
    "closed by a cell with a comma": ('A,2022-01-01,fall,"slipped\n' + AFTER + 'D,1,fall,"a, b"\n', "middle of a cell"),
    "closed by the next row's id": ('A,2022-01-01,fall,"slipped\n"B","2022-01-02","fall","ok"\n', "middle of a cell"),
    "over a row with empty cells": ('A,2022-01-01,fall,"slipped\nB,2022-01-02,,\nC,1,2,"\n', "goes on over other rows"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "says"), SWALLOWED.values(), ids=SWALLOWED)
def test_a_quoted_cell_that_swallows_rows_is_refused_with_its_line(tmp_path, rows, says):
    said = refused(tmp_path, rows)
    assert "line 2" in said
    assert says in said


NOTES = ["fell\nin the hall", "one\r\ntwo\r\n", 'he said "no"\nand "yes"', "fruit\napples, pears, plums, figs", '"', "", "5\" nail, bent"]  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_notes_of_several_lines_come_in_as_they_are(tmp_path, ending):
    quoted = ['"' + note.replace('"', '""') + '"' for note in NOTES]
    lines = ["Id,Note", *(f"{number},{note}" for number, note in enumerate(quoted))]
    rows, tally = read(tmp_path, ending.join(lines), ("Id", "Note"))
    assert rows == [(str(number), note or None) for number, note in enumerate(NOTES)]
    assert not tally.dropped


def test_quotes_within_plain_cells_are_letters(tmp_path):
    rows, _ = read(tmp_path, 'Id,When,Code,Note\nA,1,2,5" nail\nB,1,2, "so\n')
    assert [row[3] for row in rows] == ['5" nail', ' "so']


CELL = st.text(st.sampled_from('ab1 "\n\r\u00e9'), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), max_size=5), st.booleans())
def test_line_breaks_and_quotes_that_a_csv_writer_wrote_are_read_back(tmp_path_factory, rows, every):
    folder = tmp_path_factory.mktemp("quotes")
    lines = io.StringIO(newline="")
    csv.writer(lines, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL).writerows([("Id", "Note"), *rows])
    assert read(folder, lines.getvalue(), ("Id", "Note"))[0] == [(one or None, two or None) for one, two in rows]


@given(st.lists(st.sampled_from(['A,1,fall,"', '"', "ok", ",", "\n", "B,2,fall,ok\n", '"C","3",']), max_size=12))
def test_wherever_quotes_stand_no_row_of_another_is_in_a_cell(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("quotes")
    try:
        rows, _ = read(folder, "Id,When,Code,Note\n" + "".join(parts))
    except HistoryError:
        return
    assert not any("B,2,fall,ok" in (cell or "") for row in rows for cell in row)


@pytest.mark.parametrize("size", [*range(60, 75), 1 << 24])
def test_a_file_is_read_whole_wherever_its_blocks_end(tmp_path, monkeypatch, size):
    monkeypatch.setattr(tables, "_BLOCK", size)
    rows, _ = read(tmp_path, "Id,When,Code,Note\nA,1,fall,ok\nB,2,fall,ok\nC,3,fall,ok\n")
    assert [row[0] for row in rows] == ["A", "B", "C"]
