"""From facts to what a home can watch for and do: a versioned, approved table, never the model's arithmetic.

The soft signs are those that RESTORE2 teaches care staff (breathless, eating or drinking less, new confusion, sleepier,
cold or blotchy skin, less mobile, less pee, new cough, pain, worry of family or staff). No threshold of a warning score
stands here: a home uses its own tool for that.
"""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import get_args

from features.problems import UsageError
from serving.conditions import Condition, Gates, conditions
from serving.rows import HomeLine, LineKind

COLUMNS = (
    *("id", "when", "not_when", "kind", "text", "who", "within_days", "because", "unless", "card", "approver"),
    "review_date",
)
_LONGEST = 12
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

    def approved(self, on: date) -> bool:
        """Somebody has approved the row, and the day by which it must be looked at again is not past."""
        return bool(self.approver) and on <= self.review_date


@dataclass(frozen=True)
class SoftSigns:
    """The rows of a table in its order; `digest` is the SHA-256 of its content."""

    rules: tuple[Rule, ...]
    digest: str

    @property
    def version(self) -> str:
        """Eight characters of the digest: kept wherever the lines are."""
        return self.digest[:8]

    def lines(self, values: Mapping[str, float], on: date, *, invented: bool) -> tuple[HomeLine, ...]:
        """The lines for one resident, given every feature's value by name, for a list of the day `on`.

        Rows that nobody has approved, or whose review is due, are used for `invented` people only.
        """
        return _fitting((self.rules[i] for i in self._gates.open(values)), on, invented)

    @cached_property
    def _gates(self) -> Gates:
        return Gates.of([(rule.when, rule.not_when) for rule in self.rules])

    def general(self, on: date, *, invented: bool) -> tuple[HomeLine, ...]:
        """The lines that hold for everybody: for a resident whom a person added and no list tells of."""
        return _fitting((rule for rule in self.rules if not rule.when), on, invented)


def _fitting(found: Iterable[Rule], on: date, invented: bool) -> tuple[HomeLine, ...]:
    usable = [rule.line for rule in found if invented or rule.approved(on)]
    return tuple(line for kind in MOST for line in _first(usable, kind))


def _first(usable: Iterable[HomeLine], kind: LineKind) -> list[HomeLine]:
    """Lines of one kind; two facts that ask for the same thing ask once. That worry is reason enough to ring is never
    crowded out by other reasons."""
    by_text: dict[str, HomeLine] = {}
    for line in usable:
        if line.kind == kind:
            by_text.setdefault(line.text, line)
    found = list(by_text.values())
    always = [line for line in found if kind == "tell" and not line.because]
    return [*[line for line in found if line not in always][: MOST[kind] - len(always)], *always]


def read(path: str = "") -> SoftSigns:
    """The table at `path`, or the package's own. Raises UsageError that lists every fault with its row."""
    try:
        raw = (Path(path) if path else files("serving.summary") / "soft_signs.csv").read_bytes()
        found = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the table of soft signs {path} cannot be read: {error}") from error
    if not found or tuple(found[0]) != COLUMNS or any(None in row or None in row.values() for row in found):
        raise UsageError(f"the table of soft signs {path} must have rows with the columns {', '.join(COLUMNS)}")
    faults = [
        f"row {name}: stands {times} times" for name, times in Counter(r["id"] for r in found).items() if times > 1
    ]
    rules = []
    for row in found:
        try:
            rules.append(_rule(row))
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise UsageError(
            "\n".join([f"the table of soft signs {path} cannot be used:", *(f"  {one}" for one in faults)])
        )
    return SoftSigns(tuple(rules), hashlib.sha256(raw).hexdigest())


def _rule(row: Mapping[str, str]) -> Rule:
    """ValueError names the row, and what is wrong with it."""
    kind = next((kind for kind in get_args(LineKind) if kind == row["kind"]), None)
    if kind is None:
        raise ValueError(f"row {row['id']}: kind {row['kind']!r} is none of {', '.join(get_args(LineKind))}")
    if any(len(row[column].split()) > _LONGEST for column in ("text", "because", "unless")):
        raise ValueError(f"row {row['id']}: a line is longer than {_LONGEST} words")
    if (kind in ("do", "gp")) != bool(row["who"] and re.fullmatch("[1-7]", row["within_days"])):
        raise ValueError(f"row {row['id']}: a task, and only a task, says who does it and within how many days (1-7)")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["review_date"]):
        raise ValueError(f"row {row['id']}: review_date {row['review_date']!r} is no date such as 2027-11-30")
    days = int(row["within_days"]) if row["within_days"] else None
    return Rule(
        HomeLine(row["id"], kind, row["text"], row["who"], days, row["because"], row["unless"], row["card"] == "yes"),
        conditions(row["when"], row["id"]),
        conditions(row["not_when"], row["id"]),
        row["approver"].strip(),
        date.fromisoformat(row["review_date"]),
    )
