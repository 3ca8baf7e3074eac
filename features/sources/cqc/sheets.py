"""A workbook's sheets, or a CSV file, as rows of text."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ...problems import HistoryError, Problem

SUFFIXES = (".ods", ".xlsx", ".csv")
_DELIMITERS = ",\t;|"
_SAVE = "Open it and save it again without a password, as .ods, .xlsx or CSV in UTF-8"

Rows = Iterator[list[str]]


def sheets(path: Path) -> Iterator[Rows]:
    """The sheets in order; of a CSV file its rows by each delimiter in turn. Raises HistoryError for a broken file."""
    return _delimited(path) if path.suffix.lower() == ".csv" else _workbook(path)


def _workbook(path: Path) -> Iterator[Rows]:
    from python_calamine import CalamineError, CalamineWorkbook  # only for workbooks

    try:
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            yield _readable(book.get_sheet_by_name(name).iter_rows(), path)
    except (CalamineError, OSError) as fault:
        raise _broken(path, fault) from None


def _delimited(path: Path) -> Iterator[Rows]:
    for delimiter in _DELIMITERS:
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                yield _readable(csv.reader(stream, delimiter=delimiter), path)
        except OSError as fault:
            raise _broken(path, fault) from None


def _readable(rows: Iterable[Iterable[Any]], path: Path) -> Rows:
    try:
        yield from ([_text(cell) for cell in row] for row in rows)
    except (UnicodeDecodeError, csv.Error) as fault:
        raise _broken(path, fault) from None


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


def _broken(path: Path, fault: Exception) -> HistoryError:
    return HistoryError([Problem(path.name, "", f"cannot be read: {fault}", "error", 0, "", _SAVE)])
