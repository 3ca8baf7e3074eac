"""'Consider ...' lines from a versioned, approved table: they follow from facts, never from the model's arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from . import rows
from .conditions import Condition, Gates


@dataclass(frozen=True)
class Rule:
    """A prompt is shown when every `when` holds and no `not_when` does; `source` says what it rests on."""

    prompt: rows.Prompt
    when: tuple[Condition, ...]
    not_when: tuple[Condition, ...]
    source: str
    approver: str
    review_date: date

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
        return tuple(self.rules[i].prompt for i in self._gates.open(values))

    @cached_property
    def _gates(self) -> Gates:
        return Gates.of([(rule.when, rule.not_when) for rule in self.rules])

    def told(self) -> str:
        """The version, who approved the lines that are shown, and how many are shown or left out without that."""
        approvers = sorted({rule.approver for rule in self.rules if rule.approver})
        counts = ((self.unapproved, "not approved by anyone"), (self.expired, "past the date for review"))
        lacking = " and ".join(f"{_lines(n)} {what}" for n, what in counts if n)
        said = self.version + (f", approved by {' and '.join(approvers)}" if approvers else "")
        if not lacking:
            return said
        return f"{said}; {lacking}, {'shown only because every resident is invented' if self.invented else 'not shown'}"


def _lines(count: int) -> str:
    return f"{count} line{'s' if count != 1 else ''}"
