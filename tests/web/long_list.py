"""A list as long as a team's can get, of people whose names are long, run from right to left or bear marks."""

from dataclasses import replace
from datetime import date

from example_list import FALLS, FRAILTY, FUROSEMIDE, HEART, WEIGHT, entry, example, nhs_number, resident

from serving.rows import Change, Entry, Identity, Section, Watchlist

RESIDENTS = 500
# How many of each part: far more than a team can review, so that every part is long.
PARTS: tuple[tuple[Section, int], ...] = (
    ("listed", 200),
    ("below", 100),
    ("back_from_hospital", 20),
    ("reviewed", 80),
    ("in_hospital", 40),
    ("not_estimated", 40),
    ("end_of_life", 20),
)
_RANKED = ("listed", "below", "back_from_hospital", "reviewed")
NAMES = (
    ("Maximilian Alexander", "Featherstonehaugh-Cholmondeley"),
    ("فاطمة", "الزهراء"),
    ("שרה", "בן־דוד"),
    ("Siân", "O’Súilleabháin-D'Arcy"),
    ("Nguyễn Thị", "Phương Thảo"),
    ("Joan", "Whitfield"),
    ("Æthelþryð", "Llanfairpwllgwyngyllgogerychwyrndrobwll"),
)
ROOMS = ("12", "غرفة 7", "3b", "Blue, upstairs")


def long_list() -> Watchlist:
    """The example's team with 500 residents."""
    sections = [section for section, n in PARTS for _ in range(n)]
    return replace(
        example(), entries=tuple(_entry(i, section) for i, section in enumerate(sections)), covered=RESIDENTS
    )


def _entry(i: int, section: Section) -> Entry:
    if section not in _RANKED:
        return entry(i, section=section, status_note="In hospital since 10 November")
    risk = 0.2 - i / 2500
    return entry(
        i,
        section=section,
        rank=i + 1,
        risk=risk,
        risk_any=risk * 1.9,
        reasons=(FALLS, WEIGHT, FUROSEMIDE, FRAILTY, HEART)[: 2 + i % 4],
        change=Change("new", "2 falls since the last list", 0.041),
        flags=("NEWS2 of 6 on 14 November: check this was acted on",) if i % 9 == 0 else (),
    )


def long_names() -> dict[str, Identity]:
    """An invented name for each; the same few again and again, with room and date of birth of their own."""
    return {
        resident(i): Identity(*NAMES[i % len(NAMES)], nhs_number(i), date(1940, 7, 14), ROOMS[i % len(ROOMS)])
        for i in range(RESIDENTS)
    }
