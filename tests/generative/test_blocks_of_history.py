"""A history in blocks says what the same history in plain files says: whole, block by block, and as records are added."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

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
from features.history import open_history
from features.home_pass import HomeTotals, home_totals, stays_by_resident
from features.kernel import clock, compute, plan
from features.store.appending import append
from features.store.making import make_store
from features.store.opening import layout_of, open_block, open_shared

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
@given(case=cases(), seed=st.integers(0, 2**32))
def test_records_added_later_are_as_if_they_had_always_been_there(case: Case, seed: int):
    """Residents and homes too, that were known otherwise before or not at all."""
    pick = random.Random(seed)
    before, later = {}, {}
    for name, rows in case.rows.items():
        late = [pick.random() < 0.4 for _ in rows]
        before[name] = [row for row, is_late in zip(rows, late, strict=True) if not is_late]
        later[name] = [row for row, is_late in zip(rows, late, strict=True) if is_late]
    before["residents"] += [row | {"died_on": None, "died_recorded_at": None} for row in later["residents"][1:]]
    before["homes"] += [row | {"beds": 99.0} for row in later["homes"][1:]]
    with TemporaryDirectory() as folder:
        root = Path(folder) / "blocks"
        make_store(written(Path(folder) / "plain", before), root, people=2)
        append(root, written(Path(folder) / "new", later))
        assert differences(kernel_rows(case.history, case.as_ofs), kernel_rows(open_history(root), case.as_ofs)) == []
        assert {part.file for parts in layout_of(root).tables.values() for part in parts} == {
            str(path.relative_to(root)) for path in root.rglob("*.parquet")
        }
