"""Outcome definitions: which emergency admissions count, as versioned lists in outcomes/."""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from math import inf

import numpy as np
import pyarrow as pa

from .columns import Column, Factor, arrow, combinations, constant, several, single, years
from .rows import number, read, unique
from .rules import Coding, Rule, rule, split, within


@dataclass(frozen=True)
class Definition:
    """One definition: its rules in order of precedence and the admissions it looks at.

    `methods` are the NHS Data Dictionary admission methods of a new emergency admission. `excluded_sources`
    are sources of admission its authors leave out; the resident history does not carry them.
    """

    definition_id: str
    title: str
    version: str
    source: str
    methods: tuple[str, ...]
    min_age: float | None
    max_age: float | None
    excluded_sources: tuple[str, ...]
    note: str
    rules: tuple[Rule, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The names `classify` may give, in the order of the rules."""
        return tuple(dict.fromkeys(rule.category for rule in self.rules))

    @property
    def needs_coding(self) -> bool:
        """Whether an admission without a coded primary diagnosis is never in it."""
        return not any("" in rule.pattern for rule in self.rules)

    @property
    def needs_age(self) -> bool:
        """Whether a limit of age stands in it or in one of its rules: then give `classify` the ages."""
        limits = [(self.min_age, self.max_age), *((rule.min_age, rule.max_age) for rule in self.rules)]
        return any(limit is not None for pair in limits for limit in pair)

    def classify(
        self,
        primary: Column,
        secondary: Column,
        procedures: Column,
        method: Column,
        age: Column | None = None,
    ) -> np.ndarray:
        """The category of each spell, or None where it is not in the definition.

        All columns have one entry a spell: ICD-10 primary diagnosis, `;`-separated secondary diagnoses and
        OPCS-4 procedures, admission method, and age in years at admission. Missing entries are null or
        empty. An age missing from its column meets no limit. Without the column every resident counts as
        old: minimum ages are met and maximum ages are not. Raises ValueError for columns of different
        lengths.
        """
        columns = [primary, secondary, procedures, method, *([] if age is None else [age])]
        if len({len(column) for column in columns}) > 1:
            raise ValueError("the columns of the spells have different lengths")
        result = np.full(len(primary), None, dtype=object)
        rows = self._emergencies(method)
        codings, positions = combinations(self._factors(primary, secondary, procedures, age, rows))
        found = np.empty(len(codings), dtype=object)
        found[:] = [self.category(Coding(*coding)) for coding in codings]
        result[rows] = found[positions]
        return result

    def category(self, coding: Coding) -> str | None:
        """The first rule's category that one admission's codes meet."""
        if (self.needs_coding and not coding.primary) or not within(coding.age, self.min_age, self.max_age):
            return None
        return next((rule.category for rule in self.rules if rule.matches(coding)), None)

    def _emergencies(self, method: Column) -> np.ndarray:
        positions, distinct = single(method)
        return np.flatnonzero(np.array([name in self.methods for name in distinct], dtype=bool)[positions])

    def _factors(
        self, primary: Column, secondary: Column, procedures: Column, age: Column | None, rows: np.ndarray
    ) -> list[Factor]:
        diagnoses = arrow(secondary, pa.string()).take(rows)
        operations = arrow(procedures, pa.string()).take(rows)
        aged = age is not None and self.needs_age
        return [
            single(arrow(primary, pa.string()).take(rows)),
            several(diagnoses, tuple(p for rule in self.rules for p in rule.secondary_seen)),
            several(operations, tuple(p for rule in self.rules for p in rule.procedures_seen)),
            years(arrow(age, pa.float64()).take(rows)) if aged else constant(len(rows), inf),
        ]


def definitions() -> tuple[str, ...]:
    """The ids of all definitions, the default first."""
    return tuple(_headers())


@cache
def definition(definition_id: str) -> Definition:
    """One definition by its id; ValueError names the known ids and the nearest."""
    if definition_id not in _headers():
        raise ValueError(_unknown(definition_id))
    row = _headers()[definition_id]
    return Definition(
        definition_id=definition_id,
        title=row["title"],
        version=row["version"],
        source=row["source"],
        methods=split(row["methods"]),
        min_age=number(row["min_age"]),
        max_age=number(row["max_age"]),
        excluded_sources=split(row["excluded_sources"]),
        note=row["note"],
        rules=tuple(rule(row) for row in read(f"outcomes/{definition_id}.csv")),
    )


@cache
def _headers() -> dict[str, dict[str, str]]:
    rows = read("outcomes/definitions.csv")
    unique((row["definition_id"] for row in rows), "definition")
    return {row["definition_id"]: row for row in rows}


def _unknown(definition_id: str) -> str:
    near = get_close_matches(definition_id, definitions(), n=1)
    hint = f" (nearest: {near[0]!r})" if near else ""
    return f"no outcome definition {definition_id!r}{hint}; known: {', '.join(definitions())}"
