"""Spark as a place to work: a session by the settings, and work on each block and on each locality of a history.

What is worked with goes to Python on Spark's machines, where homeround is installed too; rows are named bytes, since
tables of the kernel are no use to Spark itself. A block is a file, so blocks are mapped; localities are grouped.
"""

import os
import pickle
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from features.localities.pieces import Pieces
from features.problems import HomeroundError, UsageError
from features.store.batches import unpacked_batch
from features.threads import alone

from .settings import EngineSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

WHOLE = -1
"""In place of a locality, of what is told of a block as a whole."""
_FAULT = "fault"
_OF_BLOCK = "block int, locality int, name string, data binary"
_OF_LOCALITY = "locality int, name string, data binary"
_CONF = {
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "64",  # a row may hold megabytes
}
_ON_THIS_MACHINE = {  # nothing listens beyond it
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

OfBlock = Callable[[int], Iterable[tuple[int, str, bytes]]]
OfLocality = Callable[[int, Pieces], Iterable[tuple[str, bytes]]]


@contextmanager
def session(settings: EngineSettings) -> Iterator["SparkSession"]:
    """Spark until the end of the block. Raises UsageError that says which part is missing."""
    _require_parts()
    from pyspark.sql import SparkSession

    # Its data frames of pandas are not used.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    own = _ON_THIS_MACHINE if settings.master.startswith("local") else {}
    builder = SparkSession.builder.appName("homeround").master(settings.master)
    for key, value in (_CONF | own | settings.conf).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def _require_parts() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise UsageError('engine.name = "spark" needs pyspark: install homeround[spark]') from None
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        raise UsageError('engine.name = "spark" needs Java 17 or later: install openjdk-17-jre-headless')


def of_blocks(spark: "SparkSession", blocks: int, work: OfBlock) -> "DataFrame":
    """The rows (locality, name, data) that `work` gives of each block; a HomeroundError goes to `told`."""

    def each(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        alone()
        for batch in batches:
            for block in batch["id"].to_pylist():
                try:
                    for locality, name, data in work(block):
                        yield _batch(block, locality, name, data)
                except HomeroundError as fault:
                    yield _batch(block, WHOLE, _FAULT, pickle.dumps(fault))

    return spark.range(0, blocks, 1, blocks).mapInArrow(each, _OF_BLOCK)


def _batch(block: int, locality: int, name: str, data: bytes) -> pa.RecordBatch:
    numbers = [pa.array([number], pa.int32()) for number in (block, locality)]
    return pa.record_batch([*numbers, pa.array([name]), pa.array([data])], ["block", "locality", "name", "data"])


def told(of_blocks: "DataFrame") -> list[bytes]:
    """What each block told as a whole, in the order of the blocks. Raises the HomeroundError that was met in one."""
    rows = of_blocks.where(f"locality = {WHOLE}").select("block", "name", "data").collect()
    found = sorted((row["block"], row["name"], bytes(row["data"])) for row in rows)
    for _, name, data in found:
        if name == _FAULT:
            raise pickle.loads(data)
    return [data for _, _, data in found]


def by_locality(of_blocks: "DataFrame", localities: int) -> "DataFrame":
    """The same rows with those of a locality together, kept on the disks of Spark's machines."""
    from pyspark import StorageLevel

    return of_blocks.repartitionById(max(localities, 1), "locality").persist(StorageLevel.DISK_ONLY)


def of_localities(pieces: "DataFrame", work: OfLocality) -> "DataFrame":
    """The rows (name, data) that `work` gives of each locality."""

    def each(key: tuple[pa.Scalar, ...], rows: pa.Table) -> pa.Table:
        alone()
        locality = key[0].as_py()
        found = list(work(locality, _pieces(rows)))
        numbers = pa.array([locality] * len(found), pa.int32())
        names, data = (pa.array([one[i] for one in found], kind) for i, kind in enumerate((pa.string(), pa.binary())))
        return pa.table([numbers, names, data], ["locality", "name", "data"])

    return pieces.where(f"locality <> {WHOLE}").groupBy("locality").applyInArrow(each, _OF_LOCALITY)


def _pieces(rows: pa.Table) -> Pieces:
    """A locality's pieces of its rows, which come in any order."""
    ordered = rows.select(["block", "name"]).append_column("at", pa.array(range(rows.num_rows)))
    place = ordered.sort_by([("name", "ascending"), ("block", "ascending")]).to_pylist()

    def fetch(name: str) -> list[pa.Table]:
        return [unpacked_batch(rows["data"][row["at"]].as_buffer()) for row in place if row["name"] == name]

    return fetch


def arriving(of_localities: "DataFrame") -> Iterator[tuple[int, str, bytes]]:
    """Rows (locality, name, data), made on all machines at once and then fetched a locality at a time."""
    from pyspark import StorageLevel

    done = of_localities.persist(StorageLevel.DISK_ONLY)
    done.count()
    for row in done.toLocalIterator():
        yield row["locality"], row["name"], bytes(row["data"])
    done.unpersist()
