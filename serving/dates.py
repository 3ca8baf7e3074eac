"""Dates as people write them."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from itertools import groupby


def day(on: date, as_of: date) -> str:
    """'11 November', with the year where it is not that of the list."""
    words = f"{on.day} {_month(on.month)}"
    return words if on.year == as_of.year else f"{words} {on.year}"


def on_day(text: str, as_of: date) -> date:
    """The day that `day` writes as `text`."""
    words = text if text[-4:].isdecimal() else f"{text} {as_of.year}"
    return datetime.strptime(words, "%d %B %Y").date()


def days(dates: Iterable[date], as_of: date) -> str:
    """'28 October, 3 and 11 November': distinct days, oldest first, each month named once."""
    ordered = sorted(set(dates))
    months = []
    for (year, _), group in groupby(ordered, key=lambda d: (d.year, d.month)):
        within = list(group)
        numbers = [str(d.day) for d in within]
        spoken = " and ".join([", ".join(numbers[:-1]), numbers[-1]] if len(numbers) > 1 else numbers)
        months.append(f"{spoken} {_month(within[0].month)}" + ("" if year == as_of.year else f" {year}"))
    return ", ".join(months)


@cache
def _month(number: int) -> str:
    return f"{date(2000, number, 1):%B}"
