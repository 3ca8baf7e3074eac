"""Lawful use: a source without a valid basis for the purpose is refused, and every one is named."""

from datetime import date
from pathlib import Path

import pytest
from histories import history_of

from features.feeds import sources_of
from features.problems import HeldBack
from flows.lawful import only_invented, require
from flows.settings import LawfulUse, load

DAY = date(2026, 11, 16)
ROOT = Path(__file__).resolve().parents[2]


def use(purpose: str = "direct_care", sources=("home", "gp"), expires=date(2027, 1, 1), objections=()) -> LawfulUse:
    return LawfulUse(
        purpose=purpose, sources=sources, controller="ICB", basis="UK GDPR 6(1)(e)", reference="DPIA 7",
        expires=expires, objections=objections,
    )  # fmt: skip


def refused(uses, sources, purpose="direct_care", on=DAY) -> tuple[str, ...]:
    with pytest.raises(HeldBack) as held:
        require(uses, sources, purpose, on)
    return held.value.reasons


def test_every_cell_that_is_missing_or_expired_is_named():
    reasons = refused([use(expires=date(2026, 11, 15)), use(sources=("home",))], {"home", "gp", "hospital"})
    assert len(reasons) == 2
    assert "gp for direct care" in reasons[0]
    assert "expired on 2026-11-15" in reasons[0]
    assert "hospital for direct care: no lawful basis" in reasons[1]


def test_the_last_day_of_a_basis_still_counts():
    assert require([use(expires=DAY)], {"gp"}, "direct_care", DAY) == frozenset()
    assert refused([use(expires=DAY)], {"gp"}, on=date(2026, 11, 17))


def test_a_basis_for_one_purpose_is_none_for_another():
    assert refused([use()], {"gp"}, "model_development")


def test_objections_are_those_of_the_purpose_and_of_valid_lines():
    uses = [
        use(objections=("local",)),
        use("model_development", objections=("type_1", "national_data_opt_out")),
        use(sources=("community",), objections=("type_1",)),
        use(expires=date(2020, 1, 1), objections=("national_data_opt_out",)),
    ]
    assert require(uses, {"home", "gp"}, "direct_care", DAY) == {"local"}
    assert require(uses, {"gp"}, "model_development", DAY) == {"type_1", "national_data_opt_out"}


def test_the_sources_of_a_history_are_those_it_holds(tmp_path):
    events = [
        {"resident_id": "r1", "time": "2026-01-03T10:00", "code": "fall", "source": "community"},
        {"resident_id": "r1", "time": "2026-01-03T10:00", "code": "gp_contact"},
        {"resident_id": "r1", "time": "2026-01-03T10:00", "code": "nhs111_call", "source": "some system"},
        {"resident_id": "r1", "time": "2026-01-03T10:00", "code": "nobody knows"},
    ]
    spell = {"spell_id": "s", "resident_id": "r1", "admitted_at": "2026-01-03", "admission_method": "21"}
    assert sources_of(history_of(tmp_path / "a", events=events)) == {"home", "community", "gp", "urgent_care"}
    assert sources_of(history_of(tmp_path / "b", spells=[spell])) == {"home", "hospital"}


def test_nobody_is_taken_for_invented_unless_every_line_says_so():
    """What lines of the invented county allow, such as prompts that nobody approved, real residents must never get."""
    ours = load(ROOT / "homeround.toml").lawful_use
    assert only_invented(ours)
    assert not only_invented([*ours, use()])
    assert not only_invented([use()])
    assert not only_invented([])
