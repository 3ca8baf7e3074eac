"""What holds a list back, and what does not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from example_list import AS_OF, example
from histories import RESIDENT, STAY, history_of
from made_lists import GRACE, model, prepared

from serving.holds import HoldRules, gone_by, list_holds, run_holds
from serving.rows import Feed
from serving.scoring import score_rows

RULES = HoldRules({"care_record": 7}, {"care_record": 28}, size_change=0.5, size_least=20, gone_share=0.2, gone_least=2)


def holds(watchlist=None, previous=None, gone=(), rules=RULES) -> tuple[str, ...]:
    return list_holds(watchlist or example(), previous, gone, rules)


def listed() -> list[str]:
    return [entry.resident_id for entry in example().section("listed")]


def test_an_ordinary_list_is_not_held():
    assert holds(previous=example()) == ()


@pytest.mark.parametrize(("covered", "held"), [(107, False), (105, True), (317, False), (319, True)])
def test_a_list_of_absurd_size_is_held(covered, held):
    assert bool(holds(replace(example(), covered=covered), previous=example())) == held


def test_small_homes_may_change_by_half():
    small, gone = replace(example(), covered=12), replace(example(), covered=4)
    assert holds(gone, previous=small) == ()


def test_more_residents_than_the_team_reviews_are_absurd():
    team = replace(example().team, capacity=len(listed()) - 1)
    assert "the team reviews" in holds(replace(example(), team=team))[0]


def test_too_many_listed_residents_dead_or_moved():
    assert holds(gone=listed()[:2]) == ()
    assert holds(gone=["somebody else"] * 9) == ()
    (reason,) = holds(gone=listed()[:3])
    assert reason.startswith(f"3 of {len(listed())} listed residents had died or moved")


def test_a_feed_of_these_homes_that_fell_silent():
    def fed(last: date | None):
        feeds = (Feed("Care home records", "stale", last), Feed("Hospital admissions", "no data", None))
        return holds(replace(example(), feeds=feeds))

    assert fed(AS_OF - timedelta(days=28)) == ()
    assert "no record from these homes since 18 October" in fed(AS_OF - timedelta(days=29))[0]
    assert fed(None) == ()


def test_the_whole_run_is_held_for_a_silent_feed_or_a_model_without_calibration(tmp_path):
    ready = prepared(tmp_path)
    newest = score_rows(ready, (AS_OF,), model(), grace=GRACE).panel.newest
    assert run_holds(newest, AS_OF, model(), 1, RULES) == ()
    strict = replace(RULES, run_stale_days={"care_record": 1, "community": 7})
    silent, absent = run_holds(newest, AS_OF, model(), 1, strict)
    assert "Care home records: no record since 14 November" in silent
    assert "Community services: no record at all" in absent
    head = replace(model().heads["avoidable"], a=float("nan"))
    broken = replace(model(), heads={"avoidable": head, "any": head})
    assert "no usable calibration" in run_holds(newest, AS_OF, broken, 1, RULES)[0]
    assert run_holds(newest, AS_OF, model(), 0, RULES) == ("no resident could be assessed",)


def test_who_had_died_or_moved_by_all_that_is_known_now(tmp_path):
    people = [RESIDENT | {"resident_id": f"r{i}"} for i in range(6)]
    people[1] |= {"died_on": "2026-11-12", "died_recorded_at": "2026-11-20"}
    people[2] |= {"died_on": "2026-11-17"}
    stays = [STAY | {"resident_id": f"r{i}"} for i in range(6)]
    stays[3] |= {"moved_out": "2026-11-14", "moved_out_recorded_at": "2026-11-21"}
    stays[4] |= {"moved_out": "2026-11-14"}
    stays[5] |= {"moved_out": "2026-11-14", "record_id": "five"}
    stays.append(STAY | {"resident_id": "r4", "moved_in": "2026-11-14", "recorded_at": "2026-11-15"})
    corrected = {"moved_out": "2026-11-30", "moved_out_recorded_at": "2026-12-01"}
    stays.append(stays[5] | {"recorded_at": "2026-11-15"} | corrected)
    history = history_of(tmp_path, residents=people, stays=stays)
    assert gone_by(history, AS_OF) == {"r1", "r3"}
