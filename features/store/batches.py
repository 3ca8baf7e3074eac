"""Files of Arrow record batches, of which each has its number: passing files, read one batch at a time."""

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
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False, unify_dictionaries=False)
    with pa.ipc.new_file(path, table.schema, options=options) as writer:
        for begin, end in pairwise([0, *ends.tolist()]):
            writer.write_batch(batch.slice(begin, end - begin) if end > begin else none)


def read_batches(paths: Iterable[Path], number: int, schema: pa.Schema) -> pa.Table:
    """The batch of that number of every file, of the schema's types and one below the other."""
    found = [schema.empty_table()]
    for path in paths:
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source, options=_READING) as reader:
            found.append(pa.table(reader.get_batch(number)).cast(schema))
    return pa.concat_tables(found)


_READING = pa.ipc.IpcReadOptions(use_threads=False)
