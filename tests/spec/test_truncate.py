"""A history as it stood at a cut-off: rows and fields recorded later are not there."""

from datetime import date

import pytest
from histories import RESIDENT, STAY, history_of

from features.asof import instant
from features.truncate import last_recorded, recorded_before

CUT = instant(date(2026, 3, 1))
SPELL = {
    "spell_id": "s1", "resident_id": "r1", "admitted_at": "2026-01-10", "recorded_at": "2026-01-11",
    "admission_method": "21", "discharged_at": "2026-01-15", "discharge_recorded_at": "2026-01-16",
    "primary_diagnosis": "J189", "coded_at": "2026-02-20",
}  # fmt: skip


def cut(folder, **tables):
    return recorded_before(history_of(folder, **tables), CUT)


def test_rows_recorded_at_the_cut_off_or_later_are_gone(tmp_path):
    at = ("2026-02-28T23:59", "2026-03-01T00:00", "2026-03-02T00:00")
    events = [{"resident_id": "r1", "time": "2026-01-01", "code": "fall", "recorded_at": when} for when in at]
    assert cut(tmp_path, events=events)["events"].num_rows == 1


@pytest.mark.parametrize(
    ("recorded", "hidden"),
    [
        ("discharge_recorded_at", {"discharged_at", "discharge_recorded_at"}),
        ("coded_at", {"primary_diagnosis", "coded_at"}),
    ],
)
def test_fields_recorded_later_are_empty_and_the_rest_of_the_row_stays(recorded, hidden, tmp_path):
    whole = cut(tmp_path / "a", spells=[SPELL])["spells"].to_pylist()[0]
    part = cut(tmp_path / "b", spells=[SPELL | {recorded: "2026-03-01"}])["spells"].to_pylist()[0]
    assert {name for name in whole if whole[name] != part[name]} == hidden
    assert all(part[name] is None for name in hidden)


def test_deaths_and_moves_recorded_later_are_not_known(tmp_path):
    resident = RESIDENT | {"died_on": "2026-02-20", "died_recorded_at": "2026-03-03"}
    stay = STAY | {"moved_out": "2026-02-20", "moved_out_recorded_at": "2026-03-03"}
    found = cut(tmp_path, residents=[resident], stays=[stay])
    assert found["residents"]["died_on"].null_count == 1
    assert found["stays"]["moved_out"].null_count == 1
    assert found["residents"]["date_of_birth"].null_count == 0


def test_a_correction_recorded_later_does_not_take_away_what_it_corrects(tmp_path):
    fall = {"resident_id": "r1", "time": "2026-01-01", "code": "fall", "record_id": "a", "recorded_at": "2026-01-02"}
    later = fall | {"retracted": True, "recorded_at": "2026-03-02"}
    assert cut(tmp_path, events=[fall, later])["events"]["retracted"].to_pylist() in ([None], [False])


def test_the_last_recording_of_any_table(tmp_path):
    history = history_of(tmp_path, spells=[SPELL | {"recorded_at": "2026-05-04T03:00"}])
    assert last_recorded(history) == instant(date(2026, 5, 4)) + 3 * 3_600_000_000
