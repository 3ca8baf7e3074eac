"""The answer key: everything planted is in the history where it says, as often as asked, and nothing else is wrong."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.synthetic import CLEAN, Dirt, Size, Truth, synthesise
from features.synthetic.planted import KINDS

SIZE, NONE = Size(24, 60), Truth(weeks=0)


def tables(folder):
    return {path.stem: pq.read_table(path).to_pandas() for path in folder.glob("*.parquet")}


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    out = tmp_path_factory.mktemp("dirty") / "county"
    synthesise(out, SIZE, NONE, Dirt().times(3))
    return tables(out)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    out = tmp_path_factory.mktemp("clean") / "county"
    synthesise(out, SIZE, NONE, CLEAN)
    return out


def planted(dirty, kind):
    return dirty["planted"][dirty["planted"]["kind"] == kind]


def test_every_kind_is_planted(dirty):
    assert set(dirty["planted"]["kind"]) == set(KINDS)


def test_a_clean_county_has_no_dirt(clean):
    events = pq.read_table(clean / "events.parquet").to_pandas()
    assert not pq.read_table(clean / "planted.parquet").num_rows
    assert not events["retracted"].any()
    assert not events.duplicated().any()
    assert not events["recorded_at"].isna().any()
    rules = {problem.rule for problem in check(clean).problems}
    assert not {rule for rule in rules if "repeat" in rule or "overlap" in rule or "two stays" in rule}, rules


@pytest.mark.parametrize(("kind", "share"), [("duplicated", "duplicated"), ("retracted", "retracted"), ("lost", "lost"),
                                             ("undated", "undated"), ("late", "late")])  # fmt: skip
def test_shares_are_those_asked_for(dirty, kind, share):
    asked, found = getattr(Dirt().times(3), share), len(planted(dirty, kind)) / len(dirty["events"])
    assert asked * 0.5 < found < asked * 1.3  # record ids are only in some feeds


def test_what_is_said_of_events_is_so(dirty):
    events, key = dirty["events"], ["resident_id", "code", "time"]
    undated = events[events["recorded_at"].isna()]
    assert len(undated) == len(planted(dirty, "undated"))
    rows = events.merge(planted(dirty, "retracted")[key], on=key)
    assert rows.groupby(key)["retracted"].any().all()
    again = events[events.duplicated(keep=False)].merge(planted(dirty, "duplicated")[key], on=key)
    assert again[key].drop_duplicates().shape[0] >= 0.95 * planted(dirty, "duplicated")[key].drop_duplicates().shape[0]
    lost = planted(dirty, "lost")
    there = events.merge(lost[key], on=key)
    assert there[key].drop_duplicates().shape[0] < 0.1 * len(lost)
    late = events.merge(planted(dirty, "late")[key], on=key)
    assert ((late["recorded_at"] - late["time"]) > pd.Timedelta(days=7)).groupby(
        [late[k] for k in key]
    ).any().mean() > 0.95


def test_a_stopped_feed_and_a_home_on_paper_send_nothing(dirty):
    events, stays = dirty["events"], dirty["stays"]
    care = events[(events["source"] == "care_record") & events["by"].str.match("(nurse|carer):")]
    placed = care.merge(stays[["resident_id", "home_id", "moved_in", "moved_out"]], on="resident_id")
    placed = placed[(placed["time"] >= placed["moved_in"]) & ~(placed["time"] > placed["moved_out"])]
    paper = set(planted(dirty, "on_paper")["home_id"])
    assert paper
    alone = placed[~placed["resident_id"].isin(stays.loc[stays["resident_id"].duplicated(), "resident_id"])]
    assert not set(alone["home_id"]) & paper
    stopped = planted(dirty, "feed_stopped").dropna(subset=["home_id"])
    assert len(stopped)
    for row in stopped.itertuples():
        silent = alone[(alone["home_id"] == row.home_id) & (alone["time"] >= row.time) & (alone["time"] < row.until)]
        assert silent.empty


def test_overlapping_stays_overlap(dirty):
    stays = dirty["stays"].sort_values(["resident_id", "moved_in"])
    stays["next_in"] = stays.groupby("resident_id")["moved_in"].shift(-1)
    found = stays[stays["moved_out"] > stays["next_in"]]
    said = planted(dirty, "overlapping_stay").dropna(subset=["time"])
    assert len(said)
    assert set(zip(found["resident_id"], found["moved_out"], strict=True)) <= set(
        zip(said["resident_id"], said["time"], strict=True)
    )


def test_negative_rates_are_refused():
    with pytest.raises(ValueError, match="late, lost"):
        Dirt(late=-1, lost=-0.1)
