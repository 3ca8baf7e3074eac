"""Rows as JSON text: what the standard library writes of them, to the byte."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from example_list import empty, example
from hypothesis import given
from hypothesis import strategies as st

from serving.canonical import text
from serving.render import words
from serving.rows import Watchlist, to_jsonable


@dataclass(frozen=True, slots=True)
class Row:
    """Fields out of order, with values of every kind."""

    two: Any
    one: Any = ()


@dataclass(frozen=True)
class Single:
    """A row of one field."""

    only: Any


class Text(str):
    """A kind of text."""


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.text().map(Text),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.floats(-1, 1).map(np.float64),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.builds(Row, inner, inner),
        st.builds(Single, inner),
    ),
    max_leaves=12,
)


def by_the_library(value: Any) -> str:
    return json.dumps(to_jsonable(value), sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)


@given(VALUES)
def test_any_row_is_what_the_library_writes(value: Any) -> None:
    assert text(value) == by_the_library(value)


@pytest.mark.parametrize("watchlist", [example(), empty(), replace(example(), base_risk=0)])
def test_a_list_is_what_the_library_writes(watchlist: Watchlist) -> None:
    assert text(watchlist) == by_the_library(watchlist)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        text(Row(value))


def test_what_is_no_value_of_a_row_is_refused() -> None:
    with pytest.raises(TypeError, match="set is no value of a row"):
        text(Row({1}))


def test_kinds_that_resemble_each_other_are_told_apart() -> None:
    assert text((True, 1, 1.0, date(2026, 11, 16), datetime(2026, 11, 16))) == (
        '[\n true,\n 1,\n 1.0,\n "2026-11-16",\n "2026-11-16T00:00:00"\n]'
    )


@given(
    st.text(st.characters(codec=None) | st.sampled_from("\r\n\t\x00\x7f\x85\u00a0\ufdd0\uffff\ud800 a"), max_size=40)
)
def test_plain_text_holds_nothing_that_a_document_cannot(given: str) -> None:
    found = words.plain(given)
    lines = given.replace("\r\n", "\n").replace("\r", "\n")
    assert len(found) == len(lines)
    for before, after in zip(lines, found, strict=True):
        odd = (before < " " and before not in "\n\t") or "\x7f" <= before <= "\x9f" or before in "\ufffe\uffff"
        odd = odd or "\ud800" <= before <= "\udfff" or "\ufdd0" <= before <= "\ufdef"
        assert after == ("\N{REPLACEMENT CHARACTER}" if odd else before)
