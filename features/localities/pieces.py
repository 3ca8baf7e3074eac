"""What is kept of a block of residents for each locality that they ever lived in, on disk between two passes."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..contract import TABLES
from ..store.batches import read_batches, write_batches
from ..streams import RESIDENT_STREAMS

TABLES_KEPT = ("residents", "stays", "spells", "events", "objections")
RECORDS = pa.schema(
    {"time": pa.int64(), "since": pa.int64(), "until": pa.int64(), "day": pa.int32(), "value": pa.float64(),
     "row": pa.int32()}
)  # fmt: skip
"""A block's records (features.block.Block); `row` counts the spells of the piece, and then its stays."""
PEOPLE = pa.schema([("resident_id", pa.string()), ("records", pa.list_(pa.int32(), len(RESIDENT_STREAMS)))])
"""Each resident, and how many records they have in each stream."""
SCHEMAS = {"people": PEOPLE, "records": RECORDS, **{name: TABLES[name].schema for name in TABLES_KEPT}}


def keep(folder: Path, tables: dict[str, pa.Table], ends: dict[str, np.ndarray]) -> None:
    """Write a block's tables, whose rows up to each of `ends` belong to a locality; whole or not at all."""
    aside = folder.with_name(f".{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, table in tables.items():
        write_batches(aside / f"{name}.arrow", table, ends[name])
    aside.rename(folder)


def fetch(folders: Sequence[Path], name: str, locality: int) -> list[pa.Table]:
    """One table of a locality, from each block."""
    return [read_batches([folder / f"{name}.arrow"], locality, SCHEMAS[name]) for folder in folders]
