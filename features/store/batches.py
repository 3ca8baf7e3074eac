"""Arrow record batches that pass from one step to the next: numbered within a file, or each as bytes."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa


def write_batches(path: Path, table: pa.Table, ends: np.ndarray) -> None:
    """Write the rows up to each of `ends` as a batch, the empty ones too, so that a batch's number is its place."""
    whole = table.combine_chunks().to_batches()
    batch = whole[0] if whole else pa.RecordBatch.from_pylist([], table.schema)
    none = batch.take(pa.array([], pa.int64()))  # a slice without rows is written with the words of all rows
    with pa.ipc.new_file(path, table.schema, options=_WRITING) as writer:
        for begin, end in pairwise([0, *ends.tolist()]):
            writer.write_batch(batch.slice(begin, end - begin) if end > begin else none)


def read_batches(paths: Iterable[Path], number: int, schema: pa.Schema) -> pa.Table:
    """The batch of that number of every file, of the schema's types and one below the other."""
    found = [schema.empty_table()]
    for path in paths:
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source, options=_READING) as reader:
            found.append(pa.table(reader.get_batch(number)).cast(schema))
    return pa.concat_tables(found)


def packed_batch(table: pa.Table) -> bytes:
    """All rows of a table."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_WRITING) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def unpacked_batch(data: bytes | pa.Buffer) -> pa.Table:
    """The table that was packed."""
    with pa.ipc.open_stream(data, options=_READING) as reader:
        return reader.read_all()


_READING = pa.ipc.IpcReadOptions(use_threads=False)
_WRITING = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False, unify_dictionaries=False)
