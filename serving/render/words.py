"""How numbers, dates and people are written on every page: formatting only, one form everywhere.

Chances have the denominator 100 and no decimals; dates have the month in full; NHS numbers are 3 3 4 on one
line; a missing value is said in words, never left empty.
"""

import math
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from serving.rows import Band, Entry, Identity, Reason, Stamp, Watchlist

NOT_KNOWN = "Not known"
NBSP = "\N{NO-BREAK SPACE}"
MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SEXES = {"F": "female", "M": "male", "X": "sex recorded as other"}
ALIASES = {"champion": "in use", "candidate": "candidate", "previous": "used before"}
CHANGES = {
    "new": "New",
    "rising": "Rising",
    "falling": "Falling",
    "steady": "No real change",
    "returning": "Back on the list",
}
FEED_STATES = {"fresh": "Up to date", "stale": "Out of date", "no data": "No data"}
KINDS = {"mdt": "MDT", "round": "home round"}

# What XML 1.0 and HTML cannot carry: control characters and non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def plain(text: str) -> str:
    """`text` with "\\n" for every line end, and the replacement character for what no document can hold."""
    if text.replace("\n", "").replace(NBSP, "").isprintable():
        return text  # as all but odd names: what is looked for is not printable, and this tells it sooner
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", re.sub("\r\n?", "\n", text))


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())


def in_100(risk: float | None) -> str:
    """A chance between 0 and 1 as "8 in 100"; below 1 in 100, "fewer than 1 in 100"."""
    if risk is None:
        return "Not estimated"
    if risk < 0.01:
        return f"fewer than 1 in{NBSP}100"
    if risk > 0.99:
        return f"more than 99 in{NBSP}100"
    return f"{math.floor(risk * 100 + 0.5)}{NBSP}in{NBSP}100"


def of_100(share: float) -> str:
    """How many of 100, alone: "23", or "fewer than 1" """
    return in_100(share).removesuffix(f" in{NBSP}100").removesuffix(f"{NBSP}in{NBSP}100")


def estimates_of(band: Band) -> str:
    """Which estimates a band holds: "12 in 100 or more", "from 4 to 6 in 100", "about 4 in 100", "under 2 in 100" """
    if band.highest >= 1:
        return f"{in_100(band.lowest)} or more"
    if band.lowest <= 0:
        return f"under {_above(band.highest)}"
    low, high = of_100(band.lowest), in_100(band.highest)
    return f"about {high}" if low == of_100(band.highest) else f"from {low} to {high}"


def _above(risk: float) -> str:
    return f"1{NBSP}in{NBSP}100" if risk < 0.01 else in_100(risk)


def one_for_every(risk: float) -> str:
    """How many people there are to each event, as a range of a tenth either way: "10 to 12"."""
    low, high = (max(1, round(share / risk)) for share in (0.9, 1.1))
    return f"{low}" if low == high else f"{low} to {high}"


def day(value: date | None) -> str:
    """ "16 November 2026" """
    return NOT_KNOWN if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def weekday(value: date) -> str:
    """ "Monday 16 November 2026" """
    return f"{WEEKDAYS[value.weekday()]} {day(value)}"


def moment(value: datetime) -> str:
    """ "16 November 2026 at 9:05am", in London; a time without a zone is taken as London's."""
    local = value.astimezone(ZoneInfo("Europe/London")) if value.tzinfo else value
    hour, half = local.hour % 12 or 12, "am" if local.hour < 12 else "pm"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{day(local)} at {hour}{minutes}{half}"


def count(n: int, noun: str, plural: str = "") -> str:
    """ "1 resident", "34 residents" """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {plural or noun + 's'}"


def article(noun: str) -> str:
    """The noun with "a" or "an" before it."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def capital(text: str) -> str:
    """The text with its first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]


def name(identity: Identity) -> str:
    """ "Joan WHITFIELD" """
    return _one_line(f"{identity.given_name} {identity.family_name.upper()}") or "Name not known"


def nhs_number(identity: Identity) -> str:
    """ "999 000 0018", kept on one line; a number that is not 10 digits is shown as it was given."""
    digits = re.sub(r"[\s-]", "", identity.nhs_number)
    if not re.fullmatch(r"[0-9]{10}", digits):
        return _one_line(identity.nhs_number) or NOT_KNOWN
    return NBSP.join((digits[:3], digits[3:6], digits[6:]))


def born(identity: Identity, age: int | None) -> str:
    """ "Born 14 July 1938 (88 years)" """
    if identity.date_of_birth is None:
        return "Date of birth not known"
    return f"Born {day(identity.date_of_birth)}" + ("" if age is None else f" ({age} years)")


def age_and_sex(entry: Entry) -> str:
    """ "88 years, female" """
    age = "age not known" if entry.age is None else f"{entry.age} years"
    return f"{age}, {SEXES.get(entry.sex, 'sex not known')}"


def place(entry: Entry, identity: Identity | None = None) -> str:
    """ "Elm House, room 3" """
    room = _one_line(identity.room or "") if identity else ""
    return f"{entry.home_label}, room {room}" if room else entry.home_label


def size(reason: Reason) -> str:
    """ "main reason", or "slightly raises, background" """
    return reason.size if reason.actionable else f"{reason.size}, background"


def model(watchlist: Watchlist) -> str:
    """ "7 (in use)": the alias in words a reader outside the model team knows."""
    return f"{watchlist.model_version} ({ALIASES.get(watchlist.model_alias, 'not in use')})"


def who_can_see(watchlist: Watchlist, stamp: Stamp | None) -> str:
    """For whom this copy is."""
    if stamp:
        return f"Personal information: only for {plain(stamp.for_whom)}, for {plain(stamp.purpose)}"
    return f"Pseudonyms only: for those who review or check the list of {watchlist.team.label}"


def stamped(stamp: Stamp) -> str:
    """The line that marks a named copy on every page."""
    return f"Made for {plain(stamp.for_whom)} on {moment(stamp.at)}. Purpose: {plain(stamp.purpose)}"


def run_line(watchlist: Watchlist) -> str:
    """The facts of the run that stand at the foot of every page."""
    return (
        f"{watchlist.team.label} · list for {day(watchlist.as_of)}, revision {watchlist.revision}"
        f" · data up to {day(watchlist.data_until)} · model {model(watchlist)}"
    )
