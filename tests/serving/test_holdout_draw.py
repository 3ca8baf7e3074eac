"""A study that withholds listed residents: refused unless it may run, never whoever must be seen, the same every week."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_lists import AS_OF, GRACE, INFO, event, model, prepared

from features.problems import UsageError
from serving.holdout import (
    MOST_SHARE,
    WITHHELD_FROM,
    HoldOut,
    Plan,
    hold_out,
    missing,
    over,
    read_withheld,
    record_file,
    write_withheld,
)
from serving.render.csv import csv
from serving.render.html import html
from serving.render.json import json
from serving.rows import Section, Watchlist
from serving.teams import Capacity, teams_of
from serving.watchlist import Built, ListRules, build_watchlists

KEY = b"a key of the tests"
PLAN = Plan(True, "elm-2026", "26/XX/0001", "A. Officer", "withheld-from-list", AS_OF + timedelta(days=200), 0.5)
HAZARDS = frozenset({"withheld-from-list"})
QUIET = Path("nowhere")


def built(folder: Path, extra: list | None = None, holdout: HoldOut | None = None, **more: object) -> Built:
    made = prepared(folder, extra)
    teams = teams_of(made.history, Capacity(mdt=3, round=2))
    rules = ListRules(below=4)
    return build_watchlists(
        made, AS_OF, model(), INFO, teams=teams, rules=rules, grace=GRACE, holdout=holdout, **more
    )  # fmt: skip


def whole_arm(share: float = 1.0) -> HoldOut:
    """Everybody is in the arm, so that nothing but a rule keeps anybody on a list."""
    return HoldOut(replace(PLAN, share=share), KEY)


def rendered(one: Watchlist) -> tuple[str, str, str]:
    return json(one), csv(one), html(one)


def test_a_study_lacking_everything_is_refused_with_everything_at_once():
    with pytest.raises(UsageError) as refused:
        hold_out(Plan(enabled=True), AS_OF, HAZARDS, QUIET, KEY)
    said = str(refused.value).splitlines()[1:]
    assert [line.strip().split(":")[0] for line in said] == [
        "study", "ethics_reference", "safety_officer", "hazard", "ends", "share",
    ]  # fmt: skip
    assert refused.value.exit_code == 2


@given(
    lacks=st.sets(st.sampled_from(["study", "ethics_reference", "safety_officer", "hazard", "ends", "share"])),
    bad_end=st.one_of(st.none(), st.integers(-400, -1), st.integers(366, 4000)),
    bad_share=st.one_of(st.floats(-1, 0), st.floats(0.501, 2)),
    unknown=st.sampled_from(["", "  ", "no-such-hazard"]),
)
def test_every_gap_is_named_and_nothing_else(lacks, bad_end, bad_share, unknown):
    wrong = {"study": " ", "ethics_reference": "", "safety_officer": "", "hazard": unknown, "share": bad_share}
    wrong["ends"] = None if bad_end is None else AS_OF + timedelta(days=bad_end)
    plan = replace(PLAN, **{name: wrong[name] for name in lacks})
    assert {line.split(":")[0] for line in missing(plan, AS_OF, HAZARDS)} == lacks


def test_a_whole_study_may_run_up_to_its_last_day_and_is_off_by_default(tmp_path):
    assert hold_out(PLAN, AS_OF, HAZARDS, tmp_path, KEY) == HoldOut(PLAN, KEY)
    assert hold_out(replace(PLAN, ends=AS_OF), AS_OF, HAZARDS, tmp_path, KEY)
    assert hold_out(Plan(), AS_OF, HAZARDS, tmp_path, KEY) is None
    assert hold_out(replace(PLAN, enabled=False), AS_OF, HAZARDS, tmp_path, KEY) is None


def test_a_study_that_has_run_is_off_the_day_after_it_ends_and_one_that_has_not_is_refused(tmp_path):
    plan, after = replace(PLAN, ends=AS_OF), AS_OF + timedelta(days=1)
    assert not over(plan, after, tmp_path)
    with pytest.raises(UsageError, match="ends: 2026-11-16 is not from"):
        hold_out(plan, after, HAZARDS, tmp_path, KEY)
    write_withheld(record_file(tmp_path, plan.study, AS_OF, "a" * 64), [])
    assert over(plan, after, tmp_path)
    assert hold_out(plan, after, HAZARDS, tmp_path, KEY) is None
    assert hold_out(plan, AS_OF, HAZARDS, tmp_path, KEY) is not None


def test_twelve_months_from_a_leap_day():
    leap = date(2028, 2, 29)
    assert missing(replace(PLAN, ends=date(2029, 2, 28)), leap, HAZARDS) == ()
    assert missing(replace(PLAN, ends=date(2029, 3, 1)), leap, HAZARDS) != ()


@given(share=st.floats(0.05, MOST_SHARE), study=st.text(min_size=1, max_size=8), key=st.binary(min_size=8, max_size=32))
def test_about_the_share_is_drawn_whatever_the_study_and_the_key(share, study, key):
    holdout = HoldOut(replace(PLAN, share=share, study=study), key)
    drawn = sum(holdout.in_arm(f"resident-{i}") for i in range(300)) / 300
    assert abs(drawn - share) < 5 * (share * (1 - share) / 300) ** 0.5


@given(st.text(max_size=20), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_draw_is_the_same_every_time_and_a_larger_share_only_adds(resident, one, other):
    small, large = (HoldOut(replace(PLAN, share=share), KEY) for share in sorted((one, other)))
    assert small.in_arm(resident) == small.in_arm(resident)
    assert large.in_arm(resident) >= small.in_arm(resident)


def test_another_study_or_key_draws_others():
    people = [f"r{i}" for i in range(500)]
    arms = [
        [holdout.in_arm(person) for person in people]
        for holdout in (HoldOut(PLAN, KEY), HoldOut(replace(PLAN, study="b"), KEY), HoldOut(PLAN, b"other"))
    ]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert 0.35 < sum(a == b for a, b in zip(arms[first], arms[second], strict=True)) / 500 < 0.65
    assert (
        len({HoldOut(PLAN, KEY).mark(), HoldOut(replace(PLAN, study="b"), KEY).mark(), HoldOut(PLAN, b"o").mark()}) == 3
    )


@given(st.text(), st.sampled_from(get_args(Section)), st.booleans())
def test_only_the_line_and_what_is_below_it_withhold_and_never_who_is_flagged(resident, section, flagged):
    expected = section in ("listed", "below") and not flagged
    assert whole_arm().withholds(resident, section, flagged) == expected
    assert set(WITHHELD_FROM) == {"listed", "below"}


def test_whoever_must_be_seen_is_never_withheld(tmp_path):
    """r00 has a high NEWS2, r01 a single 3, r02 is back from hospital, r03 near the end of life, r04 reviewed."""
    back = {"spell_id": "s", "resident_id": "r02", "admitted_at": f"{AS_OF - timedelta(days=9)}T10:00",
            "discharged_at": f"{AS_OF - timedelta(days=2)}T10:00", "admission_method": "21",
            "recorded_at": f"{AS_OF - timedelta(days=9)}T12:00",
            "discharge_recorded_at": f"{AS_OF - timedelta(days=2)}T12:00"}  # fmt: skip
    extra = [event("r00", 1, "news2", 6), event("r01", 1, "news2_single3"), event("r03", 90, "end_of_life_register", 1)]
    made = prepared(tmp_path, extra, spells=[back])
    teams = teams_of(made.history, Capacity(mdt=12, round=12))
    found = build_watchlists(
        made, AS_OF, model(), INFO, teams=teams, rules=ListRules(), grace=GRACE, holdout=whole_arm()
    )
    for one in found.lists:
        stay = {"r00", "r01", "r02", "r03"} & {e.resident_id for e in one.entries}
        homes = {home for home, _ in one.team.homes}
        assert stay == {r for i, r in enumerate(("r00", "r01", "r02", "r03")) if ("h1" if i % 2 else "h2") in homes}
    assert {one.resident_id for one in found.withheld} == {f"r{i:02d}" for i in range(4, 12)}


def test_without_a_study_or_with_nobody_drawn_lists_are_byte_for_byte_the_same(tmp_path):
    plain = built(tmp_path / "a")
    nobody = built(tmp_path / "b", holdout=whole_arm(share=0.0))
    assert plain.withheld == nobody.withheld == ()
    assert [rendered(one) for one in plain.lists] == [rendered(one) for one in nobody.lists]
    assert not any("withheld" in text for one in plain.lists for text in rendered(one))


def test_the_next_in_order_takes_the_place_and_the_page_says_how_many_and_under_which_reference(tmp_path):
    holdout = next(h for h in (HoldOut(PLAN, bytes([n])) for n in range(99)) if h.in_arm("r00") and not h.in_arm("r01"))
    before = {one.team.id: one for one in built(tmp_path / "a").lists}
    found = built(tmp_path / "b", holdout=holdout)
    mdt = next(one for one in found.lists if one.team.id == "mdt-n1")
    listed = [e.resident_id for e in mdt.section("listed")]
    assert [e.resident_id for e in before["mdt-n1"].section("listed")] == ["r00", "r01", "r02"]
    assert "r00" not in listed
    assert listed == [r for r in ("r00", "r01", "r02", "r03") if not holdout.in_arm(r)][:3]
    withheld = [one for one in found.withheld if one.team_id == "mdt-n1"]
    assert all(holdout.in_arm(one.resident_id) for one in withheld)
    assert (withheld[0].resident_id, withheld[0].section, withheld[0].rank) == ("r00", "listed", 1)
    page = html(mdt)
    notice = mdt.warnings[-1]
    assert notice.startswith(f"{len(withheld)} residents who would stand on this page are withheld")
    assert "26/XX/0001" in notice
    for one in withheld:
        assert not any(one.resident_id in text for text in rendered(mdt))
    assert "withheld at random by the study elm-2026" in page


def test_who_was_listed_last_week_and_is_withheld_is_not_told_as_having_left(tmp_path):
    previous = {one.team.id: one for one in built(tmp_path / "a").lists}
    found = built(tmp_path / "b", holdout=whole_arm(), previous=previous)
    assert all(not one.left and not one.section("listed") for one in found.lists)
    assert len(found.withheld) > 3


def test_a_resident_is_in_the_same_arm_on_every_list(tmp_path):
    found = built(tmp_path, holdout=HoldOut(PLAN, b"2"))
    hidden = {one.resident_id for one in found.withheld}
    shown = {e.resident_id for one in found.lists for s in WITHHELD_FROM for e in one.section(s)}
    assert hidden
    assert shown
    assert not hidden & shown


def test_records_are_for_their_owner_and_are_found_by_the_lists_inputs(tmp_path):
    rows = built(tmp_path / "site", holdout=whole_arm()).withheld
    path = record_file(tmp_path / "kept", PLAN.study, AS_OF, "ab" * 32)
    write_withheld(path, rows)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    found = read_withheld(tmp_path / "kept", AS_OF, "ab" * 32)
    assert found["resident_id"].to_pylist() == [one.resident_id for one in rows]
    assert read_withheld(tmp_path / "kept", AS_OF, "cd" * 32).num_rows == 0
    assert read_withheld(tmp_path / "none", AS_OF, "ab" * 32).num_rows == 0
