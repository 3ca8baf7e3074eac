"""Lists and reviews in an invented county: who is listed when, what a review does, and that the truth knows of it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.synthetic import CLEAN, Reviews, Size, Truth, synthesise
from features.synthetic import logbook as m
from features.synthetic import state as s
from features.synthetic.block import make_block, snapshots_of
from features.synthetic.county import make_county
from features.synthetic.homes import make_homes
from features.synthetic.risks import ALL, risks, without_lists
from features.synthetic.rollout import starts

END = date(2026, 11, 16)
SIZE, TRUTH = Size(61, 30, seed=5, end=END), Truth(weeks=1, paths=20)
ROLLED_OUT = Reviews(0.73, 0.1, begin=20, steps=3, step_weeks=4, never=0.25)


def tables(folder):
    return {path.stem: pq.read_table(path).to_pandas() for path in folder.glob("*.parquet")}


def made(out, reviews, size=SIZE):
    synthesise(out, size, TRUTH, CLEAN, reviews)
    return tables(out)


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    return made(tmp_path_factory.mktemp("without") / "county", Reviews())


@pytest.fixture(scope="module")
def acting(tmp_path_factory):
    return made(tmp_path_factory.mktemp("acting") / "county", ROLLED_OUT)


def test_no_lists_leave_no_trace(without):
    assert not {"reviews", "rollout"} & set(without)
    assert "risk_unlisted" not in without["truth"]


@pytest.mark.thorough
def test_reviews_that_do_nothing_change_nothing_but_the_records_of_reviews(tmp_path):
    """Dirt and delays of every other record included."""
    idle, none = (tmp_path / name for name in ("idle", "none"))
    synthesise(idle, SIZE, TRUTH, reviews=replace(ROLLED_OUT, ratio=1.0))
    synthesise(none, SIZE, TRUTH)
    idle, none = tables(idle), tables(none)
    for name in ("spells", "stays", "residents", "objections", "home_events"):
        pd.testing.assert_frame_equal(idle[name], none[name])
    left, right = ({tuple(row) for row in t["events"].drop(columns="by").astype(str).to_numpy()} for t in (idle, none))
    assert not right - left
    assert {row[2] for row in left - right} == {"mdt_review", "care_plan"}
    assert len(idle["reviews"]) > 300
    assert (idle["truth"]["risk"] == idle["truth"]["risk_unlisted"]).all()


def test_homes_begin_in_groups_and_list_from_their_day_on(acting):
    start = acting["rollout"].set_index("home_id")["lists_from"]
    assert start.isna().sum() == 15
    assert set(start.dropna()) == {END - timedelta(weeks=20 - 4 * k) for k in range(3)}
    assert start.value_counts().max() - start.value_counts().min() <= 1
    rows = acting["reviews"]
    assert (rows["listed_on"] >= start[rows["home_id"]].to_numpy()).all()
    assert acting["reviews"]["listed_on"].map(date.weekday).eq(0).all()


def test_a_review_is_on_record_in_the_week_of_its_list_and_nobody_is_listed_while_one_acts(acting):
    rows = acting["reviews"]
    done = rows.dropna(subset=["reviewed_at"])
    assert 0.6 < len(done) / len(rows) < 0.8
    mondays = pd.to_datetime(done["listed_on"]).dt.tz_localize("UTC")
    assert (done["reviewed_at"] - mondays).between(pd.Timedelta(0), pd.Timedelta(days=5)).all()
    events = acting["events"]
    written = events[events["code"] == "mdt_review"].merge(done, left_on=["resident_id", "time"],
                                                          right_on=["resident_id", "reviewed_at"])  # fmt: skip
    lost = done[
        ~done.set_index(["resident_id", "reviewed_at"]).index.isin(written.set_index(["resident_id", "time"]).index)
    ]
    died = acting["residents"].set_index("resident_id")["died_on"].reindex(lost["resident_id"]).to_numpy()
    export = pd.Timestamp(END, tz="UTC") - pd.Timedelta(days=10)  # what is recorded later is not in the history
    same_day = (pd.to_datetime(died, utc=True) - lost["reviewed_at"]).abs() < pd.Timedelta(days=1)
    assert ((lost["reviewed_at"] > export) | same_day.to_numpy()).all()
    assert len(lost) < 0.02 * len(done)
    pairs = done.merge(rows, on="resident_id")
    assert not ((pairs["listed_on_y"] > pairs["listed_on_x"]) & (pairs["listed_on_y"] < pairs["acts_until_x"])).any()


@pytest.fixture(scope="module")
def county_of():
    def make(reviews):
        return make_county(SIZE, Truth(weeks=6, paths=20), CLEAN, reviews)

    return make


def listed_over_all(county_of, reviews):
    """Share listed and their mean true risk over everyone's, on the Monday on which all homes begin."""
    county = county_of(replace(reviews, begin=4, steps=1, never=0.0))
    block = make_block(county, 0, len(county.world.bed_home))
    at = snapshots_of(block, np.flatnonzero(block.snapshot_of[:, 1] == county.calendar.span.end - 28))
    risk = risks(at, ALL, 7, county.world.season, 30).risk
    listed = m.listings(block.log)
    who = listed[listed[:, m.L_DAY] == county.calendar.span.end - 28, m.L_RESIDENT]
    chosen = np.isin(at.resident, who)
    return chosen.mean(), risk[chosen].mean() / risk.mean()


def test_a_list_takes_its_share_and_a_good_one_takes_those_at_risk(county_of):
    (share, good), (by_chance, poor) = (listed_over_all(county_of, Reviews(1.0, 0.1, error=x)) for x in (0.2, 100.0))
    assert share == pytest.approx(0.1, abs=0.03)
    assert by_chance == pytest.approx(0.1, abs=0.03)
    assert good > 2.0
    assert 0.6 < poor < 1.5


@pytest.mark.parametrize("ratio", [0.73, 0.9, 1.2])
def test_a_review_multiplies_the_hazard_of_admission_by_its_ratio(county_of, ratio):
    """Everyone reviewed for the whole horizon: cumulative hazards are in the ratio, resident for resident on average."""
    county = county_of(Reviews(ratio, 1.0, done=1.0, begin=10, steps=1))
    block = make_block(county, 0, 400)
    at = snapshots_of(block, np.flatnonzero(block.snapshot_of[:, 1] == county.calendar.span.end))
    vectors = at.vectors.copy()
    vectors[:, s.REVIEWED_UNTIL] = 1e9
    acting = risks(replace(at, vectors=vectors), ALL, 14, county.world.season, 100).risk
    never = risks(replace(at, vectors=without_lists(vectors)), ALL, 14, county.world.season, 100).risk
    assert -np.log1p(-acting).sum() / -np.log1p(-never).sum() == pytest.approx(ratio, abs=0.03)


def test_true_risks_know_of_reviews_to_come(county_of):
    """With strong reviews of everyone, the mean risk is still the share admitted; without them it would be higher."""
    county = county_of(Reviews(0.5, 1.0, done=1.0, begin=6, steps=1))
    block = make_block(county, 0, len(county.world.bed_home))
    at = snapshots_of(block, np.flatnonzero(block.snapshot_of[:, 1] == county.calendar.span.end))
    found = risks(at, ALL, 28, county.world.season, 30)
    error = np.sqrt((found.risk * (1 - found.risk)).sum()) / len(found.risk)
    assert abs(found.risk.mean() - found.admitted.mean()) < 4 * error
    blind = risks(replace(at, vectors=without_lists(at.vectors)), ALL, 28, county.world.season, 30).risk
    assert blind.mean() - found.admitted.mean() > 4 * error


def test_a_home_is_as_it_would_have_been_until_its_lists_begin_and_has_fewer_admissions_after(without, tmp_path):
    acting = made(tmp_path / "county", Reviews(0.5, 1.0, done=1.0, begin=20, steps=2, step_weeks=10))
    start = pd.to_datetime(acting["rollout"].set_index("home_id")["lists_from"]).dt.tz_localize("UTC")
    moved = set(acting["stays"].loc[acting["stays"]["resident_id"].duplicated(), "resident_id"])
    before, after = [], []
    for one in (without, acting):
        home = one["stays"].drop_duplicates("resident_id").set_index("resident_id")["home_id"]
        spells = one["spells"][
            ~one["spells"]["resident_id"].isin(moved) & one["spells"]["admission_method"].str.startswith("2")
        ]
        late = (spells["admitted_at"] >= spells["resident_id"].map(home).map(start)).to_numpy()
        before.append(spells.loc[~late, ["resident_id", "admitted_at"]].reset_index(drop=True))
        after.append(late.sum())
    pd.testing.assert_frame_equal(*before)
    assert after[1] < 0.75 * after[0]


def test_a_mover_is_without_lists_too(county_of):
    county = county_of(Reviews(0.5, 1.0, done=1.0, begin=6, steps=1))
    block = make_block(county, 0, 300)
    at = snapshots_of(block, np.flatnonzero(block.snapshot_of[:, 1] == county.calendar.span.end))
    vectors = at.vectors.copy()
    vectors[:, s.MOVE], vectors[:, s.MOVE_TO], vectors[:, s.MOVE_LISTS_FROM] = at.day, vectors[:, s.HOME], 0
    vectors[:, s.MOVE_SENDING] = vectors[:, s.HOME_SENDING]
    never = vectors.copy()
    never[:, s.LISTS_FROM] = never[:, s.MOVE_LISTS_FROM] = s.NEVER_LISTED
    never[:, s.REVIEWED_UNTIL], never[:, s.REVIEW_ON] = 0, -1
    found, wanted = (
        risks(replace(at, vectors=v), ALL, 28, county.world.season, 20).risk for v in (without_lists(vectors), never)
    )
    assert (found == wanted).all()


def test_lists_that_would_begin_outside_the_history_are_refused(county_of):
    for wrong in (Reviews(0.9, 0.1, begin=52), Reviews(0.9, 0.1, begin=10, steps=4, step_weeks=8)):
        with pytest.raises(ValueError, match="all groups of homes must begin"):
            county_of(wrong)


def test_starts_can_be_never_and_groups_are_even():
    homes = make_homes(60, None, 1)
    assert (starts(len(homes), Reviews(never=1.0), 5000, 1) == s.NEVER_LISTED).all()
    groups = np.unique(starts(len(homes), Reviews(steps=6), 5000, 1), return_counts=True)[1]
    assert groups.tolist() == [10] * 6


@pytest.mark.parametrize(
    "wrong", [{"ratio": -1}, {"listed": 1.2}, {"done": -0.1}, {"weeks": 0}, {"steps": 0}, {"never": 2}, {"error": -1}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="reviews"):
        Reviews(**wrong)
