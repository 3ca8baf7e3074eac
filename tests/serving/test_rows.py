"""A watchlist survives its own JSON, and nothing else passes for one."""

import json
from dataclasses import replace

import pytest
from example_list import empty, example
from hypothesis import given
from hypothesis import strategies as st

from serving.render.json import json as to_json
from serving.rows import SECTIONS, Change, Entry, Feed, Left, Prompt, Reason, Section, Watchlist, from_json

_text = st.text(max_size=20)
_chance = st.none() | st.floats(0, 1)
_entries = st.builds(
    Entry,
    resident_id=_text,
    home_id=_text,
    home_label=_text,
    age=st.none() | st.integers(0, 120),
    sex=st.sampled_from("FMX"),
    section=st.sampled_from(SECTIONS),
    rank=st.none() | st.integers(1, 500),
    risk=_chance,
    risk_any=_chance,
    reasons=st.lists(st.from_type(Reason), max_size=2).map(tuple),
    change=st.none() | st.from_type(Change),
    flags=st.lists(_text, max_size=2).map(tuple),
    prompts=st.lists(st.from_type(Prompt), max_size=1).map(tuple),
)
_finite = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(
    Change,
    st.builds(Change, kind=st.sampled_from(["new", "steady"]), sentence=_text, previous_risk=st.none() | _finite),
)


@pytest.mark.parametrize("watchlist", [example(), empty()])
def test_round_trip(watchlist: Watchlist) -> None:
    assert from_json(to_json(watchlist)) == watchlist


@given(
    entries=st.lists(_entries, max_size=2).map(tuple),
    left=st.lists(st.from_type(Left), max_size=2).map(tuple),
    feeds=st.lists(st.from_type(Feed), max_size=2).map(tuple),
)
def test_round_trip_of_anything(entries: tuple[Entry, ...], left: tuple[Left, ...], feeds: tuple[Feed, ...]) -> None:
    watchlist = replace(example(), entries=entries, left=left, feeds=feeds)
    assert from_json(to_json(watchlist)) == watchlist


def test_json_is_canonical() -> None:
    text = to_json(example())
    assert text == to_json(example())
    assert text.endswith("}\n")
    rows = json.loads(text)
    assert list(rows) == sorted(rows)


def test_json_refuses_what_json_cannot_hold() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(replace(example(), base_risk=float("nan")))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("covered",), "many", "watchlist.covered"),
        (("entries", 0, "section"), "elsewhere", r"watchlist.entries\[0\].section"),
        (("entries", 0, "reasons", 1), {}, r"watchlist.entries\[0\].reasons\[1\]"),
        (("team", "homes", 0), ["h1"], r"watchlist.team.homes\[0\]"),
        (("base_risk",), True, "watchlist.base_risk"),
    ],
)
def test_misfits_are_named(path: tuple[str | int, ...], value: object, named: str) -> None:
    rows = json.loads(to_json(example()))
    at = rows
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(ValueError, match=named):
        from_json(json.dumps(rows))


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_keep_their_order(section: Section) -> None:
    entries = example().section(section)
    assert entries
    assert list(entries) == [entry for entry in example().entries if entry.section == section]


def test_a_list_written_before_a_field_was_thought_of_still_reads() -> None:
    rows = json.loads(to_json(example()))
    del rows["home_lines_version"]
    for entry in rows["entries"]:
        del entry["home_lines"]
    assert from_json(json.dumps(rows)) == example()
