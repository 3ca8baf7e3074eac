"""Who counts as living where only records tell: chosen by what was before a day, never by what came after it."""

import csv

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.sources.importing import import_history
from features.sources.seen import YEAR, runs, stays_of
from tests.sources.fhir_resources import encounter, folder, imported, patient

DAY = pd.Timedelta(days=1)
BEGIN = pd.Timestamp("2018-01-01", tz="UTC")
DAYS = st.lists(st.integers(0, 2500), min_size=1, max_size=6)
NOBODY = pd.Series(dtype="datetime64[us, UTC]")


def stays(days, last=2500, died=NOBODY):
    at = (BEGIN + pd.to_timedelta(days, "D")).as_unit("us")
    rows = pd.DataFrame({"person_id": "a", "start": at, "end": at})
    return stays_of(runs(rows, ["person_id"]), died, BEGIN + last * DAY)


def present(found, t):
    return bool(((found["moved_in"] <= t) & ~(found["moved_out"] <= t)).any())


@given(DAYS, st.integers(0, 2500))
def test_present_are_those_seen_in_the_year_before(days, t):
    assert present(stays(days), BEGIN + t * DAY) == any(t - 365 < day <= t for day in days)


@given(DAYS, DAYS, st.integers(0, 2500))
def test_no_later_record_changes_who_is_present(days, more, t):
    later = [day for day in more if day > t]
    now = BEGIN + t * DAY
    assert present(stays(days), now) == present(stays(days + later), now)


@given(st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 900)), min_size=1, max_size=8), st.integers(0, 8))
def test_runs_of_runs_are_the_runs(spans, first):
    """So records may be joined batch by batch, in any order."""
    rows = pd.DataFrame({"who": "a", "start": [BEGIN + day * DAY for day, _ in spans],
                         "end": [BEGIN + (day + length) * DAY for day, length in spans]})  # fmt: skip
    whole = runs(rows, ["who"])
    pd.testing.assert_frame_equal(whole, runs(pd.concat([rows[first:], runs(rows[:first], ["who"])]), ["who"]))
    assert (whole["start"].diff().dropna() > YEAR).all()


def test_the_absence_is_known_on_its_day_and_what_may_go_on_is_open():
    found = stays([0, 100, 1000, 2400])
    assert found["moved_out"].tolist()[:2] == [BEGIN + 465 * DAY, BEGIN + 1365 * DAY]
    assert found["moved_out_recorded_at"].tolist()[:2] == found["moved_out"].tolist()[:2]
    assert found["moved_out"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(("days", "moved_in"), [([0, 800], [0]), ([800], [500])])
def test_no_stay_begins_after_death(days, moved_in):
    died = pd.Series([BEGIN + 500 * DAY], ["a"])
    assert stays(days, died=died)["moved_in"].tolist() == [BEGIN + day * DAY for day in moved_in]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Admissions that come at random, half of one a year: nobody's next one follows from the last."""
    rng, root = np.random.default_rng(1), tmp_path_factory.mktemp("hes")
    days = [(f"p{p}", BEGIN + int(d) * DAY) for p in range(2000) for d in np.sort(rng.uniform(0, 2190, rng.poisson(3)))]
    (root / "hes").mkdir()
    with (root / "hes/apc.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        names = "TOKEN_PERSON_ID EPIKEY ADMIDATE ADMIMETH EPISTART EPIEND DISDATE MYDOB SEX PROCODE3"
        writer.writerow(names.split())
        for key, (who, day) in enumerate(days):
            to = f"{day + 3 * DAY:%Y-%m-%d}"
            writer.writerow([who, key, f"{day:%Y-%m-%d}", 21, f"{day:%Y-%m-%d}", to, to, "011940", 1, "RAA"])
    import_history("hes", root / "hes", root / "history")
    return pq.read_table(root / "history/stays.parquet").to_pandas(), pd.DataFrame(days, columns=["who", "at"])


@pytest.mark.parametrize("day", ["2019-06-03", "2021-06-07", "2023-06-05"])
def test_who_lives_there_is_admitted_no_more_often_than_who_was_seen(cohort, day):
    """Stays that ended with the last record held those who would come again: 57 % of them against 23 %."""
    found, admitted = cohort
    t = pd.Timestamp(day, tz="Europe/London")
    there = set(found[(found["moved_in"] < t) & ~(found["moved_out"] <= t)]["resident_id"])
    seen = set(admitted[(admitted["at"] < t) & (admitted["at"] > t - YEAR - 4 * DAY)]["who"])
    soon = set(admitted[admitted["at"].between(t, t + 180 * DAY)]["who"])
    assert there <= seen
    assert len(there) > 0.97 * len(seen)
    assert len(there & soon) / len(there) == pytest.approx(1 - np.exp(-0.5 * 180 / 365), abs=0.04)


def test_encounters_and_home_visits_tell_it_for_a_year_too(tmp_path):
    home = {"resourceType": "Organization", "id": "home", "type": [{"coding": [
        {"system": "http://snomed.info/sct", "code": "42665001"}]}]}  # fmt: skip
    at = {"serviceProvider": {"reference": "Organization/home"}}
    days = ("2018-01-01", "2018-06-01", "2020-01-01", "2021-06-01")

    def visits(kind, who, **more):
        return [encounter(f"{kind}{n}", kind, start=f"{day}T10:00:00Z", end=f"{day}T11:00:00Z", who=who, **more)
                for n, day in enumerate(days)]  # fmt: skip

    wanted = [("2018-01-01", "2019-06-01"), ("2020-01-01", "2020-12-31"), ("2021-06-01", "")]
    for name, rows in (("a", visits("AMB", "Patient/1")), ("b", [home, *visits("HH", "Patient/1", **at)])):
        (tmp_path / name).mkdir()
        found = imported(tmp_path / name, folder(tmp_path / name, patient("1"), *rows))[1]["stays"]
        told = [found[column].dt.strftime("%Y-%m-%d").fillna("") for column in ("moved_in", "moved_out")]
        assert list(zip(*told, strict=True)) == wanted
        assert found["moved_out_recorded_at"].equals(found["moved_out"])
