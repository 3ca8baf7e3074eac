"""Typed rows of a history part by part, with everything that does not fit the contract told at the end."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ..contract import TABLES
from ..history import typed_parts
from ..problems import HistoryError, Problem


class Arrivals:
    """The rows of a history's tables as they are asked for; `settle` raises what was wrong with any of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._problems: dict[tuple[str, str, str], Problem] = {}

    def parts(self, name: str) -> Iterator[pa.Table]:
        """A table's rows, some at a time."""
        for table, found in typed_parts(self.root, TABLES[name]):
            for problem in found:
                self._note(problem)
            yield table

    def whole(self, name: str) -> pa.Table:
        """All rows of a table that fits in memory."""
        return pa.concat_tables(self.parts(name))

    def settle(self) -> None:
        """Raises HistoryError with every error of the rows that were asked for."""
        if errors := [problem for problem in self._problems.values() if problem.severity == "error"]:
            raise HistoryError(errors)

    def _note(self, problem: Problem) -> None:
        key = (problem.table, problem.column, problem.rule)
        before = self._problems.get(key)
        self._problems[key] = replace(before, rows=before.rows + problem.rows) if before else problem
