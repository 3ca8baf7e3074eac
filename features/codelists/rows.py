"""Reading the reviewable lists of this folder."""

import csv
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent


def read(name: str | Path) -> list[dict[str, str]]:
    """The rows of one list, `name` relative to this folder or a whole path; empty cells are empty strings."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def normalise(code: str) -> str:
    """A code as the lists write it: upper case, letters and digits only (`j69.0` is `J690`)."""
    return "".join(c for c in code.upper() if c.isascii() and c.isalnum())


def number(cell: str) -> float | None:
    """A limit of a list, or None where the cell is empty."""
    return float(cell) if cell else None


def unique(names: Iterable[str], what: str) -> None:
    """Refuse a list that says the same thing twice (ValueError)."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name!r} stands twice")
        seen.add(name)
