"""What could be known at best: only what was on record by then, worked out again in plain words, and bounded by truth."""

from dataclasses import replace
from datetime import date

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.synthetic import Dirt, Size, Truth, synthesise
from features.synthetic import codes as c
from features.synthetic import logbook as m
from features.synthetic import state as s
from features.synthetic.block import make_block, records_of
from features.synthetic.county import auroc, make_county
from features.synthetic.observed import OBSERVED, observed
from features.synthetic.reachable import known

MONDAYS = (date(2026, 9, 21), date(2026, 11, 16))
SIZE, TRUTH = Size(61, 40, seed=3), Truth(mondays=MONDAYS, paths=20)


@pytest.fixture(scope="module")
def block():
    county = make_county(SIZE, TRUTH, Dirt())
    made = make_block(county, 0, 300)
    return county, made, records_of(county, made)[0]


def column(X, name):
    return X[:, OBSERVED.index(name)]


def first_monday(county, made):
    return np.flatnonzero(made.snapshot_of[:, 1] == county.mondays[0])


def test_rows_are_those_of_the_written_truth(tmp_path):
    synthesise(tmp_path / "county", Size(9, 30), Truth(weeks=2, paths=5))
    truth = pq.read_table(tmp_path / "county" / "truth.parquet").to_pandas().set_index(["resident_id", "as_of"])
    seen = 0
    for one in known(Size(9, 30), Truth(weeks=2, paths=5), block_beds=40):
        rows = truth.loc[list(zip(one.ids, one.as_of.astype(object), strict=True))]
        assert (rows["risk"].to_numpy() == one.risk).all()
        assert (rows["admitted"].to_numpy() == one.admitted).all()
        assert one.X.shape == (len(rows), len(OBSERVED))
        seen += len(rows)
    assert seen == len(truth)


HIDDEN = (s.FRAIL, s.HIDDEN, s.FALL_PRONE, s.EPISODE, s.SEVERITY, s.TARGET, s.TREATED, s.INFECTED, s.UNSTEADY, s.POST,
          s.EARLY, s.WASTING, s.WEIGHT, s.OUTBREAK, s.VACANCY, s.HEAT_WAVE, s.TERMINAL, s.LEAVE, s.HOME_SENDING, s.QUALITY,
          s.MEDICINES)  # fmt: skip


def test_neither_what_comes_later_nor_what_is_hidden_is_seen(block):
    """Later rows and spells are taken away, the homes' weeks from now on and all hidden state are changed."""
    county, made, rows = block
    chosen = first_monday(county, made)
    monday = county.mondays[0]
    midnight = county.calendar.midnight[monday]
    earlier = rows.take(np.flatnonzero((rows.time < midnight) & (rows.recorded < midnight + 6 * 3_600_000_000)))
    assert len(earlier.time) < len(rows.time)
    past = made.spells[:, m.A_DAY] < monday
    assert 0 < past.sum() < len(past)
    snapshots = made.snapshots.copy()
    snapshots[:, HIDDEN] = 77.0
    weeks = county.world.weeks.copy()
    weeks[:, (monday - county.calendar.span.begin) // 7 :] = 1
    changed = replace(county, world=county.world._replace(weeks=weeks))
    blind = replace(made, spells=made.spells[past], snapshots=snapshots)
    np.testing.assert_array_equal(observed(county, made, rows, chosen), observed(changed, blind, earlier, chosen))


def test_admissions_are_known_once_they_are_recorded(block):
    county, made, rows = block
    chosen = first_monday(county, made)
    X = observed(county, made, rows, chosen)
    since = column(X, "days since admission")
    last = pd.DataFrame(
        made.spells[made.spells[:, m.A_CAUSE] != s.ELECTIVE][:, [m.A_RESIDENT, m.A_DAY]], columns=["who", "day"]
    )
    last = last[last["day"] < county.mondays[0] - 4].groupby("who")["day"].max().reindex(made.snapshot_of[chosen, 0])
    known = last.notna().to_numpy()
    assert np.isfinite(since[known]).all()
    assert (since[np.isfinite(since)] > 0.5).all()
    assert (since[known] <= (county.mondays[0] - last[known]).to_numpy() + 0.01).all()


def test_readings_worked_out_again_from_the_rows(block):
    county, made, rows = block
    chosen = first_monday(county, made)
    X = observed(county, made, rows, chosen)
    midnight = county.calendar.midnight[county.mondays[0]]
    seen = (rows.time < midnight) & (rows.recorded < midnight + 6 * 3_600_000_000)
    table = pd.DataFrame({"who": rows.resident, "code": rows.code, "value": rows.value, "text": rows.text,
                          "number": rows.number, "gone": rows.retracted,
                          "days": (midnight - rows.time) / 86_400_000_000})[seen]  # fmt: skip
    table = table.drop_duplicates("number", keep="last").query("not gone")
    who = made.snapshot_of[chosen, 0]
    signs = table[table["code"] == c.SOFT_SIGN]
    faded = np.exp(-signs["days"] / 14).groupby(signs["who"]).sum().reindex(who, fill_value=0)
    np.testing.assert_allclose(column(X, "soft_sign fading over 14"), faded, rtol=1e-5)
    new_cough = signs[signs["text"] == 6]
    faded = np.exp(-new_cough["days"] / 6).groupby(new_cough["who"]).sum().reindex(who, fill_value=0)
    np.testing.assert_allclose(column(X, "new cough fading over 6"), faded, rtol=1e-5)
    last = table[table["code"] == c.CFS].groupby("who").last().reindex(who)
    np.testing.assert_allclose(column(X, "latest cfs"), last["value"])
    np.testing.assert_allclose(column(X, "days since cfs"), last["days"], rtol=1e-5)
    weights = table[table["code"] == c.WEIGHT_KG]
    w = np.exp(-weights["days"] / 60) + 1e-12
    mean = (w * weights["value"]).groupby(weights["who"]).sum() / w.groupby(weights["who"]).sum()
    np.testing.assert_allclose(column(X, "mean weight_kg over 60"), mean.reindex(who), rtol=1e-5)
    assert np.isfinite(column(X, "mean weight_kg over 60")).mean() > 0.5


def test_a_learner_of_the_observed_ranks_below_the_truth_and_above_frailty():
    learnt, test = (
        [
            np.concatenate([getattr(one, name) for one in known(Size(61, 40, 2_000, seed), TRUTH)])
            for name in ("X", "risk")
        ]
        for seed in (21, 22)
    )
    params = {"objective": "cross_entropy", "num_leaves": 15, "learning_rate": 0.05, "verbose": -1, "num_threads": 1,
              "min_data_in_leaf": 50, "deterministic": True}  # fmt: skip
    found = lgb.train(params, lgb.Dataset(*learnt), 80).predict(test[0])
    drawn = np.random.default_rng(1).random(len(found)) < test[1]
    oracle, ceiling, frailty = (auroc(x, drawn) for x in (test[1], found, column(test[0], "latest cfs")))
    assert frailty + 0.05 < ceiling < oracle
    assert found.mean() == pytest.approx(test[1].mean(), rel=0.15)
