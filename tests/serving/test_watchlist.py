"""From scores to lists: order, capacity, sections, changes and what stands beside each resident."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_lists import AS_OF, GRACE, INFO, days_ago, event, model, prepared

from features.catalogue import catalogue
from models.model import AVOIDABLE
from models.strata import Calibration
from serving.parts import SIGNS, Part, is_sign, parts
from serving.reasons import Cited, chosen, source_of
from serving.rows import Reason, Team, Watchlist
from serving.scoring import score_rows, score_table, scores
from serving.teams import Capacity, teams_of
from serving.watchlist import ListRules, build_watchlists


def lists(folder: Path, extra: list | None = None, *, previous: dict[str, Watchlist] | None = None, mdt: int = 3,
          below: int = 4, **tables: list) -> dict[str, Watchlist]:  # fmt: skip
    made = prepared(folder, extra, **tables)
    teams = teams_of(made.history, Capacity(mdt=mdt, round=2))
    found = build_watchlists(
        made, AS_OF, model(), INFO, teams=teams, rules=ListRules(below=below, invented=True),
        grace=GRACE, objections={"local"},
        previous=previous,
    )  # fmt: skip
    return {w.team.id: w for w in found.lists}


def ids(watchlist: Watchlist, section: str) -> list[str]:
    return [e.resident_id for e in watchlist.section(section)]


def test_a_network_and_each_home_have_a_list(tmp_path: Path) -> None:
    assert set(lists(tmp_path)) == {"mdt-n1", "round-h1", "round-h2"}


def test_most_falls_first_capacity_respected_and_the_next_below(tmp_path: Path) -> None:
    mdt = lists(tmp_path)["mdt-n1"]
    assert ids(mdt, "listed") == ["r00", "r01", "r02"]
    assert [e.rank for e in mdt.section("listed")] == [1, 2, 3]
    assert len(mdt.section("below")) == 4
    assert mdt.covered == 12
    assert mdt.listed_risk > mdt.base_risk > 0


def test_a_round_shows_its_own_home_only(tmp_path: Path) -> None:
    assert ids(lists(tmp_path)["round-h2"], "listed") == ["r00", "r02"]


def test_reasons_are_dated_facts_of_the_resident(tmp_path: Path) -> None:
    first = lists(tmp_path)["mdt-n1"].section("listed")[0].reasons[0]
    assert first.group == "Falls"
    assert first.actionable
    assert first.sentence.startswith("5 falls in the last 28 days (")
    assert "none in the 63 days before" in first.sentence
    assert first.dated_on == AS_OF - timedelta(days=2)
    assert first.size == "main reason"
    assert first.relative == 1
    assert first.source == "Care home records"


def test_a_place_is_for_those_whose_own_record_raises_the_estimate(tmp_path: Path) -> None:
    """r11 is first of the quiet residents by frailty alone: next in order, but there is nothing to review."""
    mdt = lists(tmp_path, mdt=12, below=12)["mdt-n1"]
    assert ids(mdt, "listed") == ["r00", "r01", "r02", "r03"]
    assert all(entry.reasons for entry in mdt.section("listed"))
    assert not any(entry.reasons for entry in mdt.section("below"))
    assert len(mdt.section("listed")) + len(mdt.section("below")) == 12


def test_a_fact_whose_records_do_not_matter_is_no_reason() -> None:
    def fact(feature: str, group: str, acts: bool, size: float, days: int | None) -> Cited:
        dated = AS_OF - timedelta(days=days) if days is not None else None
        said = Reason(group, acts, feature, "slightly raises", dated)
        return Cited(said, (7,) if dated else (), Part(group, acts, size, size, (), ()), feature, size)

    fall, old_uti = fact("fall_count_28", "Falls", True, 0.2, 3), fact("uti_count_364", "Infection", True, 0.5, 300)
    stay, weight = (
        fact("discharge_since", "Recent hospital stay", False, 0.9, 5),
        fact("weight_kg_share_91", "Nutrition and hydration", True, 0.8, 9),
    )
    review = fact("gp_visit_since", "Care planning", True, 0.6, None)
    holds = {"fall_count_28", "uti_count_364", "discharge_since"}
    said = chosen((stay, weight, review, old_uti, fall), holds, AS_OF)
    assert [c.feature for c in said] == ["uti_count_364", "fall_count_28", "discharge_since"]
    assert [c.reason.size for c in said] == ["also raises", "also raises", "main reason"]
    assert [c.reason.relative for c in said] == [0.56, 0.22, 1]  # 0.5 and 0.2 beside 0.9
    assert [c.feature for c in chosen((weight, review), set(), AS_OF)] == ["gp_visit_since"]
    disease = fact("osteoporosis_ever", "Skin", True, 0.9, 900)
    said = chosen((disease, stay, fall), {"osteoporosis_ever", "fall_count_28", "discharge_since"}, AS_OF)
    assert [c.feature for c in said] == ["fall_count_28", "discharge_since", "osteoporosis_ever"]


def test_a_group_stands_where_its_fact_that_can_be_acted_on_does() -> None:
    def fact(feature: str, group: str, acts: bool, whole: float) -> Cited:
        said = Reason(group, acts, feature, "slightly raises", AS_OF - timedelta(days=5))
        return Cited(said, (7,), Part(group, acts, 0.1, whole, (), ()), feature, whole)

    fall, stay = fact("fall_count_28", "Falls", True, 0.9), fact("fall_admission_count_364", "Falls", False, 0.9)
    uti = fact("uti_count_28", "Infection", True, 0.5)
    said = chosen((stay, fall, uti), {c.feature for c in (stay, fall, uti)}, AS_OF)
    assert [c.feature for c in said] == ["fall_count_28", "uti_count_28"]
    assert [c.reason.size for c in said] == ["main reason", "also raises"]


@pytest.mark.parametrize(
    ("feature", "source"),
    [
        ("uti_count_91", "General practice"),
        ("fluid_intake_below_baseline_7", "Care home records"),
        ("bed_days_364", "Hospital admissions"),
        ("others_fall_28", "Care home records"),
        ("move_in_since", ""),
        ("age", ""),
    ],
)
def test_a_reason_names_the_feed_it_comes_from(feature: str, source: str) -> None:
    [found] = [one for one in catalogue().features if one.name == feature]
    assert source_of(found) == source


def test_a_group_weighs_what_all_its_facts_add_but_not_how_frail_somebody_is() -> None:
    names = ("fall_count_28", "osteoporosis_ever", "mobility_last_182", "uti_count_28")
    found = {(p.group, p.acts): p for p in parts(names, np.array([0.1, 0.3, 0.6, 0.2]))}
    falls, background = found["Falls", True], found["Falls", False]
    assert falls.size == pytest.approx(0.1)
    assert background.size == pytest.approx(0.9)
    assert falls.whole == background.whole == pytest.approx(0.4)
    assert found["Infection", True].whole == pytest.approx(0.2)


@given(st.integers(0, 2**32))
def test_a_part_is_the_sum_of_its_own_features(seed: int) -> None:
    names = catalogue().names
    values = dict(zip(names, np.random.default_rng(seed).normal(size=len(names)).tolist(), strict=True))
    found = parts(names, np.array(list(values.values())))
    assert sorted(name for p in found for name in p.names) == sorted(names)
    assert [p.size for p in found] == sorted((p.size for p in found), reverse=True)
    for p in found:
        assert dict(p.shares) == {name: values[name] for name in p.names}
        assert p.size == np.sum([values[name] for name in p.names])
        own = [f for f in catalogue().features if f.name in p.names]
        assert {(SIGNS if is_sign(f) else f.group, f.acts) for f in own} == {(p.group, p.acts)}


def test_a_high_news2_is_flagged_for_the_same_day_whatever_the_rank(tmp_path: Path) -> None:
    mdt = lists(tmp_path, [event("r11", 1, "news2", 6)], below=12)["mdt-n1"]
    entry = next(e for e in mdt.entries if e.resident_id == "r11")
    assert entry.flags == ("NEWS2 of 6 on 15 November: check this was acted on",)
    assert any(p.id == "news2-acted-on" for p in entry.prompts)


def test_reviewed_with_nothing_new_leaves_the_capacity(tmp_path: Path) -> None:
    mdt = lists(tmp_path, [event("r00", 1, "mdt_review")])["mdt-n1"]
    assert ids(mdt, "reviewed") == ["r00"]
    assert ids(mdt, "listed") == ["r01", "r02", "r03"]


def test_a_fall_after_the_review_brings_the_resident_back(tmp_path: Path) -> None:
    mdt = lists(tmp_path, [event("r00", 5, "mdt_review")])["mdt-n1"]
    assert "r00" in ids(mdt, "listed")


def test_end_of_life_stands_apart(tmp_path: Path) -> None:
    mdt = lists(tmp_path, [event("r01", 100, "end_of_life_register", 1)])["mdt-n1"]
    assert ids(mdt, "end_of_life") == ["r01"]
    assert "r01" not in ids(mdt, "listed")


def test_an_estimate_that_too_few_outcomes_bear_out_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, column = model(), (catalogue().names.index("end_of_life_register_active"),)
    for own in (False, True):
        apart = replace(whole.heads[AVOIDABLE], strata=(Calibration("end_of_life", column, 3, own, 1.0, 0.0),))
        monkeypatch.setattr(
            sys.modules[__name__], "model", lambda head=apart: replace(whole, heads={**whole.heads, AVOIDABLE: head})
        )
        entries = lists(tmp_path / str(own), [event("r01", 100, "end_of_life_register", 1)])["mdt-n1"].entries
        said = {
            e.resident_id for e in entries if any("not validated for residents on the end-of-life" in g for g in e.gaps)
        }
        assert said == (set() if own else {"r01"})


def spell(resident: str, days: int, **more: object) -> dict[str, object]:
    return {"spell_id": f"s-{resident}", "resident_id": resident, "admitted_at": days_ago(days), "admission_method": "21",
            "recorded_at": days_ago(days, 12)} | more  # fmt: skip


def test_in_hospital_back_from_hospital_and_objection(tmp_path: Path) -> None:
    back = spell("r09", 12, discharged_at=days_ago(4), discharge_recorded_at=days_ago(3))
    objects = {"resident_id": "r02", "kind": "local", "from": "2026-01-01", "recorded_at": "2026-01-02"}
    mdt = lists(tmp_path, spells=[spell("r00", 2), back], objections=[objects], below=2)["mdt-n1"]
    assert ids(mdt, "in_hospital") == ["r00"]
    assert mdt.section("in_hospital")[0].rank is None
    assert ids(mdt, "back_from_hospital") == ["r09"]
    assert any("Back from hospital 12 November: care plan and medicines review due by 23 November" in f
               for f in mdt.section("back_from_hospital")[0].flags)  # fmt: skip
    assert mdt.not_covered == 1
    assert all(e.resident_id != "r02" for e in mdt.entries)


def test_no_record_is_not_low_risk(tmp_path: Path) -> None:
    made = lists(tmp_path, residents=[{"resident_id": r, "date_of_birth": "1940-01-01", "sex": "M"}
                                      for r in ("r00", "new")],
                 stays=[{"resident_id": r, "home_id": "h1", "moved_in": days_ago(30), "recorded_at": days_ago(29)}
                        for r in ("r00", "new")],
                 events=[event("r00", 3, "fall")])["mdt-n1"]  # fmt: skip
    (entry,) = made.section("not_estimated")
    assert (entry.resident_id, entry.risk, entry.rank) == ("new", None, None)


def test_what_changed_since_last_week(tmp_path: Path) -> None:
    extra = [event("r06", 1, "fall"), event("r06", 2, "fall"), event("r06", 3, "news2", 8)]
    entry = next(e for e in lists(tmp_path, extra)["mdt-n1"].entries if e.resident_id == "r06")
    assert entry.change.kind == "rising"
    assert entry.change.previous_risk < entry.risk
    assert entry.change.sentence


def test_new_and_left_are_told_from_last_weeks_published_list(tmp_path: Path) -> None:
    first = lists(tmp_path / "a")["mdt-n1"]
    swapped = replace(first, as_of=AS_OF - timedelta(days=7), model_version="6",
                      entries=tuple(replace(e, resident_id="r07") if e.resident_id == "r00" else e for e in first.entries))  # fmt: skip
    again = lists(tmp_path / "b", previous={"mdt-n1": swapped})["mdt-n1"]
    assert [e.resident_id for e in again.section("listed") if e.change.kind == "new"] == ["r00"]
    assert [gone.resident_id for gone in again.left] == ["r07"]
    assert "model changed" in again.previous_note


def test_ties_are_ordered_the_same_every_week_and_not_by_pseudonym(tmp_path: Path) -> None:
    made = prepared(tmp_path)
    scored = score_rows(made, (AS_OF - timedelta(days=7), AS_OF), model(), grace=GRACE)
    tied = np.flatnonzero((scored.panel.week == 1) & (scored.panel.entity >= 6))
    assert len(np.unique(scored.margin[tied])) == 1
    order = [int(scored.panel.entity[r]) for r in scored.order(tied)]
    assert order == [int(scored.panel.entity[r]) for r in scored.order(tied[::-1])]
    assert order != sorted(order)


def test_score_table_ranks_every_resident_once(tmp_path: Path) -> None:
    made = prepared(tmp_path)
    table = score_table(scores(made, score_rows(made, (AS_OF,), model(), grace=GRACE)))
    assert table.column_names == ["resident_id", "as_of", "home_id", "status", "risk", "risk_any", "rank"]
    assert table["rank"].to_pylist() == list(range(1, 13))
    assert table["resident_id"][0].as_py() == "r00"


def test_named_teams_take_their_homes_from_the_default_ones(tmp_path: Path) -> None:
    history = prepared(tmp_path).history
    mine = Team("north", "North MDT", "mdt", 6, (("h1", "Elm House"),))
    found = {t.id: t for t in teams_of(history, Capacity(), (mine,))}
    assert found["north"].capacity == 6
    assert found["mdt-n1"].homes == (("h2", "Ash Lodge"),)
    assert {"round-h1", "round-h2"} <= set(found)


def test_an_earlier_week_than_the_model_was_trained_until_is_marked(tmp_path: Path) -> None:
    made = prepared(tmp_path)
    late = replace(INFO, trained_until=AS_OF)
    (found,) = build_watchlists(made, AS_OF, model(), late, teams=teams_of(made.history)[:1], grace=GRACE).lists
    assert found.backdated


def test_a_feed_that_the_settings_do_not_name_keeps_its_own_limit() -> None:
    rules = ListRules(stale_days={"gp": 3})
    assert rules.stale("gp") == 3
    assert rules.stale("care_record") == ListRules().stale("care_record")


def test_a_list_of_invented_people_carries_what_their_homes_may_be_told(tmp_path: Path) -> None:
    made = prepared(tmp_path)
    teams = teams_of(made.history, Capacity(mdt=3, round=2))[:1]
    for invented in (True, False):
        rules = ListRules(below=1, invented=invented)
        (mdt,) = build_watchlists(made, AS_OF, model(), INFO, teams=teams, rules=rules, grace=GRACE).lists
        told = {line.id for line in mdt.section("listed")[0].home_lines}
        assert ({"watch-falls", "do-shoes", "tell-fall", "gp-falls"} <= told) == invented
        assert bool(told) == invented


def test_nobody_real_is_shown_a_prompt_that_nobody_approved(tmp_path: Path) -> None:
    made = prepared(tmp_path)
    teams = teams_of(made.history, Capacity(mdt=3, round=2))[:1]
    for invented in (True, False):
        rules = ListRules(below=1, invented=invented)
        (mdt,) = build_watchlists(made, AS_OF, model(), INFO, teams=teams, rules=rules, grace=GRACE).lists
        assert any(entry.prompts for entry in mdt.entries) == invented
        assert ("not shown" in mdt.prompts_version) != invented
