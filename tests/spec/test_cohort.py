"""Who is on the panel, with what status, and how many each filter leaves out."""

from datetime import date

import pytest
from histories import HOME, RESIDENT, STAY, history_of
from look import GRACE, kernel_rows

from features.build import panel_of, prepare
from features.cohort import Status, attrition_rows

MONDAY = date(2025, 6, 9)
SEEN = {"resident_id": "r1", "time": "2025-05-01", "code": "gp_contact", "recorded_at": "2025-05-01"}
HOMES = [HOME, HOME | {"home_id": "h2"}]
ADMITTED = {"spell_id": "s1", "resident_id": "r1", "admission_method": "21"}
HOME_AGAIN = {"discharged_at": "2025-06-07"}


def panel(path, *, events=(SEEN,), objections_for=("local",), as_of=MONDAY, **tables):
    prepared = prepare(history_of(path, events=list(events), **tables))
    return panel_of(prepared, [as_of], grace=GRACE, objections=objections_for)


def status(path, **given):
    found = panel(path, **given)
    return Status(found.status[0]).name if len(found) else None


def stay(home, moved_in, moved_out=None, **rest):
    return STAY | {"home_id": home, "moved_in": moved_in, "recorded_at": moved_in, "moved_out": moved_out} | rest


@pytest.mark.parametrize(
    ("stays", "home"),
    [
        ([stay("h1", "2025-01-06")], "h1"),
        ([stay("h1", "2025-06-09")], None),  # moves in on the day of the list
        ([stay("h1", "2025-01-06", "2025-06-09")], "h1"),  # and out: the move is not before t
        ([stay("h1", "2025-01-06", "2025-06-01", moved_out_recorded_at="2025-06-02")], None),
        ([stay("h1", "2025-01-06", "2025-06-01", moved_out_recorded_at="2025-06-20")], "h1"),
        ([stay("h1", "2025-01-06"), stay("h2", "2025-05-01")], "h2"),  # two at once: the latest
        ([stay("h1", "2025-01-06"), stay("h2", "2025-05-01", recorded_at="2025-06-20")], "h1"),
        ([stay("h1", "2025-01-06"), stay("h2", "2025-05-01", "2025-05-09", moved_out_recorded_at="2025-05-09")], "h1"),
    ],
)
def test_where_a_resident_lives(tmp_path, stays, home):
    found = panel(tmp_path, homes=HOMES, stays=stays)
    assert [found.homes[h].as_py() for h in found.home] == ([home] if home else [])


@pytest.mark.parametrize("turned", [False, True])
def test_two_moves_of_one_instant_are_settled_by_the_rows_not_by_their_order(tmp_path, turned):
    stays = [stay("h1", "2025-01-06", record_id="b"), stay("h2", "2025-01-06", record_id="a")]
    found = panel(tmp_path, homes=HOMES, stays=stays[::-1] if turned else stays)
    assert found.homes[found.home[0]].as_py() == "h1"


@pytest.mark.parametrize(
    ("died_on", "recorded", "listed"),
    [("2025-06-05", "2025-06-06", False), ("2025-06-05", "2025-06-12", True), ("2025-06-09", "2025-06-09", True)],
)
def test_a_death_counts_once_it_is_recorded(tmp_path, died_on, recorded, listed):
    person = RESIDENT | {"died_on": died_on, "died_recorded_at": recorded}
    assert len(panel(tmp_path, residents=[person])) == listed


@pytest.mark.parametrize(
    ("spell", "events", "expected"),
    [
        ({"admitted_at": "2025-06-05"}, [], "IN_HOSPITAL"),
        ({"admitted_at": "2025-06-09"}, [], "ELIGIBLE"),
        ({"admitted_at": "2025-06-05", "discharge_recorded_at": "2025-06-08", **HOME_AGAIN}, [], "ELIGIBLE"),
        ({"admitted_at": "2025-06-05", "discharge_recorded_at": "2025-06-18", **HOME_AGAIN}, [], "IN_HOSPITAL"),
        ({"admitted_at": "2025-04-09"}, [], "HOSPITAL_UNCERTAIN"),  # 60 days and more
        ({"admitted_at": "2025-06-01"}, [("2025-06-02T23:00", "news2")], "IN_HOSPITAL"),
        ({"admitted_at": "2025-06-01"}, [("2025-06-03T00:00", "news2")], "HOSPITAL_UNCERTAIN"),
        ({"admitted_at": "2025-06-01"}, [("2025-06-05T00:00", "gp_contact")], "IN_HOSPITAL"),  # not from the home
    ],
)  # fmt: skip
def test_hospital_status(tmp_path, spell, events, expected):
    seen = [SEEN, *({"resident_id": "r1", "time": t, "code": c, "recorded_at": t} for t, c in events)]
    row = ADMITTED | spell | {"recorded_at": spell["admitted_at"]}
    assert status(tmp_path, spells=[row], events=seen) == expected


def test_an_admission_without_discharge_is_over_once_a_later_one_is(tmp_path):
    first = ADMITTED | {"admitted_at": "2025-05-20", "recorded_at": "2025-05-20"}
    second = first | {"spell_id": "s2", "admitted_at": "2025-06-01", "discharged_at": "2025-06-03"}
    assert status(tmp_path, spells=[first, second | {"discharge_recorded_at": "2025-06-04"}]) == "ELIGIBLE"


def test_a_history_without_a_single_spell_has_a_panel(tmp_path):
    assert status(tmp_path, spells=[]) == "ELIGIBLE"


@pytest.mark.parametrize(("time", "expected"), [("2024-06-11", "ELIGIBLE"), ("2024-06-09", "NO_USABLE_RECORD")])
def test_without_a_record_in_a_year_nothing_can_be_estimated(tmp_path, time, expected):
    assert status(tmp_path, events=[SEEN | {"time": time, "recorded_at": time}]) == expected


def test_moving_in_alone_is_no_record_of_health(tmp_path):
    assert status(tmp_path, events=[]) == "NO_USABLE_RECORD"


def test_records_from_before_the_move_count(tmp_path):
    found = kernel_rows(history_of(tmp_path, events=[SEEN], stays=[stay("h1", "2025-06-05")]), [MONDAY])["r1", MONDAY]
    assert (found["status"], found["gp_contact_count_91"], found["move_in_since"]) == ("eligible", 1, 4)


@pytest.mark.parametrize(
    ("objection", "expected"),
    [
        ({}, "OBJECTION"),
        ({"kind": "type_1"}, "ELIGIBLE"),  # another purpose
        ({"from": "2025-06-10"}, "ELIGIBLE"),
        ({"to": "2025-06-08"}, "ELIGIBLE"),
        ({"to": "2025-06-10"}, "OBJECTION"),
        ({"recorded_at": "2025-06-20"}, "ELIGIBLE"),
        ({"retracted": True}, "ELIGIBLE"),
    ],
)
def test_objections(tmp_path, objection, expected):
    row = {"resident_id": "r1", "kind": "local", "from": "2025-02-01", "recorded_at": "2025-02-01"} | objection
    assert status(tmp_path, objections=[row]) == expected


def test_attrition_adds_up(tmp_path):
    people = [RESIDENT | {"resident_id": f"r{i}"} for i in range(7)]
    people[3] |= {"died_on": "2025-06-01", "died_recorded_at": "2025-06-02"}
    stays = [STAY | {"resident_id": f"r{i}"} for i in range(7) if i != 1]
    stays[1] |= {"moved_out": "2025-03-01", "moved_out_recorded_at": "2025-03-01"}
    events = [SEEN | {"resident_id": f"r{i}"} for i in range(7) if i != 4]
    spell = ADMITTED | {"resident_id": "r5", "admitted_at": "2025-06-05", "recorded_at": "2025-06-05"}
    objection = {"resident_id": "r6", "kind": "local", "from": "2025-02-01", "recorded_at": "2025-02-01"}
    found = panel(tmp_path, residents=people, stays=stays, events=events, spells=[spell], objections=[objection])
    assert attrition_rows(found.as_ofs, found.attrition) == [
        {
            "as_of": "2025-06-09",
            "known residents": 7,
            "not yet moved in": 1,
            "left": 1,
            "died": 1,
            "objection": 1,
            "no usable record": 1,
            "in hospital": 1,
            "ranked": 1,
        }
    ]
