"""Monitoring: each test on data where the answer is known, and the false alarms of a stable county."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made import START

from models.judged import Judged
from models.monitoring import Rules, watch, watched
from models.monitoring.cells import cells, ranks
from models.monitoring.charts import broken, p_chart, spaced
from models.monitoring.codes import code_changes, code_signals
from models.monitoring.discoveries import adjusted, simes
from models.monitoring.feeds import feed_signals, home_feeds
from models.monitoring.inputs import input_shifts, input_signals
from models.monitoring.lists import ListWeek, list_charts, list_signals, stayed
from models.monitoring.outcomes import beyond, calibrated, outcome_signals
from models.monitoring.shift import shifts
from models.monitoring.signals import worst

HOMES, WEEKS, ROWS = 40, 30, 25


def _panel(rng: np.random.Generator, columns: int, common: float = 0.0) -> tuple:
    """Residents who hardly change, in homes that wander, with a level that all share and that moves by the week."""
    home, week = np.repeat(np.arange(HOMES), WEEKS * ROWS), np.tile(np.repeat(np.arange(WEEKS), ROWS), HOMES)
    person = rng.normal(size=(HOMES, 1, ROWS, columns))
    wander = np.cumsum(rng.normal(scale=0.05, size=(HOMES, WEEKS, 1, columns)), axis=1)
    level = common * rng.normal(size=(1, WEEKS, 1, columns))
    own = 0.2 * rng.normal(size=(HOMES, WEEKS, ROWS, columns))
    return home, week, (person + wander + level + own).reshape(-1, columns)


def _now(home: np.ndarray, week: np.ndarray, X: np.ndarray):
    return cells([f"f{j}" for j in range(X.shape[1])], X, home, week, (HOMES, WEEKS))


REFERENCE = np.arange(WEEKS - 1)


@pytest.mark.parametrize("common", [0.0, 0.3])
def test_p_values_of_a_stable_process_are_uniform_though_rows_repeat(common):
    """Rows as independent draws would make nearly every p-value small; so would a season, were it left out."""
    rng = np.random.default_rng(3)
    found = np.concatenate([shifts(_now(*_panel(rng, 60, common)), WEEKS - 1, REFERENCE).p for _ in range(4)])
    assert np.mean(found < 0.05) < 0.09
    assert np.mean(found < 0.5) > 0.35


def test_a_shift_of_all_homes_is_found_and_one_of_a_single_home_is_not():
    home, week, X = _panel(np.random.default_rng(4), 3)
    X[week == WEEKS - 1, 0] += 1.0
    X[(week == WEEKS - 1) & (home == 0), 1] += 50.0
    found = shifts(_now(home, week, X), WEEKS - 1, REFERENCE)
    assert found.p[0] < 1e-6
    assert found.difference[0] == pytest.approx(1.0, abs=0.2)
    assert found.p[1] > 0.05


def test_what_is_the_same_for_all_homes_is_judged_by_its_own_past():
    """The time of the year differs every week, and in every home alike."""
    home, week = np.repeat(np.arange(5), WEEKS), np.tile(np.arange(WEEKS), 5)
    season = np.sin(week / 4.0)[:, None]
    found = shifts(cells(["season"], season, home, week, (5, WEEKS)), WEEKS - 1, REFERENCE)
    assert found.p[0] > 0.05
    assert shifts(cells(["season"], season, home % 2, week, (5, WEEKS)), WEEKS - 1, REFERENCE).p[0] == 1


def test_places_are_the_chance_to_outrank_the_reference_and_need_no_unit():
    X = np.array([[1.0], [2.0], [2.0], [9.0], [np.nan], [0.0], [2.0]], np.float32)
    reference = np.array([True, True, True, True, True, False, False])
    place = ranks(X, reference)[:, 0]
    np.testing.assert_allclose(place, [0.125, 0.5, 0.5, 0.875, np.nan, 0.0, 0.5])
    pairs = [np.mean([(a > b) + (a == b) / 2 for b in (1, 2, 2, 9)]) for a in (1, 2, 9, 0)]
    np.testing.assert_allclose(place[[0, 1, 3, 5]], pairs)
    np.testing.assert_array_equal(place, ranks(X * 2.2046, reference)[:, 0])


def test_adjusted_p_values_are_those_of_benjamini_and_yekutieli():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(1).random(50) ** 2
    np.testing.assert_allclose(adjusted(p), false_discovery_control(p, method="by"))
    assert simes(np.array([0.04, 0.03, 0.9])) == pytest.approx(0.06)


def test_inputs_that_stop_or_change_are_named_with_their_group_and_held_back_when_the_model_leans_on_them():
    home, week, X = _panel(np.random.default_rng(5), 12)
    now = week == WEEKS - 1
    X[now, 0] += 3.0
    X[now, 1] = np.nan
    X[now & (np.arange(len(X)) % 2 == 0), 2] = np.nan
    names = [f"f{j}" for j in range(12)]
    places = cells(names, ranks(X.astype(np.float32), ~now), home, week, (HOMES, WEEKS))
    rows = input_shifts(places, WEEKS - 1, REFERENCE, {"f0": "Falls"}, {"f0": 0.2, "f2": 0.0001})
    told = {(s.name, s.where): s.action for s in input_signals(rows, Rules())}
    assert told[("f0", "Falls")] == "hold back"
    assert {name for name, _ in told} == {"f0", "f1", "f2"}
    assert told[("f2", "")] == "note"


def test_a_feed_that_dries_up_is_told_by_home_and_holds_back_when_it_is_everywhere():
    rng = np.random.default_rng(6)
    home, week, X = _panel(rng, 2)
    fresh = (rng.random(X.shape) < 0.9).astype(np.float32)
    names = tuple(f"home {h}" for h in range(HOMES))

    def told(columns: np.ndarray) -> list:
        found = cells(["care_record", "gp"], columns, home, week, (HOMES, WEEKS))
        rows = home_feeds(found, names, WEEKS - 1, REFERENCE, {})
        return list(feed_signals(found, rows, WEEKS - 1, REFERENCE, Rules()))

    assert told(fresh) == []
    one = fresh.copy()
    one[(week == WEEKS - 1) & (home == 7), 0] = 0
    assert [(s.name, s.where, s.action) for s in told(one)] == [("care_record", "home 7", "note")]
    every = fresh.copy()
    every[(week == WEEKS - 1) & (home % 3 > 0), 1] = 0
    assert ("gp", "", "hold back") in [(s.name, s.where, s.action) for s in told(every)]


def test_codes_that_fall_silent_hold_back_and_new_unknown_ones_are_noted():
    rng = np.random.default_rng(7)
    counts = rng.poisson(40, (20, 40))
    before = code_changes("concept", [f"c{i}" for i in range(20)], counts, np.arange(36))
    assert code_signals(before, Rules()) == ()
    counts[3, -4:] = 0
    (silent,) = code_signals(code_changes("concept", [f"c{i}" for i in range(20)], counts, np.arange(36)), Rules())
    assert (silent.name, silent.action, silent.value) == ("c3", "hold back", 0)
    unknown = np.zeros((1, 40), int)
    unknown[0, -4:] = 30
    (new,) = code_signals(code_changes("unknown code", ["X:1"], unknown, np.arange(36)), Rules())
    assert (new.name, new.action) == ("X:1", "note")


def test_weeks_are_spaced_by_the_horizon_from_the_latest():
    days = [START + timedelta(weeks=k) for k in range(10)]
    assert spaced(days, 28) == (days[1], days[5], days[9])


def test_limits_are_laneys_and_widen_where_few_are_listed():
    n = np.array([100.0] * 15 + [25.0])
    events = np.array([8, 12, 10, 9, 11, 10, 8, 12, 10, 9, 11, 10, 8, 12, 10, 2.0])
    points = p_chart("mdt admitted", [START + timedelta(weeks=k) for k in range(16)], events, n)
    assert points[-1].centre == pytest.approx(0.1)
    # sigma_z is less than 1 here and is held at 1: three binomial standard errors.
    assert points[0].high == pytest.approx(0.1 + 3 * np.sqrt(0.1 * 0.9 / 100))
    assert points[-1].high == pytest.approx(0.1 + 3 * np.sqrt(0.1 * 0.9 / 25))
    wild = np.array([2, 30] * 7 + [10, 10.0])
    assert p_chart("mdt admitted", [START] * 16, wild, n)[0].high > points[0].high


@pytest.mark.parametrize(
    ("z", "rule"),
    [
        ([0, 3.1], "beyond the limits"),
        ([0.1] * 7, "seven on one side"),
        ([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4], "seven in one direction"),
        ([0, 2.1, 0.5, 2.2], "two of three near a limit"),
        ([2.1, -2.2, 0.1], ""),
        ([0.1] * 6, ""),
    ],
)
def test_the_four_rules(z, rule):
    assert broken(np.array(z, float)) == rule


def _list_week(k: int, admitted: float, gone: int = 1) -> ListWeek:
    return ListWeek("mdt", START + timedelta(weeks=k), 40, 30, gone, 40, admitted, 4.0, 20.0)


def test_lists_that_stop_catching_ask_for_retraining_and_many_away_hold_back():
    usual = [_list_week(4 * k, 12 + k % 3) for k in range(12)]
    assert worst(list_signals(list_charts(usual, 28))) == "none"
    worse = list_signals(list_charts([*usual, _list_week(48, 0)], 28))
    assert [(s.name, s.action) for s in worse] == [("admitted", "retrain")]
    away = list_signals(list_charts([*usual, _list_week(48, 12, gone=12)], 28))
    assert ("gone", "hold back") in [(s.name, s.action) for s in away]
    assert stayed({"a": frozenset("xy"), "b": frozenset("z")}, {"a": frozenset("xw")}) == 1
    assert np.isnan(stayed({"a": frozenset("x")}, {}))


def test_calibration_is_off_only_beyond_the_tolerance_with_homes_as_the_unit():
    rng = np.random.default_rng(8)
    home = np.repeat(np.arange(40), 100)
    chance = rng.uniform(0.01, 0.1, len(home))
    y = (rng.random(len(home)) < chance).astype(float)
    assert beyond(y, chance, home, 1.1) > 0.05
    assert beyond(y, chance / 2, home, 1.1) < 0.003
    # The same rows ten times over say no more, though there are ten times as many.
    many = (np.tile(part, 10) for part in (y, chance / 1.4, home))
    assert beyond(*many, 1.1) == pytest.approx(beyond(y, chance / 1.4, home, 1.1))


def test_the_whole_report_of_a_stable_and_of_a_changed_week(labelled, trained):
    """On the weeks after a model's training: nothing to act on; a feature in other units and half the outcomes."""
    matrix, _ = labelled
    weeks = 50
    model = replace(trained.model, trained_until=START + timedelta(weeks=30))
    last = START + timedelta(weeks=weeks - 1)
    rules = Rules()
    day = matrix.rows["as_of"].to_numpy().astype("datetime64[D]")
    later = matrix.take(day > np.datetime64(model.trained_until))
    judged = _judged(later, model)
    calm = watch(watched(matrix, model, last, rules), rules=rules, version="1", within={}, judged=judged)
    assert calm.action in ("none", "note")
    assert calm.calibration.ratio.low < 1.1
    assert sum(calm.counts().values()) == len(calm.signals)

    X = matrix.X.copy()
    X[day == np.datetime64(last), matrix.names.index("cfs")] *= 2.2
    halved = replace(judged, y=judged.y * (np.arange(len(judged)) % 3 == 0))
    seen = watched(replace(matrix, X=X), model, last, rules)
    changed = watch(seen, rules=rules, version="1", within={}, judged=halved)
    assert changed.action == "hold back"
    assert any("cfs (Background)" in reason for reason in changed.reasons)
    assert "retrain" in [s.action for s in changed.signals if s.part == "outcomes"]
    assert "cfs" in [s.name for s in changed.signals]
    assert not any("resident-0" in text for text in _texts(changed.as_dict()))


def test_too_short_a_past_is_said_and_not_judged(labelled, trained):
    matrix, _ = labelled
    model = replace(trained.model, trained_until=START + timedelta(weeks=5))
    report = watch(watched(matrix, model, START + timedelta(weeks=20), Rules()), rules=Rules(), version="1", within={})
    assert report.inputs == ()
    assert [part.cannot[:8] for part in report.looked if part.part == "inputs"] == ["5 weeks "]


def test_calibration_waits_for_outcomes(labelled, trained):
    matrix, _ = labelled
    few = _judged(matrix.take(np.arange(len(matrix)) < 200), trained.model)
    assert calibrated(few, Rules()) is None
    assert outcome_signals(None, Rules()) == ()


def _judged(matrix, model) -> Judged:
    X = matrix.X[:, model.columns(matrix.names)]
    day = matrix.rows["as_of"].to_numpy().astype("datetime64[D]")
    home = np.asarray(matrix.rows["home_id"].to_pylist())
    y = matrix.rows["label"].to_numpy()
    return Judged(matrix, day, home, y, {"model": model.margin(X)}, {"model": model.risk(X)})


def _texts(value) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
