"""What is kept out of single rows: sensitive codes, and NHS numbers that people wrote into notes."""

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ..codelists.sensitive import sensitive
from ..nhs_number import looks_valid

Counted = tuple[str, int]
_CODED = {"primary_diagnosis": "ICD10", "secondary_diagnoses": "ICD10", "procedures": "OPCS4"}
_NOTES = ("text", "by")
_NUMBER = r"\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}\b"


def without_sensitive(name: str, table: pa.Table) -> tuple[pa.Table, list[Counted]]:
    """Events of sensitive codes left out, and such codes struck from spells, which stay; with what that was."""
    if name == "events" and "code" in table.column_names:
        out = pc.is_in(table["code"], value_set=pa.array(sorted(sensitive(_words(table["code"]))), pa.string()))
        return table.filter(pc.invert(out)), [("events with a sensitive code", pc.sum(out).as_py() or 0)]
    counted = []
    for column in _CODED if name == "spells" else ():
        if column in table.column_names:
            changes = {text: _struck(text, _CODED[column]) for text in _words(table[column])}
            table, rows = _changed(table, column, changes)
            counted.append((f"sensitive codes in {column.replace('_', ' ')} of spells", rows))
    return table, counted


def _struck(text: str, system: str) -> str | None:
    codes = text.split(";")
    out = sensitive(f"{system}:{code}" for code in codes)
    return ";".join(code for code in codes if f"{system}:{code}" not in out) or None


def without_numbers(table: pa.Table) -> tuple[pa.Table, list[Counted]]:
    """NHS numbers in notes as `(number)`; with how many rows had one."""
    counted = []
    for column in (name for name in _NOTES if name in table.column_names):
        told = pc.unique(table[column]).drop_null()
        near = told.filter(pc.match_substring_regex(told, _NUMBER)).to_pylist()
        table, rows = _changed(table, column, {text: re.sub(_NUMBER, _masked, text) for text in near})
        counted.append(("NHS numbers in notes", rows))
    return table, counted


def _masked(found: re.Match[str]) -> str:
    return "(number)" if looks_valid(found[0]) else found[0]


def _changed(table: pa.Table, column: str, changes: dict[str, str | None]) -> tuple[pa.Table, int]:
    """The table with these texts changed, and in how many rows that was."""
    changes = {text: rest for text, rest in changes.items() if rest != text}
    if not changes:
        return table, 0
    told = table[column].to_pylist()
    clean = pa.array([changes.get(text, text) for text in told], pa.string())
    return table.set_column(table.column_names.index(column), column, clean), sum(text in changes for text in told)


def _words(values: pa.ChunkedArray) -> Iterator[str]:
    yield from pc.unique(values).drop_null().to_pylist()
