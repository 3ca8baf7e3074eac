"""What is to be done by a day: reviews after hospital, told by a list's flags, and what people decided."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from serving.dates import day, on_day
from serving.rows import Watchlist

DueKind = Literal["after hospital", "review again", "action"]
_BY = re.compile(r"review due by ([0-9]{1,2} [A-Z][a-z]+(?: [0-9]{4})?)$")


@dataclass(frozen=True, slots=True)
class Due:
    """One thing for one resident; `what` and `who` are people's own words, empty where the kind says all."""

    resident_id: str
    kind: DueKind
    on: date
    what: str = ""
    who: str = ""


def back_from_hospital(returned: date, due: date, as_of: date) -> str:
    """The flag of a resident who has come back, which `after_hospital` reads."""
    return f"Back from hospital {day(returned, as_of)}: care plan and medicines review due by {day(due, as_of)}"


def after_hospital(watchlist: Watchlist) -> tuple[Due, ...]:
    """The reviews that a list's flags ask for after a hospital stay, in the order of the list."""
    return tuple(
        Due(entry.resident_id, "after hospital", on_day(found[1], watchlist.as_of))
        for entry in watchlist.entries
        for flag in entry.flags
        if (found := _BY.search(flag))
    )


def of_list(watchlist: Watchlist, dues: Sequence[Due]) -> tuple[Due, ...]:
    """Those of residents who are on the list, the earliest first."""
    there = {entry.resident_id for entry in watchlist.entries}
    return tuple(sorted((due for due in dues if due.resident_id in there), key=lambda due: due.on))
