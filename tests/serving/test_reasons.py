"""The order of reasons: what names a cause first, signs of illness never left out where they matter."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_lists import AS_OF, GRACE, event, prepared

from features.build import panel_of
from features.catalogue import catalogue
from features.evidence import Look
from serving.parts import SIGNS, Part, is_sign, parts
from serving.reasons import MOST, Cited, chosen, raising
from serving.rows import Reason


def fact(group: str, feature: str, whole: float, *, acts: bool = True, days: int = 5) -> Cited:
    said = Reason(group, acts, feature, "slightly raises", AS_OF - timedelta(days=days))
    return Cited(said, (7,), Part(group, acts, whole, whole, (), ()), feature, whole)


FALL, UTI, WEIGHT = (
    fact("Falls", "fall_count_28", 0.3), fact("Infection", "uti_count_28", 0.2),
    fact("Nutrition and hydration", "weight_kg_share_91", 0.1),
)  # fmt: skip


def groups(*found: Cited) -> list[str]:
    return [c.part.group for c in chosen(found, {c.feature for c in found}, AS_OF)]


def test_the_group_that_adds_most_is_first_however_old_its_fact_and_told_by_a_recent_one() -> None:
    old, new = fact("Medicines", "acb_score_last_364", 0.9, days=300), fact("Medicines", "opioid_count_28", 0.9)
    assert groups(FALL, old) == ["Medicines", "Falls"]
    assert [c.feature for c in chosen((old, FALL, new), {c.feature for c in (old, FALL, new)}, AS_OF)] == [
        "opioid_count_28", "fall_count_28",
    ]  # fmt: skip


def test_signs_of_illness_stand_after_causes_and_before_urgent_care_used() -> None:
    signs, call = fact(SIGNS, "news2_last_7", 0.9), fact("Urgent care use", "ambulance_callout_count_28", 1.2)
    assert groups(call, signs, FALL) == ["Falls", SIGNS, "Urgent care use"]
    assert [c.reason.size for c in chosen((signs, FALL), {"news2_last_7", "fall_count_28"}, AS_OF)] == [
        "also raises", "main reason",
    ]  # fmt: skip


def test_signs_that_matter_are_among_the_three() -> None:
    assert groups(FALL, UTI, WEIGHT, fact(SIGNS, "news2_last_7", 0.9)) == ["Falls", "Infection", SIGNS]
    assert groups(FALL, UTI, WEIGHT, fact(SIGNS, "news2_last_7", 0.1)) == [
        "Falls", "Infection", "Nutrition and hydration",
    ]  # fmt: skip


def test_a_sign_is_told_once() -> None:
    heart = fact("Breathing and heart", "news2_last_7", 0.4)
    assert groups(heart, fact(SIGNS, "news2_last_7", 0.9), FALL) == ["Breathing and heart", "Falls"]


@pytest.mark.parametrize(("copd", "told"), [(0.3, ["Breathing and heart", SIGNS]), (0.0, [SIGNS])])
def test_a_sign_speaks_for_heart_and_lungs_once_their_disease_matters(
    tmp_path: Path, copd: float, told: list[str]
) -> None:
    names = ("news2_last_7", "sign_breathless_count_7", "copd_ever")
    made = prepared(tmp_path, [event("r05", 1, "news2", 6)])
    panel = panel_of(made, (AS_OF,), grace=GRACE)
    look = Look(made, panel, panel.residents.to_pylist().index("r05"))
    found = raising(parts(names, np.array([0.6, 0.0, copd])), dict(zip(names, (6.0, 0.0, 1.0), strict=True)), look)
    news2 = {c.part.group: c for c in found if c.feature == "news2_last_7"}
    assert sorted(news2) == told
    assert {c.reason.sentence for c in found} == {"NEWS2 score of 6 on 15 November"}
    assert [news2[group].adds for group in told] == pytest.approx([copd + 0.6, 0.6][-len(told) :])


_FACTS = st.sampled_from([f for f in catalogue().features if f.group != "Background"])


@given(st.lists(st.tuples(_FACTS, st.floats(0.05, 2.0)), unique_by=lambda one: one[0].name, max_size=12))
def test_no_resident_whose_signs_matter_is_shown_without_one(drawn: list) -> None:
    whole: dict[str, float] = {}
    found = []
    for feature, size in drawn:
        group = SIGNS if is_sign(feature) else feature.group
        found.append(fact(group, feature.name, whole.setdefault(group, size), acts=feature.acts))
    shown = chosen(found, {c.feature for c in found}, AS_OF)
    assert len(shown) == min(MOST, len(whole))
    assert len({c.part.group for c in shown}) == len(shown)
    if whole.get(SIGNS, 0.0) >= 0.15:
        assert SIGNS in {c.part.group for c in shown}
