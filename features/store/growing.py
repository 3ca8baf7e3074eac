"""A new history whose tables grow bit by bit: plain files, or blocks from the start where it will be large."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from ..contract import PSEUDONYMOUS, TABLES
from ..write import TableFile, complete
from .layout import BLOCKED, Layout, blocks_of, part_name, write_layout
from .parts import write_part
from .runs import Runs, open_runs, passing

PEOPLE = 3_000  # residents in a block: some hundred thousand events, a few hundred MB while they are worked on
LARGE = 10_000  # residents from which a new history is written in blocks

Say = Callable[[str], None]


def is_large(residents: int) -> bool:
    """Whether a new history of so many residents is written in blocks, for it will be read a block at a time."""
    return residents > LARGE


def blocks_for(residents: int, people: int) -> int:
    """How many blocks of about `people` residents."""
    return max(1, round(residents / people))


class StoreTable:
    """A table of a store that is being made, written to as a TableFile is."""

    def __init__(self, runs: Runs, schema: pa.Schema) -> None:
        self.rows = 0
        self._runs, self._schema = runs, schema

    def write(self, columns: Mapping[str, pa.Array]) -> None:
        """Append rows; columns of the schema that are not given are missing."""
        table = complete(columns, self._schema)
        self._runs.add(table)
        self.rows += table.num_rows


@contextmanager
def new_tables(folder: Path, residents: int) -> Iterator[Mapping[str, TableFile | StoreTable]]:
    """Every pseudonymous table of a new history of about so many residents, which is whole when the block ends well."""
    if not is_large(residents):
        files = {name: TableFile(folder / f"{name}.parquet", TABLES[name].schema) for name in PSEUDONYMOUS}
        yield files
        for file in files.values():
            file.close()
        return
    blocks = blocks_for(residents, PEOPLE)
    with passing(folder) as aside:
        runs = open_runs(aside, PSEUDONYMOUS, blocks)
        yield {name: StoreTable(rows, TABLES[name].schema) for name, rows in runs.items()}
        write_store(folder, blocks, runs)


def write_store(out: Path, blocks: int, runs: Mapping[str, Runs], say: Say = lambda _: None) -> Layout:
    """A new store in `out` of all rows that the runs of its tables hold."""
    tables = {}
    for name, rows in runs.items():
        rows.flush()
        numbers = range(blocks_of(name, blocks))
        tables[name] = tuple((write_part(out, part_name(name, 1, k), name, rows.block(k)),) for k in numbers)
        say(f"{name} in {blocks} blocks" if name in BLOCKED else name)
    layout = Layout(blocks, 1, tables)
    write_layout(out, layout)
    return layout
