"""Every statistic, silence, home rates and days in hospital, in examples."""

import math
from datetime import date

import pytest
from histories import HOME, RESIDENT, STAY, history_of
from look import kernel_rows

from features.build import panel_of, prepare
from features.kernel import clock, compute, plan
from features.measures import Measure, Stat

MONDAY = date(2025, 6, 9)
# Days before the Monday, and values; the missing one is a record without a value.
READINGS = ((20, 4.0), (13, None), (6, 2.0), (6, 8.0), (1, 6.0))


def at(days: int, hour: int = 12) -> str:
    return f"{date.fromordinal(MONDAY.toordinal() - days).isoformat()}T{hour:02d}:00"


def event(code, days, value=None, resident="r1", hour=12, **rest):
    time = at(days, hour)
    return {"resident_id": resident, "time": time, "code": code, "value": value, "recorded_at": time} | rest


def measured(tmp_path, stream, events, *, window=28, stat):
    prepared = prepare(history_of(tmp_path / "h", events=events))
    panel = panel_of(prepared, [MONDAY], grace=0)
    steps = plan([Measure(stream, stat, window)], prepared.residents.streams)
    when = clock([MONDAY], 0, steps.windows)
    return float(compute(prepared.residents, steps, when, panel.entity, panel.week)[0, 0])


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        (Stat.COUNT, 5),
        (Stat.SUM, 20),
        (Stat.MEAN, 5),
        (Stat.MIN, 2),
        (Stat.MAX, 8),
        (Stat.LAST, 6),
        (Stat.CHANGE, 2),
        (Stat.SHARE, 0.5),
        (Stat.DAYS, 4),
        (Stat.SINCE, 1),
        (Stat.EVER, 1),
        (Stat.ACTIVE, 1),
        (Stat.RISE, 6 - (4 + 2 + 8) / 3),
        # days -20, -6, -6, -1 with 4, 2, 8, 6: covariance 19 over spread 200.75
        (Stat.SLOPE, 28 * 19 / 200.75),
    ],
)
def test_each_statistic(tmp_path, stat, expected):
    events = [event("news2", days, value, hour=8 + i) for i, (days, value) in enumerate(READINGS)]
    assert measured(tmp_path, "news2", events, stat=stat) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("stat", [Stat.SUM, Stat.MEAN, Stat.LAST, Stat.CHANGE, Stat.SLOPE, Stat.RISE, Stat.SINCE])
def test_without_records_a_value_is_missing(tmp_path, stat):
    assert math.isnan(measured(tmp_path, "news2", [], stat=stat))


@pytest.mark.parametrize("stat", [Stat.COUNT, Stat.DAYS, Stat.EVER, Stat.ACTIVE])
def test_without_records_a_count_is_nought(tmp_path, stat):
    assert measured(tmp_path, "news2", [], stat=stat) == 0


@pytest.mark.parametrize("stat", [Stat.CHANGE, Stat.SHARE, Stat.SLOPE, Stat.RISE])
def test_one_value_makes_no_difference(tmp_path, stat):
    assert math.isnan(measured(tmp_path, "news2", [event("news2", 3, 5.0)], stat=stat))


def test_no_share_of_nought_and_no_slope_of_one_day(tmp_path):
    rows = [event("news2", 3, 0.0, hour=8), event("news2", 3, 5.0, hour=9)]
    assert math.isnan(measured(tmp_path / "a", "news2", rows, stat=Stat.SHARE))
    assert math.isnan(measured(tmp_path / "b", "news2", rows, stat=Stat.SLOPE))


@pytest.mark.parametrize(("value", "active"), [(None, 1), (1, 1), (0, 0)])
def test_a_start_without_a_value_is_a_start(tmp_path, value, active):
    rows = [event("catheter", 9, 1), event("catheter", 2, value)]
    assert measured(tmp_path, "catheter", rows, window=0, stat=Stat.ACTIVE) == active


@pytest.mark.parametrize(
    ("first", "second", "last"),
    [
        ({"recorded_at": at(2)}, {"recorded_at": at(1)}, 2),  # recorded later
        ({"record_id": "b"}, {"record_id": "a"}, 1),  # then by record id
        ({"record_id": "a", "value": 9.0}, {"record_id": "a", "source": "gp"}, 9),  # then by value
    ],
)
def test_ties_at_one_instant(tmp_path, first, second, last):
    rows = [event("news2", 3, 1.0) | first, event("news2", 3, 2.0) | second]
    assert measured(tmp_path / "a", "news2", rows, stat=Stat.LAST) == last
    assert measured(tmp_path / "b", "news2", rows[::-1], stat=Stat.LAST) == last


def test_windows_are_local_days_over_a_change_of_clocks(tmp_path):
    """Seven days before Monday 31 March 2025 begin at midnight of the 24th, 167 hours earlier."""
    monday = date(2025, 3, 31)
    events = [
        {"resident_id": "r1", "time": time, "code": "fall", "recorded_at": time}
        for time in ("2025-03-23T23:59", "2025-03-24T00:00")
    ]
    assert kernel_rows(history_of(tmp_path, events=events), [monday])["r1", monday]["fall_count_7"] == 1


def look(tmp_path, events=(), **tables):
    people = [RESIDENT, RESIDENT | {"resident_id": "r2"}]
    stays = [STAY, STAY | {"resident_id": "r2"}]
    given = {"residents": people, "stays": stays} | tables
    return kernel_rows(history_of(tmp_path, events=list(events), **given), [MONDAY])


def test_no_fall_is_nought_where_the_home_records_and_missing_where_it_does_not(tmp_path):
    alive = look(tmp_path / "a", [event("weight_kg", 3, 70, "r2")])
    silent = look(tmp_path / "b", [event("weight_kg", 40, 70, "r2")])
    assert alive["r1", MONDAY]["fall_count_7"] == 0
    assert math.isnan(silent["r1", MONDAY]["fall_count_28"])
    assert silent["r1", MONDAY]["fall_count_91"] == 0
    assert silent["r1", MONDAY]["home_care_record_silent_days"] == 40
    assert math.isnan(silent["r1", MONDAY]["care_record_age"])
    assert silent["r2", MONDAY]["care_record_age"] == 40


@pytest.mark.parametrize("window", [7, 28, 91])
def test_a_record_on_the_first_day_of_a_window_breaks_the_silence(tmp_path, window):
    assert look(tmp_path, [event("fall", window)])["r1", MONDAY][f"fall_count_{window}"] == 1


def test_a_record_of_long_ago_has_an_age(tmp_path):
    rows = look(tmp_path, [{"resident_id": "r1", "time": "1960-06-09", "code": "asthma", "recorded_at": "2020-01-01"}])
    assert rows["r1", MONDAY]["gp_age"] == 23741


HOMES = [HOME, HOME | {"home_id": "h2"}]


def test_a_home_rate_leaves_out_the_resident_s_own_records(tmp_path):
    rows = look(tmp_path, [event("fall", 3), event("fall", 5), event("fall", 4, resident="r2")])
    assert rows["r1", MONDAY]["others_fall_28"] == pytest.approx(100 / 28)
    assert rows["r2", MONDAY]["others_fall_28"] == pytest.approx(200 / 28)


def test_records_count_where_the_resident_lived_when_it_happened(tmp_path):
    moved = STAY | {"home_id": "h2", "moved_in": at(7, 0), "recorded_at": at(7)}
    stays = [STAY, STAY | {"resident_id": "r2"}, moved | {"resident_id": "r2"}]
    rows = look(tmp_path, [event("fall", 10, resident="r2")], homes=HOMES, stays=stays)
    assert rows["r1", MONDAY]["others_fall_28"] == pytest.approx(100 / 21)


def test_a_resident_lives_in_one_home_at_a_time(tmp_path):
    """Two stays at once, in one home or two, are no second resident: the days of the latest move alone count."""
    twice = STAY | {"resident_id": "r2", "moved_in": "2025-02-01", "recorded_at": "2025-02-01"}
    stays = [STAY, STAY | {"resident_id": "r2"}, twice]
    rows = look(tmp_path, [event("fall", 10, resident="r2")], stays=stays)
    assert rows["r1", MONDAY]["others_fall_28"] == pytest.approx(100 / 28)


def spell(name, admitted, discharged=None, **rest):
    left = {"discharged_at": at(discharged), "discharge_recorded_at": at(discharged)} if discharged is not None else {}
    row = {"spell_id": name, "resident_id": "r1", "admission_method": "21", "admitted_at": at(admitted)}
    return row | {"recorded_at": at(admitted)} | left | rest


@pytest.mark.parametrize(
    ("spells", "days"),
    [
        ([spell("a", 20, 15)], 5),
        ([spell("a", 30, 20)], 8.5),  # only what lies in the window, which begins at midnight
        ([spell("a", 20, 15), spell("b", 10, 8)], 7),
        ([spell("a", 20, 15), spell("b", 18, 12)], 8),  # nobody lies in two beds
        ([spell("a", 20, 15), spell("b", 17, 16)], 5),
        ([spell("a", 4)], 3.5),
        ([spell("a", 70)], 18.5),  # not believed for more than 60 days
    ],
)
def test_days_in_hospital(tmp_path, spells, days):
    assert look(tmp_path, spells=spells)["r1", MONDAY]["bed_days_28"] == pytest.approx(days, rel=1e-6)


@pytest.mark.parametrize(
    ("discharged", "late"),
    [
        ("2025-05-30T19:59", 0),
        ("2025-05-30T20:00", 1),
        ("2025-10-26T19:30", 0),  # 20.5 hours after midnight, on the day the clocks go back
        ("2025-03-30T20:00", 1),  # 19 hours after midnight, on the day they go forward
    ],
)
def test_an_evening_is_what_the_clock_shows(tmp_path, discharged, late):
    day = date.fromisoformat(discharged[:10])
    monday = date.fromordinal(day.toordinal() + 7 - day.weekday())
    row = {"spell_id": "a", "resident_id": "r1", "admission_method": "21", "admitted_at": f"{day.year}-02-01"}
    times = {"recorded_at": f"{day.year}-02-01", "discharged_at": discharged, "discharge_recorded_at": discharged}
    history = history_of(tmp_path, spells=[row | times])
    assert kernel_rows(history, [monday])["r1", monday]["late_discharge_count_28"] == late


def test_what_another_home_recorded_does_not_show_that_this_homes_feed_is_alive(tmp_path):
    """A resident comes with last week's care record of another home; in this home nothing has ever been recorded."""
    stays = [
        STAY | {"home_id": "h2", "moved_in": "2025-01-06T10:00", "moved_out": "2025-05-28T10:00"},
        STAY | {"moved_in": "2025-05-28T10:00", "recorded_at": "2025-05-28T11:00"},
    ]
    fall = {"resident_id": "r1", "time": "2025-05-27T10:00", "code": "fall", "source": "care_record"}
    homes = [HOME, HOME | {"home_id": "h2", "name": "Ash Lodge"}]
    history = history_of(tmp_path, homes=homes, stays=stays, events=[fall | {"recorded_at": "2025-05-27T11:00"}])
    row = kernel_rows(history, (date(2025, 6, 2),))["r1", date(2025, 6, 2)]
    assert row["home_id"] == "h1"
    assert math.isnan(row["home_care_record_silent_days"])
    assert row["care_record_age"] == 6
    assert row["fall_count_28"] == 1
    assert math.isnan(row["soft_sign_count_28"])


def test_a_soft_sign_counts_as_what_its_text_names_and_as_a_soft_sign(tmp_path):
    said = ("new cough", "  New  Cough", "smelly urine", "a strange look", None)
    events = [event("soft_sign", 2 + i, text=text) for i, text in enumerate(said)]
    events.append(event("sign_cough", 9))

    def count(stream):
        return measured(tmp_path, stream, events, stat=Stat.COUNT)

    assert [count(s) for s in ("sign_cough", "sign_urine", "sign_other", "soft_sign")] == [3, 1, 2, 6]
