"""Assurance cases: invented residents with the feature values a site expects of them, tried on the real path.

One TOML file a case (examples/assurance): `name`, `as_of` (a Monday), rows of the contract's tables, and under
`[expected]` the value of any features, or "missing". A case without homes gets one, named `home`.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .build import features, panel_of, prepare
from .catalogue import catalogue
from .check import inspect
from .check_found import nearest
from .coerce import coerce
from .contract import PSEUDONYMOUS, TABLES
from .history import History, Lags, with_recording_times
from .problems import HeldBack, HistoryError, Problem

_HOME = {
    "home_id": "home",
    "name": "Home",
    "home_type": "residential",
    "beds": 30,
    "practice": "practice",
    "pcn": "pcn",
}
_KEYS = frozenset({"name", "as_of", "resident", "expected", *PSEUDONYMOUS})
_CLOSE = 5e-4  # expectations are written to three decimals
_EXACT = 1e-5  # of large values: features are float32


@dataclass(frozen=True)
class Case:
    """An invented history, the resident and as-of looked at, and the values expected; None is missing."""

    file: str
    name: str
    as_of: date
    resident: str
    tables: Mapping[str, pa.Table]
    expected: Mapping[str, float | None]


def load(folder: Path | str) -> tuple[Case, ...]:
    """Every case of a folder by file name; HistoryError with all mistakes of all files at once."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in _files(folder):
        case, found = _load(path)
        cases += [case] if case else []
        problems += found
    if problems:
        raise HistoryError(problems)
    return tuple(cases)


def verify(cases: Sequence[Case], *, grace: int, lags: Lags | None = None) -> tuple[Problem, ...]:
    """A problem for every value that is not as expected; `grace` in microseconds."""
    return tuple(problem for case in cases for problem in _verify(case, grace, lags or Lags()))


def confirm(folder: Path | str, lags: Lags | None = None, *, grace: int) -> int:
    """How many expected values were confirmed (0 without a folder); HeldBack with every one that differs."""
    cases = load(folder) if folder else ()
    if problems := verify(cases, grace=grace, lags=lags):
        raise HeldBack(str(problem) for problem in problems)
    return sum(len(case.expected) for case in cases)


def cases_digest(folder: Path | str) -> str:
    """SHA-256 of the cases by file name and content, or '' without a folder."""
    total = hashlib.sha256()
    for path in _files(folder) if folder else ():
        total.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return total.hexdigest() if folder else ""


def _files(folder: Path | str) -> list[Path]:
    return sorted(Path(folder).glob("*.toml"))


def _load(path: Path) -> tuple[Case | None, list[Problem]]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        return None, [_mistake(path.stem, "", "cannot be read", hint=str(fault))]
    problems = [*_unknown(path.stem, raw, _KEYS, "key"), *_of_head(path.stem, raw), *_of_expected(path.stem, raw)]
    if problems:
        return None, problems
    tables, problems = _tables(path.stem, raw)
    if problems:
        return None, problems
    resident = str(raw.get("resident") or tables["residents"]["resident_id"][0].as_py())
    expected = {name: None if value == "missing" else float(value) for name, value in raw["expected"].items()}
    return Case(path.stem, raw["name"], raw["as_of"], resident, tables, MappingProxyType(expected)), []


def _mistake(file: str, where: str, says: str, example: str = "", hint: str = "", rows: int = 0) -> Problem:
    return Problem(f"assurance/{file}", where, says, "error", rows, example, hint)


def _unknown(file: str, names: Iterable[str], known: Iterable[str], what: str) -> list[Problem]:
    """A problem for every name that is not known, with the nearest one."""
    known = frozenset(known)
    near = {name: nearest(name, known) for name in names if name not in known}
    return [
        _mistake(file, name, f"unknown {what}", hint=f"Did you mean {meant!r}?" if meant else "")
        for name, meant in near.items()
    ]


def _of_head(file: str, raw: Mapping) -> list[Problem]:
    problems = []
    if not isinstance(raw.get("name"), str):
        problems.append(_mistake(file, "name", "is missing", hint="Say in a few words what the case shows"))
    as_of = raw.get("as_of")
    if type(as_of) is not date or as_of.weekday():
        problems.append(_mistake(file, "as_of", "is not a Monday", str(as_of), "Write as_of = 2026-03-02"))
    if not raw.get("residents"):
        problems.append(_mistake(file, "residents", "is missing", hint="Add [[residents]]"))
    wrong = [name for name in PSEUDONYMOUS if not _is_rows(raw.get(name, []))]
    problems += [_mistake(file, n, "is not a list of rows", hint=f"Write [[{n}]] before each row") for n in wrong]
    ids = [] if "residents" in wrong else [str(row.get("resident_id")) for row in raw.get("residents", ())]
    if "resident" in raw and str(raw["resident"]) not in ids:
        problems.append(_mistake(file, "resident", "is not among residents", repr(raw["resident"])))
    return problems


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _of_expected(file: str, raw: Mapping) -> list[Problem]:
    expected = raw.get("expected")
    if not isinstance(expected, dict) or not expected:
        return [_mistake(file, "expected", "is missing", hint="Add [expected] with the values of some features")]
    wrong = {n: v for n, v in expected.items() if v != "missing" and not isinstance(v, (int, float))}
    hint = 'Write a number or "missing"'
    return [
        *_unknown(file, expected, catalogue().names, "feature"),
        *(_mistake(file, f"expected.{n}", "is no value", repr(v), hint) for n, v in wrong.items()),
    ]


def _tables(file: str, raw: Mapping) -> tuple[dict[str, pa.Table], list[Problem]]:
    """Typed tables; what a history is refused for, and any name nobody knows, is a mistake of the case."""
    rows = {name: raw.get(name, []) for name in PSEUDONYMOUS}
    rows["homes"] = rows["homes"] or [_HOME]
    rows["stays"] = [{"home_id": rows["homes"][0].get("home_id"), **row} for row in rows["stays"]]
    tables: dict[str, pa.Table] = {}
    unread: list[Problem] = []
    for name in TABLES:
        tables[name], found = coerce(_text_table(rows.get(name, []), name), TABLES[name])
        unread += [replace(p, severity="error") for p in found]
    found = [p for p in inspect(tables, unread).problems if p.severity == "error" or p.rule.startswith("unknown code")]
    return tables, [_mistake(file, f"{p.table}.{p.column}", p.rule, p.example, p.hint, p.rows) for p in found]


def _text_table(rows: Sequence[Mapping], name: str) -> pa.Table:
    """Rows as a table of text, every column of the contract and any other that a row has."""
    columns = dict.fromkeys([c.name for c in TABLES[name].columns] + [key for row in rows for key in row])
    return pa.table({c: pa.array([_text(row.get(c)) for row in rows], pa.string()) for c in columns})


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _verify(case: Case, grace: int, lags: Lags) -> Iterable[Problem]:
    filled = {name: with_recording_times(case.tables[name], name, lags) for name in PSEUDONYMOUS}
    tables = MappingProxyType({name: table for name, (table, _) in filled.items()})
    assumed = MappingProxyType({name: count for name, (_, count) in filled.items()})
    prepared = prepare(History(Path(case.file), tables, assumed, ()))
    panel = panel_of(prepared, (case.as_of,), grace=grace)
    rows = np.flatnonzero(panel.entity == pc.index(panel.residents, case.resident).as_py())
    if not len(rows):
        hint = "At the as-of the resident must live in a home, as far as was recorded"
        yield _mistake(case.file, "stays", f"{case.resident} is not on the panel of {case.as_of}", hint=hint)
        return
    values = dict(zip(catalogue().names, features(prepared, panel)[rows[0]].tolist(), strict=True))
    for name, expected in case.expected.items():
        if not _same(values[name], expected):
            says = f"is {_word(values[name])}, expected {_word(expected)}"
            yield _mistake(case.file, name, says, case.name, "Correct the case, or find out what changed", 1)


def _same(value: float, expected: float | None) -> bool:
    if expected is None or np.isnan(value):
        return expected is None and bool(np.isnan(value))
    return abs(value - expected) <= max(_CLOSE, _EXACT * abs(expected))


def _word(value: float | None) -> str:
    return "missing" if value is None or np.isnan(value) else f"{value:.6g}"
