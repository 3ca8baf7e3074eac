"""The machine's file: one resident a line, exact numbers, and no cell that runs."""

import csv as stdlib_csv
import io
from dataclasses import replace

import pytest
from example_list import FALLS, empty, entry, example, identities
from hypothesis import given
from hypothesis import strategies as st

from serving.render.csv import HEADER, csv


def _lines(text: str) -> list[dict[str, str]]:
    return list(stdlib_csv.DictReader(io.StringIO(text, newline="")))


def test_a_line_a_resident() -> None:
    lines = _lines(csv(example()))
    assert [line["resident_id"] for line in lines] == [each.resident_id for each in example().entries]
    first = lines[0]
    assert first["as_of"] == "2026-11-16"
    assert (first["rank"], float(first["risk"]), float(first["previous_risk"])) == ("1", 0.138, 0.041)
    assert first["reason_1"] == FALLS.sentence
    assert first["reason_1_dated_on"] == "2026-11-11"
    assert first["reason_5"] == ""


def test_only_lines_of_the_table() -> None:
    text = csv(empty())
    assert text == ",".join(HEADER) + "\r\n"
    assert csv(example()) == csv(example())


def test_no_names() -> None:
    assert not [who for who in identities().values() if who.family_name in csv(example())]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_formulas_are_blocked(start: str) -> None:
    one = entry(0, home_label=f"{start}cmd|' /C calc'!A0", risk=-0.5, rank=1)
    line = _lines(csv(replace(example(), entries=(one,))))[0]
    assert line["home_label"] == f"'{one.home_label}"
    assert line["risk"] == "-0.5", "numbers stay numbers"


@given(label=st.text(max_size=30), risk=st.floats(0, 1), flags=st.lists(st.text(max_size=10), max_size=3))
def test_any_text_comes_back(label: str, risk: float, flags: list[str]) -> None:
    one = entry(0, home_label=label, risk=risk, flags=tuple(flags))
    text = csv(replace(example(), entries=(one,)))
    line = next(stdlib_csv.DictReader(io.StringIO(text, newline="")))
    assert line["home_label"].removeprefix("'") == label.removeprefix("'")
    assert line["home_label"].lstrip()[:1] not in ("=", "+", "-", "@")
    assert float(line["risk"]) == risk
