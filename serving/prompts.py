"""'Consider ...' lines from a versioned, approved table: they follow from facts, never from the model's arithmetic."""

import csv
import hashlib
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from features.catalogue import catalogue

from . import rows

_COMPARE = {">=": operator.ge, "<=": operator.le}


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
    """A prompt is shown when every `when` holds and no `not_when` does."""

    prompt: rows.Prompt
    when: tuple[Condition, ...]
    not_when: tuple[Condition, ...]
    approver: str
    review_date: date

    def applies(self, values: Mapping[str, float]) -> bool:
        return all(c.holds(values) for c in self.when) and not any(c.holds(values) for c in self.not_when)


def prompts(values: Mapping[str, float]) -> tuple[rows.Prompt, ...]:
    """The prompts for one resident, given every feature's value by name, in the table's order."""
    return tuple(rule.prompt for rule in rules() if rule.applies(values))


@cache
def rules() -> tuple[Rule, ...]:
    """The table; ValueError names a row whose condition no feature answers."""
    lines = csv.DictReader(_text().splitlines())
    return tuple(
        Rule(
            rows.Prompt(line["id"], line["text"], line["element"], line["audience"]),
            conditions(line["when"], line["id"]),
            conditions(line["not_when"], line["id"]),
            line["approver"],
            date.fromisoformat(line["review_date"]),
        )
        for line in lines
    )


@cache
def version() -> str:
    """The table's content, eight characters of its SHA-256: shown wherever its prompts are."""
    return hashlib.sha256(_text().encode()).hexdigest()[:8]


@cache
def _text() -> str:
    return (files("serving") / "prompts.csv").read_text(encoding="utf-8")


def conditions(text: str, row: str) -> tuple[Condition, ...]:
    """Comparisons joined by ";" as a table writes them; ValueError names the row and the one no feature answers."""
    return tuple(_condition(part.strip(), row) for part in text.split(";") if part.strip())


def _condition(text: str, row: str) -> Condition:
    for sign in _COMPARE:
        name, found, bound = text.partition(sign)
        if found and name in catalogue().names:
            return Condition(name, sign, float(bound))
    raise ValueError(f"row {row}: {text!r} is no comparison of a feature of the catalogue with >= or <=")
