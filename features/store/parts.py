"""One file of a store: rows in order, typed as the contract, with the encodings that are quick to read again."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..contract import INSTANT, TABLES
from .layout import Part

# Rows of one resident stand together in the order of time; ties as the contract orders them.
ORDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "residents": ("resident_id",),
        "stays": ("resident_id", "moved_in", "recorded_at", "record_id"),
        "spells": ("resident_id", "admitted_at", "recorded_at", "spell_id"),
        "events": ("resident_id", "time", "recorded_at", "record_id"),
        "homes": ("home_id",),
        "home_events": ("home_id", "time", "recorded_at", "record_id"),
        "objections": ("resident_id", "from", "recorded_at", "record_id"),
    }
)
OWN = ("record_id", "spell_id")  # a value of its own in nearly every row: no dictionary


def in_order(table: pa.Table, name: str) -> pa.Table:
    """The rows in the order of the table `name`; those that it does not tell apart stay as they stand."""
    keys = table.select(ORDER[name])
    plain = keys.cast(pa.schema([TABLES[name].schema.field(key) for key in ORDER[name]]))  # Arrow orders no coded words
    return table.take(pc.sort_indices(plain, sort_keys=[(key, "ascending") for key in ORDER[name]]))


def write_part(root: Path, file: str, name: str, table: pa.Table) -> Part:
    """Write rows of the table `name` to a new file and see to it that they outlive a power cut."""
    path = root / file
    path.parent.mkdir(exist_ok=True)
    schema = TABLES[name].schema
    instants = {field.name: "DELTA_BINARY_PACKED" for field in schema if field.type == INSTANT}
    words = [f.name for f in schema if f.name not in (*instants, *OWN) and not pa.types.is_boolean(f.type)]
    ordered = in_order(table, name).select(schema.names)
    pq.write_table(
        ordered, path, compression="zstd", store_schema=False, row_group_size=1 << 20,
        use_dictionary=words, column_encoding=instants,
    )  # fmt: skip
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Part(file, table.num_rows, path.stat().st_size, digest)
