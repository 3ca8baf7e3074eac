"""Lists of a folder, and as much of them as is asked for."""

from dataclasses import replace
from pathlib import Path

import pytest
from example_list import AS_OF, entry, example
from hypothesis import given
from hypothesis import strategies as st

from serving.list_files import _listed
from serving.manifest import Made, Report
from serving.publish import publish, read_lists
from serving.render.json import json
from serving.rows import SECTIONS, Watchlist, from_json

ODD = st.sampled_from(
    ["", '"section": "listed"', "\n  }\n ]", "\n  },\n  {", '\n   "section": "listed"', '\n "entries": [']
)


def only_listed(one: Watchlist) -> Watchlist:
    return replace(one, entries=one.section("listed"))


@given(st.lists(st.tuples(st.sampled_from(SECTIONS), ODD | st.text(max_size=8)), max_size=6), ODD)
def test_the_listed_are_all_that_is_left_of_any_list(rows: list, label: str) -> None:
    entries = tuple(entry(i, section=s, status_note=text, flags=(text,)) for i, (s, text) in enumerate(rows))
    one = replace(example(), entries=entries, outcome_label=label, left=example().left)
    assert from_json(_listed(json(one))) == only_listed(one)


def test_the_listed_of_a_team_are_those_that_were_published(tmp_path: Path) -> None:
    one = replace(example(), revision=1, supersedes=None)
    folder = publish(tmp_path, AS_OF, [one], (), Made({}, "", "", {}), Report()).folder
    assert read_lists(folder) == {one.team.id: one}
    assert read_lists(folder, only_listed=True) == {one.team.id: only_listed(one)}


@pytest.mark.parametrize("entries", [(), example().section("below"), example().section("listed")])
def test_lists_of_one_section_or_none(entries: tuple) -> None:
    one = replace(example(), entries=entries)
    assert from_json(_listed(json(one))) == only_listed(one)
