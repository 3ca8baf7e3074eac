"""A history in blocks says what the same history in plain files says: whole, block by block, and as records are added."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from look import GRACE, OBJECTIONS, as_rows, differences, kernel_rows
from strategies import Case, cases

from features.build import Prepared, panel_of, prepare
from features.catalogue import catalogue
from features.contract import PSEUDONYMOUS, TABLES
from features.history import open_history, read_table
from features.home_pass import HomeTotals, home_totals, stays_by_resident
from features.kernel import clock, compute, plan
from features.store import appending
from features.store.appending import append
from features.store.blocks import block_of
from features.store.layout import Layout, blocks_of
from features.store.making import make_store
from features.store.opening import layout_of, open_block, open_shared, table_of
from features.store.parts import ORDER, in_order

RATED = ("fall", "emergency_admission", "infection")
LESS = settings().max_examples // 3  # each example writes a history


def written(folder: Path, rows: dict[str, list[dict]]) -> Path:
    folder.mkdir()
    for name in PSEUDONYMOUS:
        pq.write_table(pa.Table.from_pylist(rows[name], TABLES[name].schema), folder / f"{name}.parquet")
    return folder


def own_rows(prepared: Prepared, case: Case) -> dict:
    """Who is where at each as-of, with every measure of their own records."""
    panel = panel_of(prepared, case.as_ofs, grace=GRACE, objections=OBJECTIONS)
    measures = catalogue().measures()
    steps = plan(measures, prepared.residents.streams)
    when = clock(case.as_ofs, GRACE, steps.windows)
    values = compute(prepared.residents, steps, when, panel.entity, panel.week)
    return as_rows(panel, values, [str(m) for m in measures])


def totals_of(prepared: Prepared, case: Case) -> HomeTotals:
    homes = prepared.homes.ids
    stays = stays_by_resident(prepared.history, prepared.residents.ids, homes)
    return home_totals(prepared.residents, stays, clock(case.as_ofs, GRACE, (28, 364)), RATED, len(homes))


@settings(max_examples=LESS)
@given(case=cases(), people=st.integers(1, 3))
def test_blocks_say_what_the_whole_says(case: Case, people: int):
    with TemporaryDirectory() as folder:
        root = Path(folder) / "blocks"
        layout = make_store(written(Path(folder) / "plain", case.rows), root, people=people)
        history = open_history(root)
        assert differences(kernel_rows(case.history, case.as_ofs), kernel_rows(history, case.as_ofs)) == []
        shared = open_shared(root)
        blocks = [prepare(open_block(layout, k, shared)) for k in range(layout.blocks)]
        whole = prepare(case.history)
        found = [row for block in blocks for row in own_rows(block, case).items()]
        assert len(dict(found)) == len(found)
        assert differences(own_rows(whole, case), dict(found)) == []
        parts, together = [totals_of(block, case) for block in blocks], totals_of(whole, case)
        assert np.array_equal(sum(part.counts for part in parts), together.counts)
        assert np.allclose(sum(part.days for part in parts), together.days)


@settings(max_examples=LESS)
@given(case=cases(), seed=st.integers(0, 2**32), share=st.sampled_from([0, 8]))
def test_records_added_later_are_as_if_they_had_always_been_there(case: Case, seed: int, share: int):
    """In their order too, beside a base or in one. Residents and homes were known otherwise before, or not at all."""
    first, second, third = comings = came(case.rows, random.Random(seed))
    first["residents"] += [row | {"died_on": None, "died_recorded_at": None} for row in second["residents"][1:]]
    first["homes"] += [row | {"beds": 99.0} for row in third["homes"][1:]]
    with TemporaryDirectory() as folder, patch.object(appending, "SHARE", share):
        root = Path(folder) / "blocks"
        make_store(written(Path(folder) / "plain", first), root, people=2)
        append(root, written(Path(folder) / "second", second))
        append(root, written(Path(folder) / "third", third))
        assert differences(kernel_rows(case.history, case.as_ofs), kernel_rows(open_history(root), case.as_ofs)) == []
        layout = layout_of(root)
        named = [part.file for name in layout.tables for part in layout.files(name)]
        assert sorted(named) == sorted(str(path.relative_to(root)) for path in root.rglob("*.parquet"))
        for name in ("events", "spells", "stays", "home_events", "objections"):
            assert max(map(len, layout.tables[name])) <= 2
            blocks = at_once(comings, name, layout)
            assert read_table(root, TABLES[name])[0].equals(pa.concat_tables(blocks))
        for k, block in enumerate(at_once(comings, "events", layout)):
            assert table_of(layout, k, "events", root).cast(block.schema).equals(block)


def came(rows: dict[str, list[dict]], pick: random.Random) -> list[dict[str, list[dict]]]:
    """The rows of a history as they came at three times."""
    when = {name: [pick.choice((0, 0, 0, 1, 2)) for _ in of] for name, of in rows.items()}
    return [
        {name: [row for row, at in zip(of, when[name], strict=True) if at == time] for name, of in rows.items()}
        for time in range(3)
    ]


def at_once(comings: list[dict[str, list[dict]]], name: str, layout: Layout) -> list[pa.Table]:
    """What a table's blocks hold when they are written with all rows."""
    rows = pa.Table.from_pylist([row for coming in comings for row in coming[name]], TABLES[name].schema)
    blocks = blocks_of(name, layout.blocks)
    of = block_of(rows[ORDER[name][0]], blocks)
    return [in_order(rows.filter(pa.array(of == k)), name) for k in range(blocks)]
