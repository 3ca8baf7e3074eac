"""The check of a history in blocks: block by block, in the memory that one takes, with the report that the check of
all rows at once would give. Rows are numbered through the blocks in their order.

A rule is tried on each block, since a rule looks at the rows of one resident, with three exceptions. Tables that are
not in blocks are looked at once, knowing which residents and stays the blocks hold. What a rule counts over all rows
is told when all findings are together (`Rule.told`). Records under several owners are looked for across blocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from .check_across import Across, Over, in_turn
from .check_end import Ends, Instants, columns, ends, last
from .check_found import Finding
from .check_owners import OWNED
from .check_parts import Part, every_rule, part, report
from .contract import TABLES
from .history import Lags, read_table
from .problems import HistoryError, Problem
from .report import Report
from .rules import Broken, Rule, Tables, found, rule
from .store.blocks import block_of
from .store.layout import BLOCKED, Layout
from .store.layout import Part as FilePart
from .store.opening import table_of
from .store.reading import newest

__all__ = ["Over", "check_blocks", "in_turn"]
_SHARED = tuple(name for name in TABLES if name not in BLOCKED)


def check_blocks(root: Path, layout: Layout, lags: Lags, over: Over, folder: Path | None) -> Report:
    """The report on a history in blocks; passing files are in `folder`, or where the system keeps such."""
    shared, unread = _read_shared(root)
    with TemporaryDirectory(prefix="check-", dir=folder) as passing:
        looking = _looking(root, layout, lags, shared, unread, Path(passing))
        seen = list(over(looking.look, range(layout.blocks), "blocks checked"))
        if lost := _first_by_table(seen):
            unread = sorted((*unread, *lost), key=lambda problem: list(TABLES).index(problem.table))
            looking = _looking(root, layout, lags, shared, unread, Path(passing))
            seen = list(over(looking.look, range(layout.blocks), "blocks checked again without what cannot be read"))
        parts = _with_records_across(looking, [one.part for one in seen if one.part], over)
        parts = [*parts, looking.look_at_shared(seen)]
    return report(parts, unread, looking.broken, looking.rules(0))


def _read_shared(root: Path) -> tuple[dict[str, pa.Table], list[Problem]]:
    tables, problems = {}, []
    for name in _SHARED:
        tables[name], found = read_table(root, TABLES[name])
        problems += found
    return tables, problems


@dataclass(frozen=True)
class _Seen:
    """What was found in a block, the ids that the shared tables are held against, and tables it could not read."""

    part: Part | None
    residents: pa.Array
    homes: pa.Array
    unread: tuple[Problem, ...]


def _first_by_table(seen: Sequence[_Seen]) -> list[Problem]:
    lost: dict[str, Problem] = {}
    for one in seen:
        for problem in one.unread:
            lost.setdefault(problem.table, problem)
    return list(lost.values())


@dataclass(frozen=True)
class _Looking:
    """A history in blocks, as far as it could be read, and when it ends."""

    root: Path
    layout: Layout
    lags: Lags
    shared: dict[str, pa.Table]
    broken: Broken
    last: int | None
    folder: Path

    def rules(self, block: int) -> tuple[Rule, ...]:
        """Every rule, and those of this form of a history."""
        return (*every_rule(), *(_in_place(name, block, self.layout.blocks) for name in BLOCKED))

    def look(self, block: int) -> _Seen:
        """Try the rules on a block, unless a file of it cannot be read."""
        read, unread = self._read(block, BLOCKED)
        tables = self._tables(read)
        if unread:
            return _Seen(None, tables.people, tables.people, tuple(unread))
        seen = part(tables, BLOCKED, self.rules(block))
        for across in self.across():
            across.keep(block, tables)
        return _Seen(seen, tables.people, tables.words("stays", "home_id")[0], ())

    def look_at_shared(self, seen: Sequence[_Seen]) -> Part:
        """Try the rules on the tables that are not in blocks."""
        people = {"resident_id": pa.chunked_array([one.residents for one in seen])}
        homes = {"home_id": pa.chunked_array([one.homes for one in seen]).unique()}
        held = {"residents": _only("residents", people), "stays": _only("stays", homes)}
        return part(self._tables(self.shared | held), _SHARED, self.rules(0))

    def across(self) -> list[Across]:
        """The tables in blocks whose records may lie in several."""
        rules = {one.name: one for one in every_rule()}
        sound = [OWNED[name] for name in BLOCKED if name in OWNED and not rules[OWNED[name].rule].lacking(self.broken)]
        return [
            Across(one, self.layout.rows(one.table), self.folder, self.layout.blocks, partial(self._records, one.table))
            for one in sound
        ]

    def _records(self, name: str, block: int) -> Tables:
        """One table of a block again."""
        read, unread = self._read(block, (name,))
        if unread:
            raise HistoryError(unread)
        return self._tables(read)

    def _tables(self, read: Mapping[str, pa.Table]) -> Tables:
        empty = {name: table.schema.empty_table() for name, table in TABLES.items()}
        return Tables(empty | {"homes": self.shared["homes"]} | dict(read), self.last, self.lags, self.broken)

    def _read(self, block: int, names: Sequence[str]) -> tuple[dict[str, pa.Table], list[Problem]]:
        read: dict[str, pa.Table] = {}
        unread: list[Problem] = []
        for name in names:
            if (name, "") not in self.broken:
                try:
                    read[name] = table_of(self.layout, block, name, self.root)
                except HistoryError as fault:
                    unread += fault.problems
        return read, unread


def _looking(
    root: Path, layout: Layout, lags: Lags, shared: dict[str, pa.Table], unread: Sequence[Problem], folder: Path
) -> _Looking:
    broken = frozenset((p.table, p.column) for p in unread if p.severity == "error")
    told = [ends(shared)]
    for name in BLOCKED:
        if (name, "") not in broken:
            told += [_ends(root, part, name) for part in layout.files(name)]
    return _Looking(root, layout, lags, shared, broken, last(told), folder)


def _ends(root: Path, file: FilePart, name: str) -> Ends:
    """What a file tells of the end; nothing where it cannot be read, which the reading of its rows tells."""
    try:
        return {(name, column): Instants(*told) for column, told in newest(root, file, columns(name)).items()}
    except (OSError, ValueError, KeyError, pa.ArrowException):
        return {}


def _only(name: str, columns: Mapping[str, pa.ChunkedArray]) -> pa.Table:
    """A table that is empty but for some columns."""
    rows = len(next(iter(columns.values())))
    return pa.table({f.name: columns.get(f.name, pa.nulls(rows, f.type)) for f in TABLES[name].schema})


def _in_place(name: str, block: int, blocks: int) -> Rule:
    @rule(f"{name} are in the block of their resident", f"{name}.resident_id")
    def find(t: Tables) -> Iterable[Finding]:
        def elsewhere(words: pa.Array) -> np.ndarray:
            return block_of(words, blocks) != block

        missing = bool(block_of(pa.nulls(1, pa.string()), blocks)[0] != block)
        rows = t.saying(name, "resident_id", elsewhere, missing=missing)
        hint = "Make the store again with `homeround blocks`: a resident's rows are read from one block alone"
        return found(t, f"{name}.resident_id", "in another block than its id says", "error", rows, hint)

    return find


def _with_records_across(looking: _Looking, parts: list[Part], over: Over) -> list[Part]:
    """The blocks' parts, with records of several owners told as of all blocks."""
    for across in looking.across():
        if findings := across.findings(over):
            parts = [
                replace(one, findings={**one.findings, across.owned.rule: of})
                for one, of in zip(parts, findings, strict=True)
            ]
    return parts
