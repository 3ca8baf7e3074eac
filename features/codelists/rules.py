"""One rule of an outcome definition: which diagnoses and procedures it takes."""

from dataclasses import dataclass

from .rows import normalise, number

Prefixes = tuple[str, ...]


@dataclass(frozen=True)
class Coding:
    """The codes of one admission, normalised; an uncoded primary diagnosis is an empty string."""

    primary: str
    secondary: Prefixes = ()
    procedures: Prefixes = ()
    age: float | None = None

    @property
    def diagnoses(self) -> Prefixes:
        return (self.primary, *self.secondary)


@dataclass(frozen=True)
class Rule:
    """One row of a definition. `pattern` and the conditions are beginnings of codes; `*` is any or none."""

    category: str
    position: str
    pattern: Prefixes
    with_secondary: Prefixes
    without_any: Prefixes
    without_procedure: Prefixes
    procedure_position: str
    min_age: float | None
    max_age: float | None
    source: str
    note: str

    @property
    def secondary_seen(self) -> Prefixes:
        """Beginnings of the secondary diagnoses that can change the rule's answer."""
        return (self.pattern if self.position == "any" else ()) + self.with_secondary + self.without_any

    @property
    def procedures_seen(self) -> Prefixes:
        """As `secondary_seen`, for procedures; all of them where the first one counts."""
        return ("",) if self.procedure_position == "first" else self.without_procedure

    def matches(self, coding: Coding) -> bool:
        """Whether the admission meets the rule."""
        return (
            self._stands_in(coding)
            and (not self.with_secondary or _begins(coding.secondary, self.with_secondary))
            and not (self.without_any and _begins(coding.diagnoses, self.without_any))
            and not (self.without_procedure and _begins(self._procedures(coding), self.without_procedure))
            and within(coding.age, self.min_age, self.max_age)
        )

    def _stands_in(self, coding: Coding) -> bool:
        if self.position == "primary":
            return coding.primary.startswith(self.pattern)
        return _begins(coding.diagnoses, self.pattern)

    def _procedures(self, coding: Coding) -> Prefixes:
        return coding.procedures[:1] if self.procedure_position == "first" else coding.procedures


def rule(row: dict[str, str]) -> Rule:
    """A rule from a row of outcomes/<definition>.csv."""
    return Rule(
        category=row["category"],
        position=row["position"],
        pattern=_prefixes(row["pattern"]),
        with_secondary=_prefixes(row["with_secondary"]),
        without_any=_prefixes(row["without_any"]),
        without_procedure=_prefixes(row["without_procedure"]),
        procedure_position=row["procedure_position"],
        min_age=number(row["min_age"]),
        max_age=number(row["max_age"]),
        source=row["source"],
        note=row["note"],
    )


def within(age: float | None, low: float | None, high: float | None) -> bool:
    """Whether an age lies in the limits, both included; an unknown age meets no limit."""
    if low is None and high is None:
        return True
    return age is not None and (low is None or age >= low) and (high is None or age <= high)


def split(codes: str) -> Prefixes:
    """The codes of a `;`-separated cell, normalised, blanks dropped."""
    return tuple(code for part in codes.split(";") if (code := normalise(part)))


def _prefixes(cell: str) -> Prefixes:
    # Every string begins with the empty one, so `*` needs no case of its own.
    return tuple(part.replace("*", "") for part in cell.split())


def _begins(codes: Prefixes, prefixes: Prefixes) -> bool:
    # A plain loop: any() over a generator takes three times as long, once a rule and admission.
    for code in codes:  # noqa: SIM110
        if code.startswith(prefixes):
            return True
    return False
