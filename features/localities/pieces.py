"""What a block of residents holds for each locality that they ever lived in: kept on disk or as bytes for a while."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..contract import TABLES
from ..store.batches import packed_batch, read_batches, write_batches
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

Pieces = Callable[[str], Sequence[pa.Table]]
"""One table of a locality, from each block in the order of the blocks."""


@dataclass(frozen=True)
class Cut:
    """A block's tables (SCHEMAS), whose rows up to each of `ends` belong to a locality."""

    tables: Mapping[str, pa.Table]
    ends: Mapping[str, np.ndarray]


def keep(folder: Path, cut: Cut) -> None:
    """Write a block's tables; whole or not at all."""
    aside = folder.with_name(f".{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, table in cut.tables.items():
        write_batches(aside / f"{name}.arrow", table, cut.ends[name])
    aside.rename(folder)


def fetch(folders: Sequence[Path], locality: int, name: str) -> list[pa.Table]:
    """The Pieces of a locality that were kept in these folders."""
    return [read_batches([folder / f"{name}.arrow"], locality, SCHEMAS[name]) for folder in folders]


def packed(cut: Cut) -> Iterator[tuple[int, str, bytes]]:
    """Each locality's piece of each table: see batches.packed_batch."""
    for name, table in cut.tables.items():
        whole = table.combine_chunks()
        for locality, (begin, end) in enumerate(pairwise([0, *cut.ends[name].tolist()])):
            yield locality, name, packed_batch(whole.slice(begin, end - begin))
