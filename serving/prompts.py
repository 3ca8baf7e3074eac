"""'Consider ...' lines from a versioned, approved table: they follow from facts, never from the model's arithmetic."""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from features.catalogue import catalogue

from . import rows

_COMPARE = {">=": operator.ge, "<=": operator.le}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Condition:
    """One comparison of a feature with a number; a missing value satisfies none."""

    feature: str
    sign: str
    bound: float

    def holds(self, values: Mapping[str, float]) -> bool:
        return bool(_COMPARE[self.sign](values[self.feature], self.bound))


@dataclass(frozen=True)
class Rule:
    """A prompt is shown when every `when` holds and no `not_when` does; `source` says what it rests on."""

    prompt: rows.Prompt
    when: tuple[Condition, ...]
    not_when: tuple[Condition, ...]
    source: str
    approver: str
    review_date: date

    def applies(self, values: Mapping[str, float]) -> bool:
        return all(c.holds(values) for c in self.when) and not any(c.holds(values) for c in self.not_when)

    def in_force(self, on: date) -> bool:
        """Somebody has approved the line, and the day by which it must be looked at again is not past."""
        return bool(self.approver) and on <= self.review_date


@dataclass(frozen=True)
class PromptTable:
    """The lines of a table in its order; `digest` is the SHA-256 of its content. `unapproved` and `expired`
    count the lines that lack an approver or are past their review date, `invented` says that they are shown all the
    same because nobody is real: both are known once a table is `shown` for a day."""

    rules: tuple[Rule, ...]
    digest: str
    unapproved: int = 0
    expired: int = 0
    invented: bool = False

    @property
    def version(self) -> str:
        """Eight characters of the digest: shown wherever the lines are."""
        return self.digest[:8]

    def shown(self, on: date, *, invented: bool) -> "PromptTable":
        """The table as a list for that day may use it: approved lines whose review date is not past. Where every
        resident is invented all lines are shown, and `told` says so."""
        unapproved = sum(not rule.approver for rule in self.rules)
        expired = sum(bool(rule.approver) and not rule.in_force(on) for rule in self.rules)
        rules = self.rules if invented else tuple(rule for rule in self.rules if rule.in_force(on))
        return replace(self, rules=rules, unapproved=unapproved, expired=expired, invented=invented)

    def prompts(self, values: Mapping[str, float]) -> tuple[rows.Prompt, ...]:
        """The prompts for one resident, given every feature's value by name, in the table's order."""
        return tuple(rule.prompt for rule in self.rules if rule.applies(values))

    def told(self) -> str:
        """The version, who approved the lines that are shown, and how many are shown or left out without that."""
        approvers = sorted({rule.approver for rule in self.rules if rule.approver})
        counts = ((self.unapproved, "not approved by anyone"), (self.expired, "past the date for review"))
        lacking = " and ".join(f"{_lines(n)} {what}" for n, what in counts if n)
        said = self.version + (f", approved by {' and '.join(approvers)}" if approvers else "")
        if not lacking:
            return said
        return f"{said}; {lacking}, {'shown only because every resident is invented' if self.invented else 'not shown'}"


def conditions(text: str, row: str) -> tuple[Condition, ...]:
    """Comparisons joined by ";" as a table writes them; ValueError names the row and the one no feature answers."""
    return tuple(_condition(part.strip(), row) for part in text.split(";") if part.strip())


def _condition(text: str, row: str) -> Condition:
    for sign in _COMPARE:
        name, found, bound = text.partition(sign)
        if found and name in catalogue().names and _NUMBER.fullmatch(bound):
            return Condition(name, sign, float(bound))
    raise ValueError(f"row {row}: {text!r} is no comparison of a feature of the catalogue with >= or <=")


def _lines(count: int) -> str:
    return f"{count} line{'s' if count != 1 else ''}"
