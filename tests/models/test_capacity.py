from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import judged_of, rows_to_judge

from models.capacity import at_capacity, changes, listed, weekly_changes, within_team, yields
from models.contenders import week_before
from models.judged import Judged

WEEK = np.timedelta64(7, "D")


@pytest.fixture(scope="module")
def judged() -> Judged:
    return rows_to_judge().beside({"random": np.zeros(len(rows_to_judge())), "oracle": rows_to_judge().y})


def lists_of(judged, view):
    """Rows of each (team, week), as plain lists."""
    found = defaultdict(list)
    for i, team in enumerate(judged.matrix.rows[view].to_pylist()):
        if team:
            found[team, judged.as_of[i]].append(i)
    return found


def chance_listed(judged, view, places, score):
    """Chance (n,) to be on the list: above all, or a share of what a tie leaves, by counting."""
    chance = np.zeros(len(judged))
    for rows in lists_of(judged, view).values():
        for i in rows:
            above = sum(score[j] > score[i] for j in rows)
            tied = sum(score[j] == score[i] for j in rows)
            chance[i] = min(1.0, max(0.0, (places - above) / tied))
    return chance


@pytest.mark.parametrize("view", ["pcn", "home_id"])
@pytest.mark.parametrize("score", ["model", "random"])
def test_yields_are_those_of_plain_loops(judged, view, score):
    [lists] = listed(judged, {view: 4})
    found = yields(lists, score)
    chance = chance_listed(judged, view, 4, judged.scores[score])
    rows = [i for own in lists_of(judged, view).values() for i in own]
    for draw in (0, 9):
        w = judged.bootstrap.counts[draw][judged.bootstrap.home]
        hits = sum(w[i] * chance[i] * judged.y[i] for i in rows)
        ppv = hits / sum(w[i] * chance[i] for i in rows)
        assert found["ppv"][draw] == pytest.approx(ppv)
        assert found["sensitivity"][draw] == pytest.approx(hits / sum(w[i] * judged.y[i] for i in rows))
        base = sum(w[i] * judged.y[i] for i in rows) / sum(w[i] for i in rows)
        assert found["lift"][draw] == pytest.approx(ppv / base)
        assert found["reviews_per_event"][draw] == pytest.approx(1 / ppv)


@pytest.mark.parametrize("view", ["pcn", "home_id"])
def test_changes_are_those_of_plain_loops(judged, view):
    [lists] = listed(judged, {view: 4})
    chance = chance_listed(judged, view, 4, judged.scores["model"])
    who = judged.matrix.rows["resident_id"].to_pylist()
    by_list = lists_of(judged, view)
    entrants, leavers, kept, names, pairs = [], [], 0.0, 0.0, 0
    for (team, week), rows in by_list.items():
        before = {who[i]: chance[i] for i in by_list.get((team, week - WEEK), [])}
        if not before:
            continue
        now = {who[i]: chance[i] for i in rows}
        entrants.append(sum(p * (1 - before.get(name, 0.0)) for name, p in now.items()))
        leavers.append(sum(p * (1 - now.get(name, 0.0)) for name, p in before.items()))
        kept += sum(p * before.get(name, 0.0) for name, p in now.items())
        names += sum(now.values())
        pairs += 1
    found = changes(lists, "model")
    assert found["entrants"][0] == pytest.approx(np.mean(entrants))
    assert found["leavers"][0] == pytest.approx(np.mean(leavers))
    assert found["overlap"][0] == pytest.approx(kept / names)
    weekly = weekly_changes(lists, "model")
    assert sum(row.lists for row in weekly) == pairs
    assert sum(row.lists * row.entrants for row in weekly) == pytest.approx(sum(entrants))
    assert sum(row.lists * row.leavers for row in weekly) == pytest.approx(sum(leavers))
    assert sum(row.listed * row.overlap for row in weekly) == pytest.approx(kept)


def test_an_order_that_never_changes_keeps_its_list():
    who, when = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8)
    judged = judged_of(who, when, who % 2, (who == 0) + 0.0, {"model": who + 0.0}, np.full(24, 0.1))
    [lists] = listed(judged, {"home_id": 2})
    found = changes(lists, "model")
    assert (found["entrants"][0], found["leavers"][0], found["overlap"][0]) == (0, 0, 1)


def test_weeks_apart_are_not_compared():
    who, when = np.repeat(np.arange(8), 2), np.tile([0, 2], 8)
    judged = judged_of(who, when, who % 2, (who == 0) + 0.0, {"model": who + 0.0}, np.full(16, 0.1))
    [lists] = listed(judged, {"home_id": 2})
    assert np.isnan(changes(lists, "model")["overlap"]).all()
    assert weekly_changes(lists, "model") == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_on_lists_alike_chance_finds_the_prevalence_and_the_oracle_the_most(seed, places):
    rng = np.random.default_rng(seed)
    who, when = np.repeat(np.arange(24), 3), np.tile(np.arange(3), 24)
    y = (rng.random(72) < 0.3).astype(float)
    y[:2] = [0, 1]
    scores = {"model": rng.integers(0, 4, 72) + 0.0, "random": np.zeros(72), "oracle": y}
    judged = judged_of(who, when, who % 2, y, scores, np.full(72, 0.3))
    [lists] = listed(judged, {"home_id": places})
    found = {name: yields(lists, name) for name in scores}
    assert found["random"]["ppv"][0] == pytest.approx(y.mean())
    assert found["random"]["lift"][0] == pytest.approx(1)
    assert found["oracle"]["lift"][0] >= max(found["model"]["lift"][0], 1) - 1e-9
    assert found["oracle"]["sensitivity"][0] >= found["model"]["sensitivity"][0] - 1e-9


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(80)))
def test_the_order_of_the_rows_does_not_matter(order):
    judged = rows_to_judge(residents=20, weeks=5)
    order = np.array([i for i in order if i < len(judged)])
    mixed = judged_of(
        np.array([int(name[-3:]) for name in judged.matrix.rows["resident_id"].to_pylist()])[order],
        ((judged.as_of - judged.as_of.min()) // WEEK)[order],
        np.array([int(home[-1]) for home in judged.home])[order],
        judged.y[order],
        {name: score[order] for name, score in judged.scores.items()},
        judged.chances["model"][order],
    )
    same = judged.take(np.isin(np.arange(len(judged)), order))
    one, two = (at_capacity(part, listed(part, {"pcn": 3, "home_id": 2})) for part in (same, mixed))
    for a, b in zip(one, two, strict=True):
        assert (a.name, a.score, a.view) == (b.name, b.score, b.view)
        np.testing.assert_allclose([a.value, a.low, a.high], [b.value, b.low, b.high], atol=1e-9)


def test_differences_are_paired(judged):
    views = listed(judged, {"pcn": 4})
    found = {(m.name, m.score): m for m in at_capacity(judged, views)}
    ahead = found["ppv_minus_random", "model"]
    assert ahead.value == pytest.approx(found["ppv", "model"].value - found["ppv", "random"].value)
    apart = yields(views[0], "model")["ppv"] - yields(views[0], "random")["ppv"]
    assert (ahead.low, ahead.high) == tuple(np.nanquantile(apart[1:], [0.025, 0.975]))
    assert ("ppv_minus_model", "model") not in found


def test_within_a_team_rows_without_a_team_or_a_score_count_for_nothing(judged):
    score = np.where(np.arange(len(judged)) % 3 == 0, np.nan, judged.scores["fine"])
    part = judged.beside({"part": score})
    known = part.take(~np.isnan(score) & (np.array(part.matrix.rows["pcn"].to_pylist()) != ""))
    [whole], [small] = listed(part, {"pcn": 3}), listed(known, {"pcn": 3})
    assert within_team(whole, "part")[0] == pytest.approx(within_team(small, "part")[0])
    assert np.allclose(whole.chosen["part"][part.home == "home-5"], 0)


def test_a_view_of_which_no_row_has_a_team_is_left_out():
    judged = rows_to_judge(residents=8, weeks=2)
    nowhere = judged_of([0, 1], [0, 0], [0, 1], np.array([0.0, 1]), {"model": np.zeros(2)}, np.zeros(2), pcn=["", ""])
    assert [lists.view for lists in listed(nowhere, {"pcn": 2, "home_id": 2})] == ["home_id"]
    assert [lists.view for lists in listed(judged, {"pcn": 2, "home_id": 2})] == ["pcn", "home_id"]


def test_the_row_of_the_week_before():
    key = np.array([1, 2, 1, 1, 2])
    days = np.array(["2025-01-13", "2025-01-06", "2025-01-06", "2025-01-27", "2025-01-13"], "datetime64[D]")
    assert week_before(key, days).tolist() == [2, -1, -1, -1, 1]
