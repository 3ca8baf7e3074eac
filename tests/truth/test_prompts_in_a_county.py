"""Each line of the table of prompts speaks to somebody: its conditions meet in a resident of an invented county."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from features.build import features, panel_of, prepare
from features.catalogue import catalogue
from features.history import open_history
from features.synthetic import CLEAN, Size, Truth, synthesise
from serving.prompt_table import read

MONDAY = date(2026, 11, 16)
GRACE = 6 * 3_600 * 1_000_000


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """The lines that each resident of 24 homes would be given on six Mondays."""
    folder: Path = tmp_path_factory.mktemp("prompts") / "county"
    synthesise(folder, Size(24, 60, seed=4, end=MONDAY), Truth(weeks=0), CLEAN)
    prepared = prepare(open_history(folder))
    mondays = sorted(MONDAY - timedelta(weeks=4 * k) for k in range(6))
    values = features(prepared, panel_of(prepared, mondays, grace=GRACE))
    names = catalogue().names
    table = read()
    return [{p.id for p in table.prompts(dict(zip(names, row, strict=True)))} for row in values.tolist()]


def test_every_line_is_shown_to_somebody(shown: list[set[str]]) -> None:
    assert {rule.prompt.id for rule in read().rules} - set().union(*shown) == set()


def test_no_line_is_shown_to_nearly_everyone_and_few_residents_get_many(shown: list[set[str]]) -> None:
    for rule in read().rules:
        assert sum(rule.prompt.id in one for one in shown) < len(shown) / 4, rule.prompt.id
    assert sorted(len(one) for one in shown)[int(0.95 * len(shown))] <= 8
