"""A small synthetic county: the contract, what an export can know, determinism, and the truth."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime

import numba
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.asof import instant
from features.catalogue import catalogue
from features.contract import RECORDED, TABLES
from features.synthetic import Dirt, Size, Truth, synthesise
from features.synthetic import state as s
from features.synthetic.block import County, make_block, snapshots_of
from features.synthetic.county import auroc, make_county
from features.synthetic.drivers import GROUPS, drivers, medians, usual
from features.synthetic.dynamics import admit, day_step
from features.synthetic.risks import ALL, DEFAULT, risks
from features.synthetic.truth import HORIZON, home_monday

END = date(2026, 11, 16)
SMALL, TRUTH = Size(8, 40, end=END), Truth(weeks=8, paths=20)
CUTOFF = pd.Timestamp(datetime(2026, 11, 16, 6, tzinfo=UTC))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("synthetic") / "county"
    synthesise(out, SMALL, TRUTH)
    return out


@pytest.fixture(scope="module")
def tables(folder):
    return {path.stem: pq.read_table(path).to_pandas() for path in folder.glob("*.parquet")}


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.parquet"))}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_other_ones(folder, tmp_path):
    synthesise(tmp_path / "again", SMALL, TRUTH)
    synthesise(tmp_path / "other", replace(SMALL, seed=2), TRUTH)
    assert digests(tmp_path / "again") == digests(folder)
    assert digests(tmp_path / "other")["events.parquet"] != digests(folder)["events.parquet"]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_have_the_contracts_columns_types_and_values(folder, tables, name):
    assert pq.read_schema(folder / f"{name}.parquet").equals(TABLES[name].schema)
    frame = tables[name]
    assert len(frame)
    for column in TABLES[name].columns:
        values = frame[column.name]
        assert not (column.required and values.isna().any()), column.name
        assert not column.allowed or set(values.dropna()) <= column.allowed, column.name
        assert column.low is None or values.dropna().ge(column.low).all(), column.name
        assert column.high is None or values.dropna().le(column.high).all(), column.name


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_nothing_is_recorded_before_it_happens_or_after_the_export(tables, name):
    for time, recorded in RECORDED[name]:
        rows = tables[name].dropna(subset=[recorded])
        assert (rows[recorded] >= rows[time]).all()
        assert (rows[recorded] < CUTOFF).all()
        assert tables[name].loc[tables[name][recorded].isna(), recorded].isna().all()


def test_fields_not_yet_recorded_are_empty(tables):
    spells, stays, residents = tables["spells"], tables["stays"], tables["residents"]
    coded = spells["coded_at"].notna()
    assert spells.loc[~coded, ["primary_diagnosis", "secondary_diagnoses", "cost"]].isna().all().all()
    assert spells.loc[coded, "primary_diagnosis"].notna().all()
    out = spells["discharge_recorded_at"].notna()
    assert (spells["discharged_at"].notna() == out).all()
    assert spells.loc[~out, ["discharge_destination", "ready_for_discharge_on"]].isna().all().all()
    assert (stays["moved_out"].notna() == stays["moved_out_recorded_at"].notna()).all()
    assert (residents["died_on"].notna() == residents["died_recorded_at"].notna()).all()
    assert (~coded).any()
    assert (~out).any()


def test_ids_resolve_and_keys_are_unique(tables):
    known = {"resident_id": set(tables["residents"]["resident_id"]), "home_id": set(tables["homes"]["home_id"])}
    for name, table in TABLES.items():
        for column in table.refers:
            assert set(tables[name][column]) <= known[column]
        if table.key:
            assert not tables[name].duplicated(list(table.key)).any()


def test_lives_make_sense(tables):
    residents, stays, spells, events = (tables[n] for n in ("residents", "stays", "spells", "events"))
    assert (stays["moved_out"].dropna() > stays.loc[stays["moved_out"].notna(), "moved_in"]).all()
    ordered = stays.sort_values(["resident_id", "moved_in"])
    previous = ordered.groupby("resident_id")["moved_out"].shift()
    planted = tables["planted"].query("kind == 'overlapping_stay'")
    assert set(ordered.loc[ordered["moved_in"] < previous, "resident_id"]) <= set(planted["resident_id"])
    died = residents.dropna(subset=["died_on"])[["resident_id", "died_on"]]
    assert not (events.merge(died, on="resident_id").eval("time >= died_on")).any()
    assert not (spells.merge(died, on="resident_id").eval("discharged_at > died_on")).any()
    ended = spells.dropna(subset=["discharged_at"])
    assert (ended["discharged_at"] > ended["admitted_at"]).all()
    ready = spells.dropna(subset=["ready_for_discharge_on"])
    assert (ready["ready_for_discharge_on"] > ready["admitted_at"]).all()
    assert (ready["ready_for_discharge_on"] <= ready["discharged_at"]).all()


def test_dirt_is_planted(tables):
    events = tables["events"]
    assert events["retracted"].any()
    assert events.duplicated().any()
    numbered = events.dropna(subset=["record_id"]).drop_duplicates()
    versions = numbered[~numbered["retracted"]].groupby(["source", "record_id"])
    assert (versions["value"].nunique() > 1).any()
    assert set(events.loc[events["record_id"].isna(), "source"]) == {"community", "urgent_care"}
    late = events["recorded_at"] - events["time"] > pd.Timedelta(days=7)
    assert 0.0005 < late.mean() < 0.02
    assert set(tables["objections"]["kind"]) <= {"national_data_opt_out", "type_1", "local"}


def test_truth_covers_everyone_who_lives_in_a_home_at_that_instant(tables):
    truth, stays = tables["truth"], tables["stays"]
    assert not truth.duplicated(["resident_id", "as_of"]).any()
    mondays = sorted(set(truth["as_of"]))
    assert len(mondays) == TRUTH.weeks
    assert mondays[-1] == END
    for day in mondays[:-3]:  # later moves out may not be on record yet
        at = pd.Timestamp(instant(day), unit="us", tz="UTC")
        there = stays[(stays["moved_in"] < at) & ~(stays["moved_out"] <= at)]
        assert set(there["resident_id"]) == set(truth.loc[truth["as_of"] == day, "resident_id"])


def test_admitted_agrees_with_the_spells_once_they_are_coded(tables):
    truth, spells = tables["truth"], tables["spells"]
    first = truth[truth["as_of"] == truth["as_of"].min()]
    start = pd.Timestamp(instant(first["as_of"].iloc[0]), unit="us", tz="UTC")
    emergency = spells[spells["admission_method"].str.match("2[^B]")]
    window = (emergency["admitted_at"] >= start) & (emergency["admitted_at"] < start + pd.Timedelta(days=28))
    assert set(first.loc[first["admitted_any"], "resident_id"]) == set(emergency.loc[window, "resident_id"]) & set(
        first["resident_id"]
    )


def test_risks_are_chances_with_errors_and_any_is_at_least_avoidable(tables):
    truth = tables["truth"]
    assert truth["risk"].between(0, 1).all()
    assert (truth["risk_any"] >= truth["risk"] - 4 * (truth["risk_se"] + truth["risk_any_se"]) - 1e-9).all()
    assert (truth["admitted_any"] | ~truth["admitted"]).all()


@pytest.fixture(scope="module")
def block():
    county: County = make_county(Size(40, 4, 1500, 11, END), Truth(weeks=4, paths=40), Dirt())
    made = make_block(county, 0, len(county.world.bed_home))
    return county, made


def some(block, rows):
    """The snapshots of a made block at these rows."""
    return snapshots_of(block[1], rows)


def test_threads_change_nothing(block, monkeypatch):
    at, season = some(block, np.arange(300)), block[0].world.season
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 1)
    one = risks(at, DEFAULT, HORIZON, season, 5)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 3)
    three = risks(at, DEFAULT, HORIZON, season, 5)
    assert (one.risk == three.risk).all()
    assert (one.error == three.error).all()


def test_the_homes_week_and_the_season_of_the_first_monday_are_not_drawn_again(block):
    """Before the next Monday nothing but the vector counts: not the seasons, and no outbreak may end."""
    at, season = some(block, np.arange(300)), block[0].world.season
    week, other = (risks(at, ALL, 7, one, 20).risk for one in (season, season * 0))
    assert (week == other).all()


OUTCOMES = [(DEFAULT, 28), (ALL, 28), ("falls", 28), ("ld_sensitive", 56), ("nhsof_2_3_i", 56), (ALL, 7)]


@pytest.mark.parametrize(("outcome", "horizon"), OUTCOMES)
def test_true_risks_are_calibrated(block, outcome, horizon):
    """The mean risk of a Monday is the share admitted, within four standard errors of that share."""
    county, made = block
    first = np.flatnonzero(made.snapshot_of[:, 1] == made.snapshot_of[:, 1].min())
    found = risks(some(block, first), outcome, horizon, county.world.season, 40)
    error = np.sqrt((found.risk * (1 - found.risk)).sum()) / len(found.risk)
    assert 0 < found.risk.mean() < 0.5
    assert abs(found.risk.mean() - found.admitted.mean()) < 4 * error
    assert auroc(found.risk, found.admitted) > 0.6


def test_longer_horizons_and_wider_outcomes_have_higher_risks(block):
    at, season = some(block, np.arange(0, 1500, 10)), block[0].world.season
    week, month = (risks(at, DEFAULT, days, season, 60) for days in (7, 28))
    wide = risks(at, ALL, 28, season, 60)
    assert (week.risk <= month.risk + 1e-12).all()
    assert month.risk.mean() < wide.risk.mean()


def test_an_illness_and_a_return_from_hospital_drive_the_risk_of_those_who_have_them(block):
    county, made = block
    at = some(block, np.arange(0, len(made.snapshots), 4))
    median = medians(made.snapshots)
    found = drivers(at, median, county.world.season, 60)
    assert set(found) == set(GROUPS) <= set(catalogue().groups.values())
    for group, column, above in (("Infection", s.SEVERITY, 0.3), ("Recent hospital stay", s.POST, 1.0)):
        x = at.vectors
        has = (x[:, column] > above) & ((column != s.SEVERITY) | np.isin(x[:, s.EPISODE], (s.CHEST, s.URINE)))
        assert has.sum() >= 5
        assert np.median(found[group][has, 0]) > 0.3
    for group, (log_odds, _) in ((g, f.T) for g, f in found.items()):
        same = (usual(at.vectors, group, median) == at.vectors).all(axis=1)
        assert (log_odds[same] == 0).all(), group


def test_the_risk_of_a_resident_is_how_often_simulated_lives_are_admitted(block):
    """Admissions actually happening, counted, against the mean of 1 - exp(-cumulative hazard) without them."""
    county, made = block
    season = county.world.season
    rough = risks(some(block, np.arange(len(made.snapshots))), DEFAULT, HORIZON, season, 20).risk
    row = int(np.argmax(rough * (rough < 0.3)))
    vector, day = made.snapshots[row], int(made.snapshot_of[row, 1])
    at = some(block, np.full(8, row))
    at = replace(at, stream=np.arange(len(at.stream), dtype=np.uint64))
    expected = [risks(at, outcome, HORIZON, season, 4_000).risk[0] for outcome in (DEFAULT, ALL)]
    many = np.arange(4_000, dtype=np.uint64)
    lives = np.array([_live(vector.copy(), key, day, season) for key in many * np.uint64(7919)])
    for column, risk in enumerate(expected):
        assert abs(lives[:, column].mean() - risk) < 4 * np.sqrt(risk * (1 - risk) / len(lives))


def _live(x, key, first, season):
    """One life of 28 days: whether an avoidable, and whether any, emergency admission happened."""
    avoidable = emergency = False
    for day in range(first, first + HORIZON):
        if day % 7 == 0:
            home_monday(x, season, key, day)
        day_step(x, key, day)
        if x[s.DID_AVOIDABLE] + x[s.DID_OTHER] > 0:
            emergency, avoidable = True, avoidable or x[s.DID_AVOIDABLE] > 0
            admit(x, key, day)
        if avoidable or x[s.STATUS] != s.LIVING:
            break
    return avoidable, emergency


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "county").mkdir()
    (tmp_path / "county" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="give another folder"):
        synthesise(tmp_path / "county", SMALL, TRUTH)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: make_county(replace(SMALL, end=date(2026, 11, 17)), TRUTH, Dirt()),
        lambda: make_county(SMALL, replace(TRUTH, weeks=41), Dirt()),
        lambda: make_county(SMALL, replace(TRUTH, mondays=(date(2026, 11, 18),)), Dirt()),
        lambda: Size(homes=0),
        lambda: Truth(paths=0),
        lambda: Truth(also=(("fall", 28),)),
        lambda: Truth(also=(("falls", 400),)),
    ],
)
def test_impossible_arguments_are_refused(wrong):
    with pytest.raises(ValueError, match=r"Monday|at least 1|unknown outcome"):
        wrong()
