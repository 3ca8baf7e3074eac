"""What counts as of a Monday, in examples: fields have visibility, versions replace each other, repeats count once."""

from datetime import date

import pytest
from histories import HOME, RESIDENT, STAY, history_of
from look import kernel_rows

MONDAY = date(2025, 6, 9)
SPELL = {"spell_id": "s1", "resident_id": "r1", "admission_method": "21"}
SEEN = {"resident_id": "r1", "time": "2025-06-02", "code": "news2", "value": 1, "recorded_at": "2025-06-02"}


def told(tmp_path, *events, as_of=MONDAY, spells=(), **tables):
    """What the engine says of r1, whose home's records are alive."""
    history = history_of(tmp_path / "h", events=[SEEN, *events], spells=spells, **tables)
    return kernel_rows(history, [as_of]).get(("r1", as_of))


def fall(time="2025-06-04T10:00", recorded="2025-06-04T12:00", **rest):
    return {"resident_id": "r1", "time": time, "code": "fall", "recorded_at": recorded, **rest}


def spell(**rest):
    return SPELL | {"admitted_at": "2025-06-01T10:00", "recorded_at": "2025-06-02"} | rest


@pytest.mark.parametrize(
    ("time", "recorded", "falls"),
    [
        ("2025-06-08T23:59", "2025-06-08T23:59", 1),
        ("2025-06-09T00:00", "2025-06-09T00:00", 0),  # t itself is not before t
        ("2025-06-08T23:59", "2025-06-09T05:59", 1),  # loaded within the grace of six hours
        ("2025-06-08T23:59", "2025-06-09T06:00", 0),
        ("2025-06-09T01:00", "2025-06-09T02:00", 0),  # grace lets in late recordings, not late events
    ],
)
def test_an_event_counts_when_it_and_its_recording_are_in_time(tmp_path, time, recorded, falls):
    assert told(tmp_path, fall(time, recorded))["fall_count_7"] == falls


def test_a_row_that_does_not_say_when_it_was_recorded_comes_with_the_lag_of_its_source(tmp_path):
    said = told(
        tmp_path, fall("2025-06-07T10:00", None, source="gp"), fall("2025-06-05T10:00", None, source="community")
    )
    assert said["fall_count_7"] == 1  # general practice two days later, community services three


def test_a_spell_is_known_on_admission_its_discharge_and_its_codes_later(tmp_path):
    row = spell(
        discharged_at="2025-06-05T12:00",
        discharge_recorded_at="2025-06-11",
        primary_diagnosis="J189",
        coded_at="2025-07-20",
    )
    first, second, third = (
        told(tmp_path / str(d), spells=[row], as_of=d) for d in (MONDAY, date(2025, 6, 16), date(2025, 7, 21))
    )
    assert [r["status"] for r in (first, second, third)] == ["in_hospital", "eligible", "eligible"]
    assert [r["emergency_admission_count_91"] for r in (first, second, third)] == [1, 1, 1]
    assert [r["discharge_count_28"] for r in (first, second)] == [0, 1]
    assert [r["avoidable_admission_count_91"] for r in (first, second, third)] == [0, 0, 1]


def test_a_correction_replaces_a_record_from_its_own_recording(tmp_path):
    rows = [
        fall(record_id="a", value=3),
        fall(record_id="a", value=0, recorded="2025-06-10"),
    ]
    assert told(tmp_path / "before", *rows)["injurious_fall_count_28"] == 1
    assert told(tmp_path / "after", *rows, as_of=date(2025, 6, 16))["injurious_fall_count_28"] == 0


def test_one_record_id_of_two_sources_is_two_records(tmp_path):
    assert told(tmp_path, fall(record_id="a", source="x"), fall(record_id="a", source="y"))["fall_count_7"] == 2


def test_a_withdrawn_record_vanishes_and_may_come_back(tmp_path):
    gone = fall(recorded="2025-06-05", retracted=True)
    assert told(tmp_path / "gone", fall(), gone)["fall_count_7"] == 0
    assert told(tmp_path / "back", fall(), gone, fall(recorded="2025-06-06"))["fall_count_7"] == 1


def test_withdrawn_at_the_instant_of_its_recording_it_never_was(tmp_path):
    assert told(tmp_path, fall(retracted=True), fall())["fall_count_7"] == 0


def test_an_exact_repeat_counts_once_from_its_earliest_recording(tmp_path):
    repeat = {"resident_id": "r1", "time": "2025-06-04", "code": "cfs", "value": 5, "recorded_at": "2025-06-04"}
    other = repeat | {"value": 7, "recorded_at": "2025-06-05"}
    again = repeat | {"recorded_at": "2025-06-06"}
    said = told(tmp_path, repeat, other, again)
    assert said["cfs_last"] == 7  # the repeat says nothing new, so the 7 stays the newest word of that instant


def test_versions_recorded_at_one_instant_gain_their_later_fields_one_by_one(tmp_path):
    """A feed that writes a spell again on discharge may keep the recording time of the admission."""
    early = spell(discharged_at="2025-06-05", discharge_recorded_at="2025-06-06")
    late = spell(discharged_at="2025-06-07", discharge_recorded_at="2025-06-12")
    said = told(tmp_path / "a", spells=[spell(), early, late])
    assert (said["status"], said["discharge_since"]) == ("eligible", 4)
    after = told(tmp_path / "b", spells=[late, spell(), early], as_of=date(2025, 6, 16))
    assert (after["discharge_count_28"], after["discharge_since"]) == (1, 9)


def test_what_is_told_later_never_decides_between_versions_of_one_instant(tmp_path):
    """The two rows differ in what was known at once; a discharge told after t must not choose between them."""
    planned = spell(admission_method="11")
    urgent = spell(admission_method="21")
    leaving = {"discharged_at": "2025-06-05", "discharge_recorded_at": "2025-06-20"}
    seen = [
        told(tmp_path / str(i), spells=rows)["emergency_admission_count_91"]
        for i, rows in enumerate(([planned, urgent], [planned | leaving, urgent], [planned, urgent | leaving]))
    ]
    assert seen == [1, 1, 1]


def test_a_correction_of_a_correction_back_to_the_first_words_counts(tmp_path):
    rows = [fall(record_id="a", value=v, recorded=f"2025-06-0{day}") for v, day in ((3, 4), (0, 5), (3, 6))]
    assert told(tmp_path, *rows)["injurious_fall_count_28"] == 1


def test_a_stay_without_record_id_is_told_by_home_and_moving_in(tmp_path):
    elsewhere = STAY | {"home_id": "h2", "recorded_at": "2025-06-01", "moved_in": "2025-05-30"}
    ended = elsewhere | {"moved_out": "2025-06-03", "moved_out_recorded_at": "2025-06-04", "recorded_at": "2025-06-04"}
    tables = {"homes": [HOME, HOME | {"home_id": "h2"}], "residents": [RESIDENT]}
    assert told(tmp_path / "a", **tables, stays=[STAY, elsewhere])["home_id"] == "h2"
    assert told(tmp_path / "b", **tables, stays=[STAY, elsewhere, ended])["home_id"] == "h1"
