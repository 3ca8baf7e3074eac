"""Everybody's chances at one as-of, of a history in blocks on Spark."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa

from features.localities.apart import Asked
from features.localities.pieces import Pieces
from features.store.batches import packed_batch, unpacked_batch
from models.model import Model
from serving.scoring import score_table, scored, scores

from . import lawful
from .in_localities import Store, localities_of
from .settings import Settings
from .spark import of_localities
from .week_spark import on_spark, sources, taken_apart


def scores_on_spark(folder: Path, settings: Settings, day: date, model: Model) -> pa.Table:
    """See scoring.score_table. Raises UsageError for a history that is not in blocks, HeldBack for a source that may
    not be used."""
    store = Store(folder, settings)
    with on_spark(settings.engine, store) as engine:
        objections = lawful.require(settings.lawful_use, sources(engine.spark, store), "direct_care", day)
        asked = Asked((day,), settings.model.grace, objections, model.outcome)
        rows, apart = taken_apart(engine.spark, store, asked, localities_of(store.shared))

        def work(locality: int, pieces: Pieces) -> Iterator[tuple[str, bytes]]:
            prepared = apart.prepared(locality, pieces)
            yield "", packed_batch(scores(prepared, scored(prepared, apart.panel(prepared), model)))

        found = of_localities(rows, work).collect()
    return score_table(pa.concat_tables([unpacked_batch(bytes(row["data"])) for row in found]))
