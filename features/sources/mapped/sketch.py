"""A first mapping from headings and first rows, to be read and edited by a person."""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from ...contract import TABLES
from ...problems import UsageError
from ..tables import Folder, open_folder
from ..tally import Tally

# What extracts call our columns; a hint for the sketch, not a rule.
_OTHER_NAMES = {
    "resident_id": ("resident", "client", "service user", "person", "patient", "nhs number"),
    "home_id": ("home", "service", "location", "care home", "site"),
    "time": ("date", "datetime", "recorded date", "event date", "when"),
    "recorded_at": ("entered", "created", "logged", "updated"),
    "code": ("type", "event", "observation", "snomed", "category", "name"),
    "value": ("reading", "result", "score", "amount", "quantity"),
    "text": ("note", "comment", "details"),
    "date_of_birth": ("dob", "birth date", "born"),
    "moved_in": ("admission date", "start date", "move in"),
    "moved_out": ("discharge date", "end date", "leaving date"),
    "sex": ("gender",),
    "name": ("site name", "home name"),
    "home_type": ("kind", "type of home"),
    "beds": ("places", "capacity"),
}
_FORMATS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d-%b-%Y", "%d-%m-%Y %H:%M", "%d-%m-%Y")
_ROWS = 200


def sketch(source: Path) -> str:
    """TOML with a [[read]] for each table of the folder. Raises UsageError for a folder without any."""
    folder = open_folder(source)
    if not folder.files:
        raise UsageError(f"{source} has no CSV or Parquet table")
    return _HEAD + "\n".join("\n".join(_lines(folder, name)) for name in sorted(folder.files))


_HEAD = """# A first guess, to be edited: see docs/import.md. Lines with ? could not be told.
# theirs = ours under values; an empty text leaves the row out.

"""


def _lines(folder: Folder, name: str) -> Iterator[str]:
    theirs = sorted(folder.columns(name))
    table, found = max(((t, _guess(t, theirs)) for t in TABLES), key=lambda one: _fit(*one))
    batch = next(folder.batches(name, theirs, Tally()), None)
    rows = batch.table.slice(0, _ROWS).to_pandas() if batch else pd.DataFrame(columns=theirs)
    yield "[[read]]"
    yield f"file = {_quoted(name)}"
    yield f"table = {_quoted(table)}"
    missing = [c.name for c in TABLES[table].columns if c.required and c.name not in found]
    named = [f"{ours} = {_quoted(column)}" for ours, column in found.items()]
    named += [f'{ours} = "?"' for ours in missing]
    yield f"columns = {{ {', '.join(named)} }}"
    formats = {o: f for o, c in found.items() if (f := _format(rows[c])) and _is_time(table, o)}
    if formats:
        pairs = ", ".join(f"{ours} = {_quoted(form)}" for ours, form in formats.items())
        yield f"formats = {{ {pairs} }}"
    for column in TABLES[table].columns:
        seen = rows[found[column.name]].dropna().unique()[:12] if column.name in found else ()
        if (column.allowed or column.name == "code") and len(seen):
            same = [f"{_quoted(str(v))} = {_quoted(str(v) if str(v) in column.allowed else '?')}" for v in seen]
            yield f"values.{column.name} = {{ {', '.join(same)} }}"
    rest = [column for column in theirs if column not in found.values()]
    if rest:
        yield f"# not used: {', '.join(rest)}"
    yield ""


def _guess(table: str, theirs: Sequence[str]) -> dict[str, str]:
    """Their column for each of ours, each used once: the same name, a known other name, or a near one."""
    plain = {re.sub(r"[^a-z0-9]+", " ", name).strip(): name for name in theirs}
    out: dict[str, str] = {}
    for column in TABLES[table].columns:
        wanted = (column.name.replace("_", " "), *_OTHER_NAMES.get(column.name, ()))
        for name in wanted:
            near = get_close_matches(name, [p for p, n in plain.items() if n not in out.values()], 1, 0.72)
            if near:
                out[column.name] = plain[near[0]]
                break
    return out


def _fit(table: str, found: dict[str, str]) -> float:
    """What the table needs and was found, less what was not, and then the rest."""
    needed = [c.name for c in TABLES[table].columns if c.required]
    return 2 * sum(n in found for n in needed) - len(needed) + 0.01 * len(found)


def _is_time(table: str, name: str) -> bool:
    return TABLES[table].column(name).kind in ("instant", "date")


def _format(values: pd.Series) -> str:
    """The first format that every value fits, '' for ISO 8601 or none."""
    text = values.dropna().astype(str).str.strip()
    if not len(text) or pd.to_datetime(text, format="ISO8601", errors="coerce").notna().all():
        return ""
    return next((f for f in _FORMATS if pd.to_datetime(text, format=f, errors="coerce").notna().all()), "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
