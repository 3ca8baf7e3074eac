"""Files of NHS numbers as other programs read them: two columns, few enough a file, and only numbers that are right."""

import csv
import io
from dataclasses import replace
from datetime import date

import nhs_number
import pandas as pd
from example_list import empty, entry, example, identities, resident

from serving.render.meeting import to_review
from serving.render.nhs_numbers import MOST, nhs_numbers
from serving.rows import Identity


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everybody_to_review_in_their_order() -> None:
    (text,) = nhs_numbers(example(), identities()).texts
    people = [identities()[one.resident_id] for one in to_review(example())]
    assert [row["NHS number"] for row in _rows(text)] == [one.nhs_number for one in people]
    born = pd.read_csv(io.StringIO(text), dtype=str)["Date of Birth"]
    assert pd.to_datetime(born, format="%d/%m/%Y").dt.date.tolist() == [one.date_of_birth for one in people]
    assert text.splitlines()[0] == "NHS number,Date of Birth"
    assert all(nhs_number.is_valid(row["NHS number"]) and row["NHS number"].isdecimal() for row in _rows(text))


def test_who_cannot_be_in_a_file_is_counted_by_reason() -> None:
    born = date(1940, 2, 3)
    people = {
        resident(0): Identity("A", "A", "999 000 0018", born),
        resident(1): Identity("B", "B", "number not valid", born),
        resident(2): Identity("C", "C", "9990000027", born),
        resident(3): Identity("D", "D", "999-000-0034", None),
        resident(4): Identity("E", "E", "9990000042", born),
        resident(5): Identity("F", "F", "999 000 0042", born),
    }
    done = nhs_numbers(replace(example(), entries=tuple(entry(i) for i in range(7))), people)
    assert done.texts == ("NHS number,Date of Birth\r\n9990000018,03/02/1940\r\n",)
    assert set(done.left_out) == {
        "2 residents not in the files of NHS numbers: NHS number not valid.",
        "1 resident not in the files of NHS numbers: date of birth not known.",
        "2 residents not in the files of NHS numbers: NHS number shared with another resident.",
        "1 resident not in the files of NHS numbers: no name on file.",
    }


def test_five_hundred_residents_are_split() -> None:
    numbers = [f"{n:09d}{check}" for n in range(999_000_000, 999_000_600) if (check := _check(n)) < 10][:501]
    many = tuple(replace(entry(0), resident_id=f"R{i}") for i in range(501))
    people = {f"R{i}": Identity("A", "B", number, date(1930, 1, 1)) for i, number in enumerate(numbers)}
    done = nhs_numbers(replace(example(), entries=many), people)
    assert [len(_rows(text)) for text in done.texts] == [MOST, MOST, 1]
    assert [row["NHS number"] for text in done.texts for row in _rows(text)] == numbers
    assert done.left_out == ()


def _check(n: int) -> int:
    """The check digit of nine digits; 10 where there is none."""
    return (11 - sum(int(digit) * (10 - i) for i, digit in enumerate(str(n))) % 11) % 11


def test_nobody_to_review_is_no_file() -> None:
    assert nhs_numbers(empty(), {}).texts == ()
