"""Assurance cases: a few invented residents with the feature values a site expects of them.

A folder holds a history of the contract and `expected.csv` with the columns resident_id, as_of, feature, value (empty:
missing) and, if wanted, tolerance (1e-6 where it is not said). Every check and every weekly run works them out again.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import file_digest, sha256
from pathlib import Path

from .build import matrix_of, panel_of, prepare
from .catalogue import catalogue
from .history import Lags, digest, open_history
from .problems import HeldBack, UsageError

EXPECTED = "expected.csv"
_COLUMNS = {"resident_id", "as_of", "feature", "value"}


@dataclass(frozen=True)
class Case:
    """One expected value; NaN says that it must be missing."""

    resident_id: str
    as_of: date
    feature: str
    value: float
    tolerance: float


def verify(folder: str, lags: Lags | None = None, *, grace: int = 0) -> int:
    """How many values were confirmed; 0 where `folder` is empty. Raises HeldBack that lists every value that differs."""
    if not folder:
        return 0
    cases = read_cases(Path(folder))
    prepared = prepare(open_history(folder, lags))
    weeks = sorted({case.as_of for case in cases})
    matrix = matrix_of(prepared, panel_of(prepared, weeks, grace=grace))
    keys = zip(matrix.rows["resident_id"].to_pylist(), matrix.rows["as_of"].to_pylist(), strict=True)
    row_of = {key: row for row, key in enumerate(keys)}
    wrong = []
    for case in cases:
        row = row_of.get((case.resident_id, case.as_of))
        found = None if row is None else float(matrix.X[row, matrix.names.index(case.feature)])
        if found is None or not _agree(found, case):
            wrong.append(f"assurance case {case.resident_id} as of {case.as_of}: {case.feature} is {_said(found)}, "
                         f"expected {_said(case.value)}")  # fmt: skip
    if wrong:
        raise HeldBack(wrong)
    return len(cases)


def _agree(found: float, case: Case) -> bool:
    if math.isnan(case.value) or math.isnan(found):
        return math.isnan(case.value) and math.isnan(found)
    return abs(found - case.value) <= case.tolerance + 1e-6 * abs(case.value)


def _said(value: float | None) -> str:
    if value is None:
        return "not there: the resident lives in no home then"
    return "missing" if math.isnan(value) else f"{value:g}"


def read_cases(folder: Path) -> tuple[Case, ...]:
    """The cases of a folder. Raises UsageError that names every line that cannot be read."""
    path = folder / EXPECTED
    if not path.is_file():
        raise UsageError(f"there are no assurance cases at {path}")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.DictReader(stream)
        if missing := sorted(_COLUMNS - set(lines.fieldnames or ())):
            raise UsageError(f"{path} lacks the columns {', '.join(missing)}")
        problems: list[str] = []
        cases = tuple(_cases(lines, problems))
    if problems:
        raise UsageError("\n".join([f"{path} cannot be used:", *(f"  {problem}" for problem in problems)]))
    return cases


def _cases(lines: Iterable[dict[str, str]], problems: list[str]) -> Iterable[Case]:
    known = set(catalogue().names)
    for number, line in enumerate(lines, start=2):
        try:
            value, tolerance = float(line["value"] or "nan"), float(line.get("tolerance") or 1e-6)
            case = Case(line["resident_id"], date.fromisoformat(line["as_of"]), line["feature"], value, tolerance)
        except ValueError as error:
            problems.append(f"line {number}: {error}")
            continue
        if case.feature not in known:
            problems.append(f"line {number}: no feature {case.feature!r}")
        else:
            yield case


def cases_digest(folder: str) -> str:
    """SHA-256 of the cases, or '' without a folder."""
    if not folder:
        return ""
    with (Path(folder) / EXPECTED).open("rb") as stream:
        return sha256((digest(folder) + file_digest(stream, "sha256").hexdigest()).encode()).hexdigest()
