"""Taking a resident's records away in the block is the same as a history in which they never were."""

import random
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from look import GRACE
from strategies import Case, cases, in_memory

from features.build import Prepared, features, feed_silence, own_columns, panel_of, prepare
from features.catalogue import catalogue
from features.cohort import Panel
from features.records import spell_of_row
from features.without import Twin, without


def once(rows: list[dict], key: str) -> list[dict]:
    """Rows of which no other version is among them."""
    seen: dict[object, dict] = {}
    for row in rows:
        seen.setdefault(row[key] if key in row else (row["resident_id"], row["time"], row["code"]), row)
    return [row | {"retracted": None, "record_id": None} for row in seen.values()]


@given(case=cases(), seed=st.integers(0, 2**32))
def test_rows_without_records_are_those_of_a_history_without_them(case: Case, seed: int):
    pick = random.Random(seed)
    single = {"events": once(case.rows["events"], "record"), "spells": once(case.rows["spells"], "spell_id")}
    prepared = prepare(in_memory(case.rows | single))
    panel = panel_of(prepared, case.as_ofs, grace=GRACE)
    X = features(prepared, panel)
    twins = [Twin(row, {r for r in own(prepared, panel, row) if pick.random() < 0.5}) for row in range(len(panel))] * 2
    found = without(prepared, panel, X, twins)
    for twin, values in zip(twins, found, strict=True):
        np.testing.assert_array_equal(values, deleted(prepared, panel, X, twin))


def own(prepared: Prepared, panel: Panel, row: int) -> list[int]:
    """Records of events and spells of a row's resident, seen or not."""
    block, at = prepared.residents, int(panel.entity[row]) * prepared.residents.width
    rows = set(block.row[block.start[at] : block.start[at + block.width]].tolist())
    spells = prepared.history["spells"].num_rows
    return sorted(r for r in rows if r >= 0 or spell_of_row(r, spells) is not None)


def deleted(prepared: Prepared, panel: Panel, X: np.ndarray, twin: Twin) -> np.ndarray:
    """The row made again from a history without the records; what others tell of the home stays."""
    tables = dict(prepared.history.tables)
    spells = {spell_of_row(r, tables["spells"].num_rows) for r in twin.gone}
    for name, rows in (("events", twin.gone), ("spells", spells)):
        kept = [i for i in range(tables[name].num_rows) if i not in rows]
        tables[name] = tables[name].take(pa.array(kept, pa.int64()))
    again = prepare(replace(prepared.history, tables=MappingProxyType(tables)))
    out = X.copy()
    own_columns(again, panel, catalogue(), feed_silence(prepared, panel), out)
    return out[twin.row]


def test_nothing_to_take_away() -> None:
    X = np.zeros((3, len(catalogue())), np.float32)
    prepared = prepare(in_memory({}))
    assert without(prepared, panel_of(prepared, (), grace=GRACE), X, []).shape == (0, X.shape[1])
