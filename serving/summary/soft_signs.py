"""From facts to what a home can watch for and do: a versioned, approved table, never the model's arithmetic.

The soft signs are those that RESTORE2 teaches care staff (breathless, eating or drinking less, new confusion, sleepier,
cold or blotchy skin, less mobile, less pee, new cough, pain, worry of family or staff). No threshold of a warning score
stands here: a home uses its own tool for that.
"""

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import get_args

from serving.prompts import Condition, conditions
from serving.rows import HomeLine, LineKind

# What one resident's part of a page of four holds; of more, the first in the table's order.
MOST: Mapping[LineKind, int] = {"watch": 4, "do": 3, "tell": 2, "gp": 2}


@dataclass(frozen=True)
class Rule:
    """A line is told when every `when` holds and no `not_when` does; without a `when`, of everybody."""

    line: HomeLine
    when: tuple[Condition, ...]
    not_when: tuple[Condition, ...]
    approver: str
    review_date: date

    def applies(self, values: Mapping[str, float]) -> bool:
        return all(c.holds(values) for c in self.when) and not any(c.holds(values) for c in self.not_when)

    def approved(self, on: date) -> bool:
        """Somebody has approved the row, and the day by which it must be looked at again is not past."""
        return bool(self.approver) and on <= self.review_date


def lines(values: Mapping[str, float], on: date, *, invented: bool) -> tuple[HomeLine, ...]:
    """The lines for one resident, given every feature's value by name, for a list of the day `on`.

    Rows that nobody has approved, or whose review is due, are used for `invented` people only.
    """
    return _fitting((rule for rule in rules() if rule.applies(values)), on, invented)


def general_lines(on: date, *, invented: bool) -> tuple[HomeLine, ...]:
    """The lines that hold for everybody: for a resident whom a person added and no list tells of."""
    return _fitting((rule for rule in rules() if not rule.when), on, invented)


def _fitting(found: Iterable[Rule], on: date, invented: bool) -> tuple[HomeLine, ...]:
    usable = [rule.line for rule in found if invented or rule.approved(on)]
    return tuple(line for kind in MOST for line in _first(usable, kind))


def _first(usable: Iterable[HomeLine], kind: LineKind) -> list[HomeLine]:
    """Lines of one kind; two facts that ask for the same thing ask once."""
    by_text: dict[str, HomeLine] = {}
    for line in usable:
        if line.kind == kind:
            by_text.setdefault(line.text, line)
    return list(by_text.values())[: MOST[kind]]


@cache
def rules() -> tuple[Rule, ...]:
    """The table; ValueError names a row with a condition that no feature answers, or of no kind."""
    return tuple(_rule(row) for row in csv.DictReader(_text().splitlines()))


def _rule(row: Mapping[str, str]) -> Rule:
    kind = next((kind for kind in get_args(LineKind) if kind == row["kind"]), None)
    if kind is None:
        raise ValueError(f"row {row['id']}: {row['kind']!r} is none of {', '.join(get_args(LineKind))}")
    days = int(row["within_days"]) if row["within_days"] else None
    return Rule(
        HomeLine(row["id"], kind, row["text"], row["who"], days, row["because"], row["unless"], row["card"] == "yes"),
        conditions(row["when"], row["id"]),
        conditions(row["not_when"], row["id"]),
        row["approver"],
        date.fromisoformat(row["review_date"]),
    )


@cache
def version() -> str:
    """The table's content, eight characters of its SHA-256: shown wherever its lines are."""
    return hashlib.sha256(_text().encode()).hexdigest()[:8]


@cache
def _text() -> str:
    return (files("serving.summary") / "soft_signs.csv").read_text(encoding="utf-8")
