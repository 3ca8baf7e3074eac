"""The history that an import writes: tables of the contract that grow batch by batch."""

from pathlib import Path

import pyarrow as pa

from ..contract import PSEUDONYMOUS, TABLES
from ..write import TableFile
from .door import Door


class Draft:
    """Open files in a folder; what is never added to is written empty, so that every table is there.

    `derived_before` says that the source is a history, whose import worked out all that is to be worked out.
    """

    def __init__(self, folder: Path, door: Door) -> None:
        self.derived_before = False
        self._door = door
        self._files = {name: TableFile(folder / f"{name}.parquet", TABLES[name].schema) for name in PSEUDONYMOUS}

    def add(self, name: str, /, **columns: pa.Array | pa.ChunkedArray) -> None:
        """Rows of a table by column, missing where not given. Names stay at the door and get into no file."""
        schema = TABLES[name].schema
        table = pa.table({key: values.cast(schema.field(key).type) for key, values in columns.items()})
        table = self._door.admit(name, table)
        if name in self._files and table.num_rows:
            self._files[name].write({key: table[key].combine_chunks() for key in table.column_names})

    def close(self) -> dict[str, int]:
        """Finish the files; rows by table."""
        for file in self._files.values():
            file.close()
        return {name: file.rows for name, file in self._files.items()}
