"""What must not matter: the order of rows, exact repeats, blocks of residents, other as-ofs, the hour of loading."""

import random
from datetime import timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from look import GRACE, differences, kernel_rows
from strategies import HOUR, Case, cases, in_memory

from features.block import build_block
from features.build import panel_of, prepare
from features.catalogue import catalogue
from features.contract import LATER
from features.home_pass import HomeTotals, home_totals, stays_by_resident
from features.kernel import clock, compute, plan
from features.records import resident_records
from features.streams import RESIDENT_STREAMS

DATED = ("stays", "spells", "events", "objections", "home_events")
RATED = ("fall", "emergency_admission", "infection")


@given(case=cases(), seed=st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(case: Case, seed: int):
    shuffled = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in case.rows.items()}
    assert differences(kernel_rows(case.history, case.as_ofs), kernel_rows(in_memory(shuffled), case.as_ofs)) == []


@given(case=cases(), seed=st.integers(0, 2**32))
def test_exact_repeats_count_once(case: Case, seed: int):
    pick = random.Random(seed)
    repeated = {
        name: rows + [row for row in rows if pick.random() < 0.5] if name in DATED else rows
        for name, rows in case.rows.items()
    }
    assert differences(kernel_rows(case.history, case.as_ofs), kernel_rows(in_memory(repeated), case.as_ofs)) == []


@given(case=cases(), days=st.integers(0, 200))
def test_a_record_sent_again_later_counts_from_its_first_recording(case: Case, days: int):
    events = [row for row in case.rows["events"] if row["record_id"] is None and not row["retracted"]]
    again = [row | {"recorded_at": row["recorded_at"] + timedelta(days=days)} for row in events]
    once, twice = case.rows | {"events": events}, case.rows | {"events": events + again}
    assert differences(kernel_rows(in_memory(once), case.as_ofs), kernel_rows(in_memory(twice), case.as_ofs)) == []


@given(case=cases())
def test_each_as_of_stands_alone(case: Case):
    together = kernel_rows(case.history, case.as_ofs)
    alone = [kernel_rows(case.history, (as_of,)) for as_of in case.as_ofs]
    assert differences(together, {key: row for rows in alone for key, row in rows.items()}) == []


@given(case=cases(), hours=st.integers(-6, 300))
def test_only_grace_and_recording_together_matter(case: Case, hours: int):
    """Everything recorded later by some hours, with so much more grace, gives the same rows."""
    shift = timedelta(hours=hours)
    late = {name: [_recorded_later(row, shift) for row in rows] for name, rows in case.rows.items()}
    moved = kernel_rows(in_memory(late), case.as_ofs, grace=GRACE + hours * HOUR)
    assert differences(kernel_rows(case.history, case.as_ofs), moved) == []


def _recorded_later(row: dict, shift: timedelta) -> dict:
    told = {"recorded_at", "died_recorded_at", *LATER["stays"], *LATER["spells"]}
    return {name: v + shift if name in told and v is not None else v for name, v in row.items()}


@given(case=cases(), size=st.integers(1, 3))
def test_blocks_of_residents_give_the_rows_and_add_up_to_the_homes(case: Case, size: int):
    history = case.history
    prepared = prepare(history)
    panel = panel_of(prepared, case.as_ofs, grace=GRACE)
    measures = catalogue().measures()
    steps = plan(measures, prepared.residents.streams)
    when, rates = clock(case.as_ofs, GRACE, steps.windows), clock(case.as_ofs, GRACE, (28, 364))
    whole = compute(prepared.residents, steps, when, panel.entity, panel.week)
    homes = len(panel.homes)
    stays = stays_by_resident(history, panel.residents, panel.homes)
    totals = home_totals(prepared.residents, stays, rates, RATED, homes)
    added = HomeTotals(np.zeros_like(totals.counts), np.zeros_like(totals.days))
    for first in range(0, len(panel.residents), size):
        ids = panel.residents.slice(first, size)
        ids = pa.array(ids.to_pylist(), pa.string())
        block = build_block(resident_records(history, ids), ids, RESIDENT_STREAMS, history["events"]["record_id"])
        mine = (panel.entity >= first) & (panel.entity < first + size)
        part = compute(block, steps, when, panel.entity[mine] - first, panel.week[mine])
        assert np.array_equal(part, whole[mine], equal_nan=True)
        added += home_totals(block, stays_by_resident(history, ids, panel.homes), rates, RATED, homes)
    assert np.array_equal(added.counts, totals.counts)
    assert np.allclose(added.days, totals.days)
