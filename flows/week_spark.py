"""A week's blocks and localities on Spark: each file is read where a block is cut, and lists are rendered where a
locality is. What comes back is what blocks and localities tell as a whole, and the files of lists.

Spark does again what a machine failed to do; a run that was killed begins again.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from features.contract import TABLES
from features.feeds import sources_held
from features.localities.apart import Apart, Asked, apart_of, taken
from features.localities.arrays import arrays_of, bytes_of
from features.localities.homes import Localities
from features.localities.pieces import Pieces, packed
from features.store.opening import table_of
from serving import aside
from serving.canonical import text
from serving.scoring import scored
from serving.typed import decoded

from .in_localities import Store
from .progress import counted, say
from .settings import EngineSettings
from .spark import WHOLE, arriving, by_locality, of_blocks, of_localities, session, told
from .week_parts import Estimated, estimated, teams_in
from .week_run import Made, Run

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_MADE = "made.json"


@contextmanager
def on_spark(settings: EngineSettings, store: Store) -> Iterator["_OnSpark"]:
    """Spark as the settings have it; its machines see the history under the same path."""
    say("starting Spark")
    with session(settings) as spark:
        yield _OnSpark(spark, store)


@dataclass(frozen=True)
class _OnSpark:
    spark: "SparkSession"
    store: Store

    def week(self, run: Run, asked: Asked, homes: Localities) -> "_Week":
        pieces, apart = taken_apart(self.spark, self.store, asked, homes)
        return _Week(pieces, run, apart)


def sources(spark: "SparkSession", store: Store) -> frozenset[str]:
    """The feeds that the history holds records of."""

    def look(block: int) -> Iterator[tuple[int, str, bytes]]:
        events = table_of(store.layout, block, "events", store.root, _NOT_OF_SOURCES)
        held = sources_held({"events": events, "spells": table_of(store.layout, block, "spells", store.root)})
        yield WHOLE, "sources", json.dumps(sorted(held)).encode()

    found = told(of_blocks(spark, store.layout.blocks, look))
    return frozenset(source for one in found for source in json.loads(one))


_NOT_OF_SOURCES = frozenset(TABLES["events"].schema.names) - {"source", "code"}


def taken_apart(spark: "SparkSession", store: Store, asked: Asked, homes: Localities) -> tuple["DataFrame", Apart]:
    """Every block's pieces by locality, and what all blocks told of themselves."""

    def take(block: int) -> Iterator[tuple[int, str, bytes]]:
        found, summary = taken(store.block(block), homes, asked)
        yield WHOLE, "panel", bytes_of(summary)
        yield from packed(found)

    say("reading the blocks")
    pieces = by_locality(of_blocks(spark, store.layout.blocks, take), len(homes))
    return pieces, apart_of(store.shared, homes, asked, [arrays_of(one) for one in told(pieces)])


@dataclass(frozen=True)
class _Week:
    pieces: "DataFrame"
    run: Run
    apart: Apart

    def estimate(self) -> list[Estimated]:
        apart, model = self.apart, self.run.model

        def work(locality: int, pieces: Pieces) -> Iterator[tuple[str, bytes]]:
            prepared = apart.prepared(locality, pieces)
            found = estimated(scored(prepared, apart.panel(prepared), model))
            yield "", bytes_of(vars(found))

        say("estimating the localities")
        rows = of_localities(self.pieces, work).collect()
        found = {row["locality"]: arrays_of(row["data"]) for row in rows}
        return [Estimated(int(found[k]["estimated"]), found[k]["moves"]) for k in sorted(found)]

    def lists(self, usual: float) -> list[Made]:
        apart, run = self.apart, self.run

        def work(locality: int, pieces: Pieces) -> Iterator[tuple[str, bytes]]:
            prepared = apart.prepared(locality, pieces)
            # Once more, since that takes less than it would to carry everybody's features here.
            known = scored(prepared, apart.panel(prepared), run.model)
            with TemporaryDirectory() as folder:
                teams = teams_in(run, apart.homes[locality])
                made = replace(run, lists=Path(folder)).lists_of(prepared, known, teams, usual, map)
                yield _MADE, text(made).encode()
                for name in (name for one in made.written for name, _ in one.files):
                    yield name, (Path(folder) / name).read_bytes()

        say("listing the localities")
        for left in run.lists.iterdir():  # by a run that was killed
            rmtree(left)
        rows = arriving(of_localities(self.pieces, work))
        return list(counted(_placed(rows, run.lists), len(apart.homes), "localities listed"))


def _placed(rows: Iterator[tuple[int, str, bytes]], folder: Path) -> Iterator[Made]:
    """What each locality made, with its files written to `folder`."""
    for _, name, data in rows:
        if name == _MADE:
            yield decoded(json.loads(data), Made, name)
        else:
            (folder / name).parent.mkdir(mode=0o750, exist_ok=True)
            aside.write(folder / name, data)
