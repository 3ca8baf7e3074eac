"""An invented home in an invented week, with what a clinician released to it: for the tests and for looking at."""

import math
from datetime import UTC, date, datetime

from features.catalogue import catalogue
from serving.register import Place
from serving.rows import HomeLine, Identity
from serving.summary.contacts import Contacts, Surgery
from serving.summary.content import HomeSummary, Residents, home_summary
from serving.summary.release import Release, Task, Told
from serving.summary.soft_signs import read

MONDAY = date(2026, 11, 16)
SUNDAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 16, 9, 5, tzinfo=UTC)
HOME = ("h1", "Elm House")
CONTACTS = Contacts(
    Surgery("Oakfield Surgery", "01632 960001", "8am to 6:30pm, Monday to Friday"), "01632 960002", "111"
)
SIGNS = read()
NOTHING = dict.fromkeys(catalogue().names, math.nan)

FALLS = {"fall_count_28": 1, "fall_count_91": 2, "home_nursing": 1, "anticoagulant_active": 1}
WEIGHT = {"weight_kg_share_91": -0.07, "low_intake_count_7": 2, "diet_texture_last_364": 7}
RETURN = {"discharge_since": 4, "medicine_started_count_28": 1, "antibiotic_count_28": 1, "antibiotic_count_7": 1}
EVERYTHING = (
    FALLS
    | WEIGHT
    | RETURN
    | {"delirium_count_28": 1, "catheter_active": 1, "uti_count_91": 2, "cough_at_meals_count_28": 3}
)
NAMES = (
    ("Joan", "Whitfield", "3", FALLS),
    ("Arthur", "Pell", "12", WEIGHT),
    ("فاطمة", "الزهراء", "7", RETURN),
    ("Maximilian Alexander", "Featherstonehaugh-Cholmondeley", "21a", EVERYTHING),
    ("Zofia", "Wiśniewska", "", {}),
)
NUMBERS = ("9990000018", "9990000026", "9990000034", "9990000042", "9990000050")


def told(**facts: float) -> tuple[HomeLine, ...]:
    return SIGNS.lines(NOTHING | facts, MONDAY, invented=True)


def identity(i: int) -> Identity:
    given, family, room, _ = NAMES[i]
    return Identity(given, family, NUMBERS[i], date(1938, 7, 14 + i), room or None)


def place(i: int, **changed: object) -> Place:
    plain = {"state": "here", "home_id": "h1", "home_label": "Elm House", "practice": "p1", "since": date(2024, 5, 1),
             "objecting": False, "born": date(1938, 7, 14 + i), "sex": "F"}  # fmt: skip
    return Place(f"r{i}", **(plain | changed))  # type: ignore[arg-type]


def release(i: int, **changed: object) -> Release:
    tasks = (Task("Change the dressing on the left leg", "nurse", date(2026, 11, 18), False),) if i == 0 else ()
    plain = {"resident_id": f"r{i}", "home_id": "h1", "told": Told(told(**NAMES[i][3]), tasks, date(2026, 11, 17)),
             "released_by": "Dr A Patel", "role": "GP", "valid_from": MONDAY, "valid_until": SUNDAY}  # fmt: skip
    return Release(**(plain | changed))  # type: ignore[arg-type]


def residents(n: int = 5, **changed: Place) -> Residents:
    places = {f"r{i}": place(i) for i in range(n)} | changed
    return Residents(places, {f"r{i}": identity(i) for i in range(n)})


def summary(n: int = 3, at: datetime = NOW, **changed: object) -> HomeSummary:
    given = {"releases": [release(i) for i in range(n)], "listed": {f"r{i}" for i in range(n + 1)},
             "residents": residents(), "contacts": CONTACTS, "round_on": date(2026, 11, 17)}  # fmt: skip
    return home_summary(HOME, MONDAY, at, **(given | changed))[0]  # type: ignore[arg-type]
