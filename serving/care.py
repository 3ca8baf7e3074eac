"""What a clinician wants to see beside the estimate: flags to act on, care-plan facts, data gaps, earlier reviews."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache

import holidays
import numpy as np

from features.asof import local_date
from features.evidence import Look
from features.streams import FEEDS

from .dates import day
from .dues import back_from_hospital

# New harm or contact after a review that makes the review out of date.
_NEWS = (
    "fall", "infection", "antibiotic", "news2_5", "news2_single3", "emergency_admission", "discharge",
    "ed_attendance", "ambulance_callout", "nhs111_call", "soft_sign", "concern", "low_intake", "delirium", "seizure",
    "pressure_ulcer", "hypoglycaemia",
)  # fmt: skip


def flags(values: Mapping[str, float], look: Look) -> tuple[str, ...]:
    """Lines to act on, whatever the rank. NEWS2 of 5 or more, or any single 3 (RCP 2017), is a same-day matter."""
    return tuple(line for line in (_news2(look), _single_three(look), _back(look)) if line)


def _news2(look: Look) -> str:
    high = [r for r in look.records("news2", 7) if r.value is not None and r.value >= 5]
    if not high:
        return ""
    return f"NEWS2 of {high[0].value:.0f} on {day(high[0].on, look.as_of)}: check this was acted on"


def _single_three(look: Look) -> str:
    found = look.newest("news2_single3", 7)
    return f"A single NEWS2 parameter of 3 on {day(found.on, look.as_of)}: check this was acted on" if found else ""


def _back(look: Look) -> str:
    """EHCH: assessment and care plan within 7 working days of return."""
    back = look.newest("discharge")
    if back is None or not returned_within(look, working_days=7):
        return ""
    return back_from_hospital(back.on, add_working_days(back.on, 7), look.as_of)


def returned_within(look: Look, *, working_days: int) -> bool:
    """Discharged so recently that the working days since then have not passed at the as-of."""
    found = look.newest("discharge", 28)
    return found is not None and add_working_days(found.on, working_days) >= look.as_of


@cache
def add_working_days(start: date, count: int) -> date:
    """The day `count` working days after `start`; weekends and England's bank holidays are not working days."""
    on = start
    while count:
        on += timedelta(days=1)
        count -= on.weekday() < 5 and on not in _bank_holidays()
    return on


@cache
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")


def reviewed_with_nothing_new(look: Look, kind: str, within_days: int) -> bool:
    """Reviewed in the last days, and no harm, contact or warning sign recorded since."""
    review = look.newest(kind, within_days)
    return review is not None and nothing_new_since(look, review.time, within_days)


def nothing_new_since(look: Look, instant: int, within_days: int) -> bool:
    """No harm, contact or warning sign after an instant that lies within so many days."""
    return not any(found.time > instant for s in _NEWS if (found := look.newest(s, within_days)))


def care_notes(look: Look) -> tuple[str, ...]:
    """Advance care plan, care plan and medication review: recorded when, or not recorded."""
    said = []
    for stream, label in (
        ("advance_care_plan", "Advance care plan"),
        ("care_plan", "Personalised care plan"),
        ("structured_medication_review", "Structured medication review"),
    ):
        found = look.newest(stream)
        said.append(f"{label}: {day(found.on, look.as_of) if found else 'not recorded'}")
    return tuple(said)


def gaps(values: Mapping[str, float], look: Look, stale: Callable[[str], int]) -> tuple[str, ...]:
    """What is missing for this resident that the estimate would have used."""
    said = []
    for feed in ("care_record", "gp"):
        silent = values[f"home_{feed}_silent_days"]
        if np.isnan(silent):
            said.append(f"{FEEDS[feed]}: no data from this home")
        elif silent > stale(feed):
            since = look.as_of - timedelta(days=int(silent))
            said.append(f"{FEEDS[feed]}: nothing from this home since {day(since, look.as_of)}")
    if not look.count("weight_kg", 91):
        said.append("No weight in the last 91 days")
    return tuple(said)


def last_on(newest: np.ndarray) -> date | None:
    """London day of the newest of these instants (-1: none)."""
    return local_date(int(newest.max())) if len(newest) and newest.max() >= 0 else None
