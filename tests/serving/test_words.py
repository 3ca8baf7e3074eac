"""Numbers, dates and people are written in one form."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from example_list import example
from hypothesis import given
from hypothesis import strategies as st

from serving.render import words
from serving.rows import Identity

JOAN = Identity("Joan", "Whitfield", "9990000018", date(1938, 7, 14), "3")


@pytest.mark.parametrize(
    ("risk", "said"),
    [
        (None, "Not estimated"),
        (0.0, "fewer than 1 in 100"),
        (0.0099, "fewer than 1 in 100"),
        (0.01, "1 in 100"),
        (0.085, "9 in 100"),
        (0.0849, "8 in 100"),
        (0.99, "99 in 100"),
        (0.999, "more than 99 in 100"),
    ],
)
def test_chance(risk: float | None, said: str) -> None:
    assert words.in_100(risk).replace(words.NBSP, " ") == said


@pytest.mark.parametrize(("risk", "said"), [(1 / 11, "10 to 12"), (0.25, "4"), (0.9, "1"), (0.02, "45 to 55")])
def test_one_for_every(risk: float, said: str) -> None:
    assert words.one_for_every(risk) == said


def test_dates_and_times() -> None:
    assert words.weekday(date(2026, 11, 16)) == "Monday 16 November 2026"
    assert words.day(None) == "Not known"
    assert words.moment(datetime(2026, 7, 1, 11, 0, tzinfo=UTC)) == "1 July 2026 at 12pm"
    assert words.moment(datetime(2026, 11, 16, 0, 5)) == "16 November 2026 at 12:05am"


def test_person() -> None:
    assert words.name(JOAN) == "Joan WHITFIELD"
    assert words.name(replace(JOAN, given_name=" Joan\r\n Ann\x00")) == "Joan Ann\ufffd WHITFIELD"
    assert words.name(Identity("", " ", "", None)) == "Name not known"
    assert words.nhs_number(JOAN) == "999\u00a0000\u00a00018"
    assert words.nhs_number(replace(JOAN, nhs_number="999 000-0018")) == "999\u00a0000\u00a00018"
    assert words.nhs_number(replace(JOAN, nhs_number="")) == "Not known"
    assert words.born(JOAN, 88) == "Born 14 July 1938 (88 years)"
    assert words.born(replace(JOAN, date_of_birth=None), None) == "Date of birth not known"


@pytest.mark.parametrize(
    ("alias", "said"), [("champion", "7 (in use)"), ("candidate", "7 (candidate)"), ("x", "7 (not in use)")]
)
def test_model_in_plain_words(alias: str, said: str) -> None:
    assert words.model(replace(example(), model_alias=alias)) == said


@given(st.floats(0, 1))
def test_a_chance_has_no_decimals(risk: float) -> None:
    assert "." not in words.in_100(risk)
    assert words.in_100(risk).endswith(f"in{words.NBSP}100")
