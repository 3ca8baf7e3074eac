"""Everybody's chances at one as-of, of a history in blocks on Spark."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from features.contract import TABLES
from features.feeds import sources_held
from features.localities.apart import Asked
from features.localities.pieces import Pieces
from features.store.batches import packed_batch, unpacked_batch
from features.store.opening import table_of
from models.model import Model
from serving.scoring import score_table, scored, scores

from . import lawful
from .in_localities import Store, localities_of
from .settings import Settings
from .spark import WHOLE, of_blocks, of_localities, told
from .week_spark import on_spark, taken_apart

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def scores_on_spark(folder: Path, settings: Settings, day: date, model: Model) -> pa.Table:
    """See scoring.score_table. Raises UsageError for a history that is not in blocks, HeldBack for a source that may
    not be used."""
    store = Store(folder, settings)
    with on_spark(settings.engine, store) as engine:
        objections = lawful.require(settings.lawful_use, _sources(engine.spark, store), "direct_care", day)
        asked = Asked((day,), settings.model.grace, objections, model.outcome)
        rows, apart = taken_apart(engine.spark, store, asked, localities_of(store.shared))

        def work(locality: int, pieces: Pieces) -> Iterator[tuple[str, bytes]]:
            prepared = apart.prepared(locality, pieces)
            yield "", packed_batch(scores(prepared, scored(prepared, apart.panel(prepared), model)))

        found = of_localities(rows, work).collect()
    return score_table(pa.concat_tables([unpacked_batch(bytes(row["data"])) for row in found]))


def _sources(spark: "SparkSession", store: Store) -> frozenset[str]:
    """The feeds that the history holds records of."""

    def look(block: int) -> Iterator[tuple[int, str, bytes]]:
        events = table_of(store.layout, block, "events", store.root, _NOT_OF_SOURCES)
        held = sources_held({"events": events, "spells": table_of(store.layout, block, "spells", store.root)})
        yield WHOLE, "sources", json.dumps(sorted(held)).encode()

    found = told(of_blocks(spark, store.layout.blocks, look))
    return frozenset(source for one in found for source in json.loads(one))


_NOT_OF_SOURCES = frozenset(TABLES["events"].schema.names) - {"source", "code"}
