"""What is wrong with a history, said to the person who can mend it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One broken rule: where, how many rows, one example, and what to do."""

    table: str
    column: str
    rule: str
    severity: Severity
    rows: int
    example: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.table}.{self.column}" if self.column else self.table
        rows = f", {self.rows:,} row{'s' if self.rows != 1 else ''}" if self.rows else ""
        example = f", for example {self.example}" if self.example else ""
        hint = f". {self.hint}" if self.hint else ""
        return f"{where}: {self.rule}{rows}{example}{hint}"

    def as_dict(self) -> dict[str, str | int]:
        return asdict(self)


class HomeroundError(Exception):
    """Root of every error that homeround raises on purpose. Each class has one exit code.

    HomeroundError (1: a fault of ours)
    ├── UsageError (2)
    ├── HistoryError (3: the data is not acceptable)
    └── HeldBack (4: nothing, or not everything, may be published)
    """

    exit_code = 1


class UsageError(HomeroundError):
    """The caller asked for something that cannot be done as asked."""

    exit_code = 2


class HistoryError(HomeroundError):
    """The history breaks the contract; `problems` holds every error found."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type["HistoryError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class HeldBack(HomeroundError):
    """A check stopped publication; `reasons` says why, by list."""

    exit_code = 4

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))

    def __reduce__(self) -> tuple[type["HeldBack"], tuple[tuple[str, ...]]]:
        return type(self), (self.reasons,)
