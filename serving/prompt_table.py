"""Reading a table of prompts: the package's own or a site's copy of it, every fault of the file at once."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path

from features.problems import UsageError

from . import rows
from .conditions import conditions
from .prompts import PromptTable, Rule

COLUMNS = ("id", "when", "not_when", "text", "element", "audience", "source", "approver", "review_date")
AUDIENCES = ("GP", "pharmacist", "home", "MDT lead")
# Parts of the NHS England framework for enhanced health in care homes (version 2, 2020, care elements one to six).
ELEMENTS = (
    "Urgent care access",
    "Personalised care plan",
    "Structured medication review",
    "Hydration and nutrition",
    "Oral health",
    "Complex needs",
    "Continence",
    "Vaccination",
    "Wound care",
    "Falls and rehabilitation",
    "End of life",
    "Mental health and dementia",
    "Workforce",
)
BEGINNINGS = ("Consider ", "Same-day check ")


def read(path: str = "") -> PromptTable:
    """The table at `path`, or the package's own. Raises UsageError that lists every fault with its line."""
    try:
        raw = (Path(path) if path else files("serving") / "prompts.csv").read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the prompts table {path} cannot be read: {error}") from error
    lines = list(csv.DictReader(text.splitlines()))
    if not lines or tuple(lines[0]) != COLUMNS or any(None in line.values() for line in lines):
        raise UsageError(f"the prompts table {path} must have rows with the columns {', '.join(COLUMNS)}")
    if faults := list(_faults(lines)):
        raise UsageError("\n".join([f"the prompts table {path} cannot be used:", *(f"  {fault}" for fault in faults)]))
    return PromptTable(tuple(_rule(line) for line in lines), hashlib.sha256(raw).hexdigest())


def _rule(line: Mapping[str, str]) -> Rule:
    return Rule(
        rows.Prompt(line["id"], line["text"], line["element"], line["audience"]),
        conditions(line["when"], line["id"]),
        conditions(line["not_when"], line["id"]),
        line["source"],
        line["approver"].strip(),
        date.fromisoformat(line["review_date"]),
    )


def _faults(lines: list[dict[str, str]]) -> Iterator[str]:
    for name, times in Counter(line["id"] for line in lines).items():
        if times > 1:
            yield f"row {name}: stands {times} times"
    for line in lines:
        yield from _faults_of_conditions(line)
        yield from (f"row {line['id']}: {fault}" for fault in _faults_of(line))


def _faults_of_conditions(line: Mapping[str, str]) -> Iterator[str]:
    if not line["when"].strip():
        yield f"row {line['id']}: when is empty, and a line for everyone is no prompt"
    for part in (*line["when"].split(";"), *line["not_when"].split(";")):
        try:
            conditions(part, line["id"])
        except ValueError as error:
            yield str(error)


def _faults_of(line: Mapping[str, str]) -> Iterator[str]:
    if not line["text"].startswith(BEGINNINGS):
        yield "text must begin with 'Consider' or 'Same-day check'"
    if line["element"] not in ELEMENTS:
        yield f"element {line['element']!r} is none of {', '.join(ELEMENTS)}"
    if line["audience"] not in AUDIENCES:
        yield f"audience {line['audience']!r} is none of {', '.join(AUDIENCES)}"
    if not line["source"].strip():
        yield "source is empty: say what guidance the line rests on"
    try:
        date.fromisoformat(line["review_date"])
    except ValueError:
        yield f"review_date {line['review_date']!r} is no date such as 2027-03-31"
