"""The history that an import writes: tables of the contract that grow batch by batch."""

from pathlib import Path

import pyarrow as pa

from ..contract import TABLES
from ..write import TableFile
from .door import Door


class Draft:
    """Open files in a folder; what is never added to is written empty, so that every table is there."""

    def __init__(self, folder: Path, door: Door) -> None:
        self._door = door
        self._files = {name: TableFile(folder / f"{name}.parquet", table.schema) for name, table in TABLES.items()}

    def add(self, name: str, /, **columns: pa.Array | pa.ChunkedArray) -> None:
        """Rows of a table by column; columns that are not given are missing."""
        file = self._files[name]
        table = pa.table({key: values.cast(file.schema.field(key).type) for key, values in columns.items()})
        table = self._door.admit(name, table)
        if table.num_rows:
            file.write({key: table[key].combine_chunks() for key in table.column_names})

    def close(self) -> dict[str, int]:
        """Finish the files; rows by table."""
        for file in self._files.values():
            file.close()
        return {name: file.rows for name, file in self._files.items()}
