"""What is due by a day, read from a list's flags, and its calendar, opened by another program's reader."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from example_list import AS_OF, STAMP, empty, entry, example, identities, resident
from icalendar import Calendar

from serving.dates import day, on_day
from serving.dues import Due, after_hospital, back_from_hospital
from serving.render.icalendar import icalendar

DUES = (
    *after_hospital(example()),
    Due(resident(1), "after hospital", date(2026, 11, 23)),  # the same home and day as one of the list
    Due(resident(0), "action", date(2026, 11, 20), "Ring Joan's daughter", "Dr Patel"),
    Due(resident(14), "review again", date(2026, 12, 7)),
    Due("somebody else", "review again", date(2026, 12, 7)),
)


def _events(data: bytes) -> list:
    return list(Calendar.from_ical(data).walk("VEVENT"))


@pytest.mark.parametrize("on", [date(2026, 11, 23), date(2027, 1, 4), date(2024, 2, 29)])
def test_a_written_day_is_read_back(on: date) -> None:
    assert on_day(day(on, AS_OF), AS_OF) == on


def test_the_flag_after_hospital_is_read_as_it_is_written() -> None:
    due = date(2027, 1, 4)
    one = entry(0, flags=("NEWS2 of 6", back_from_hospital(date(2026, 12, 22), due, AS_OF)))
    assert after_hospital(replace(empty(), entries=(one,))) == (Due(resident(0), "after hospital", due),)


def test_a_day_a_home_and_a_count() -> None:
    said = [(str(one["summary"]), one["dtstart"].dt) for one in _events(icalendar(example(), DUES, STAMP))]
    assert said == [
        ("1 action due: Elm House", date(2026, 11, 20)),
        ("2 reviews due after hospital: Brook View", date(2026, 11, 23)),
        ("1 review due after hospital: Brook View", date(2026, 11, 24)),
        ("1 resident to review again: The Limes", date(2026, 12, 7)),
    ]


def test_it_names_nobody() -> None:
    text = icalendar(example(), DUES, STAMP).decode().replace("\r\n ", "")
    for who, one in identities().items():
        assert who not in text
        assert one.nhs_number not in text
        assert one.family_name not in text
    assert "daughter" not in text
    assert "Dr Patel" not in text


def test_a_later_copy_replaces_an_earlier_one() -> None:
    first = _events(icalendar(example(), DUES, STAMP))
    week_after = replace(example(), as_of=date(2026, 11, 23), revision=1)
    later = _events(icalendar(week_after, DUES, STAMP))
    assert [one["uid"] for one in first] == [one["uid"] for one in later]
    assert len({one["uid"] for one in first}) == len(first)
    assert all(b["sequence"] > a["sequence"] for a, b in zip(first, later, strict=True))


def test_whole_days_that_take_up_no_time_in_lines_that_fit() -> None:
    data = icalendar(replace(example(), entries=(entry(0, home_label="Élan; House, " * 12),)), DUES)
    (event,) = _events(data)
    assert event["dtend"].dt == date(2026, 11, 21)
    assert (event["transp"], event["class"]) == ("TRANSPARENT", "CONFIDENTIAL")
    assert event["dtstamp"].dt == datetime(2026, 11, 16, tzinfo=UTC)
    assert "Élan; House, Élan" in str(event["summary"])
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))  # RFC 5545, 3.1


def test_nothing_due_is_a_calendar_still() -> None:
    assert _events(icalendar(empty(), DUES)) == []
