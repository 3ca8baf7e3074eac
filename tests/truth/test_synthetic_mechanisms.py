"""Single mechanisms of the simulation: what heat, reablement and a home's habits do."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.asof import NEVER
from features.synthetic import CLEAN, Size, Truth, logbook, synthesise
from features.synthetic import params as q
from features.synthetic import state as s
from features.synthetic.block import make_block
from features.synthetic.county import make_county
from features.synthetic.draws import Draws
from features.synthetic.span import make_calendar
from features.synthetic.spells import Spells, spell_table
from features.synthetic.week import set_rates

END = date(2026, 11, 16)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    out = tmp_path_factory.mktemp("mechanisms") / "county"
    synthesise(out, Size(61, 60, seed=4, end=END), Truth(weeks=0), CLEAN)
    return {name: pq.read_table(out / f"{name}.parquet").to_pandas() for name in ("events", "stays", "spells")}


@pytest.fixture(scope="module")
def vectors():
    county = make_county(Size(61, 4, seed=4, end=END), Truth(weeks=1, paths=1), CLEAN)
    return make_block(county, 0, 600).snapshots


def rates(vectors, column, value):
    out = vectors.copy()
    out[:, column] = value
    for row in out:
        set_rates(row)
    return out


def share_of(vectors, kind):
    """The kind's own rate, out of the running total of kinds."""
    return vectors[:, s.ONSET_KIND + kind] - vectors[:, s.ONSET_KIND + kind - 1]


def test_a_week_of_heat_raises_dehydration_urine_infection_and_death_and_nothing_else(vectors):
    cool, hot = rates(vectors, s.HEAT_WAVE, 0.0), rates(vectors, s.HEAT_WAVE, 1.0)
    np.testing.assert_allclose(share_of(hot, s.DEHYDRATION) / share_of(cool, s.DEHYDRATION), 1 + q.HEAT_DEHYDRATION)
    np.testing.assert_allclose(share_of(hot, s.URINE) / share_of(cool, s.URINE), 1 + q.HEAT_URINE)
    np.testing.assert_allclose(hot[:, s.DEATH] / cool[:, s.DEATH], 1 + q.HEAT_DEATH)
    for kind in set(range(1, s.KINDS)) - {s.DEHYDRATION, s.URINE}:
        np.testing.assert_allclose(share_of(hot, kind), share_of(cool, kind), atol=1e-12)
    for column in (s.FALLS, s.FRACTURES, s.SUDDEN_RATE, s.OTHER_RATE, s.SENDING):
        np.testing.assert_array_equal(hot[:, column], cool[:, column])


def test_reablement_begins_after_a_hospital_stay_or_an_assessment_and_ends_after_six_weeks_at_home(tables):
    events = tables["events"]
    rows = events[events["code"] == "reablement"].sort_values(["resident_id", "time"])
    assert len(rows) > 20
    turns = rows.groupby("resident_id")["value"].agg(list)
    assert all(a != b for values in turns for a, b in pairwise(values))
    begun = rows[rows["value"] == 1]
    lasted = rows["time"].groupby(rows["resident_id"]).diff()[(rows["value"] == 0) & rows["resident_id"].duplicated()]
    assert lasted.median().days in (41, 42)
    assert lasted.max() < pd.Timedelta(days=140)
    assert len(lasted) > 5
    spells, stays = tables["spells"], tables["stays"]
    home = spells.dropna(subset=["discharged_at"])[["resident_id", "discharged_at"]]
    begun = begun[begun["time"] > pd.Timestamp(END, tz="UTC") - pd.Timedelta(weeks=58)]  # not from before the records
    near = begun.merge(home, on="resident_id")
    back = (near["time"] - near["discharged_at"]).dt.days.between(-1, 2)
    assessed = set(stays.loc[stays["stay_type"] == "discharge_to_assess", "resident_id"])
    explained = set(near.loc[back, "resident_id"]) | assessed
    assert set(begun["resident_id"]) <= explained


def test_some_falls_are_followed_by_a_999_call_without_conveyance(tables):
    events = tables["events"]
    falls = events[(events["code"] == "fall") & events["by"].str.startswith("carer")]
    calls = events[(events["code"] == "ambulance_callout") & (events["value"] == 0)]
    day = ["resident_id", "day"]
    rung = falls.assign(day=falls["time"].dt.date).merge(calls.assign(day=calls["time"].dt.date)[day], on=day)
    assert 0.04 < len(rung) / len(falls) < 0.25


@pytest.mark.parametrize("changes", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 1)])
def test_a_stay_of_a_few_hours_ends_after_it_began_also_when_the_clocks_change(changes):
    calendar = make_calendar(END, 60, ())
    seconds = np.arange(0, 86_400, 60)
    rows = np.zeros((len(seconds), 8), np.int64)
    rows[:, logbook.A_DAY], rows[:, logbook.A_SECOND] = (changes - calendar.zero).days, seconds
    draws = Draws(np.arange(len(rows), dtype=np.uint64), seconds)
    spells = Spells(rows, draws, np.full(len(rows), NEVER), np.zeros((len(rows), s.VECTOR)), np.full(len(rows), "RXX"))
    table = spell_table(spells, np.arange(len(rows)).astype(str), calendar.midnight, calendar.cutoff)
    stays = table.select(["admitted_at", "discharged_at"]).to_pandas().dropna()
    assert len(stays) > 1_000
    assert (stays["discharged_at"] > stays["admitted_at"]).all()
