"""Traps of real OMOP extracts: days far in the future, ids that a double cannot hold, times with zones, odd blanks."""

from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.problems import HistoryError
from tests.sources.test_omop import folder, imported, reasons, visit
from tests.sources.test_omop_details import detail

TRAPS = ["2100-03-01", "2261-03-01", "2262-06-01", "2750-03-01", "3021-03-01", "27500301", "2750-03-01 00:00:00+00:00"]


@pytest.mark.parametrize("day", TRAPS)
def test_everything_may_be_shifted_far_into_the_future(tmp_path, day):
    year = int(day[:4])
    people = [{"person_id": "1", "year_of_birth": str(year - 80), "month_of_birth": "2", "day_of_birth": "28"},
              {"person_id": "2", "year_of_birth": "1", "birth_datetime": f"{year - 90}-07-14T01:00:00+00:00"}]  # fmt: skip
    periods = [{"person_id": p, "observation_period_start_date": f"{year - 1}-01-01", "observation_period_end_date": f"{year}-12-31"}
               for p in ("1", "2")]  # fmt: skip
    visits = [visit("7", start=day, end=""), visit("8", "2", "262", day, day)]
    source = folder(tmp_path, person=people, observation_period=periods, visit_occurrence=visits,
                    death=[{"person_id": "2", "death_date": f"{year}-12-01"}],
                    visit_detail=[detail("81", "8", "9203", day, "2")])  # fmt: skip
    report, tables = imported(tmp_path, source)
    assert not check(tmp_path / "history").errors
    assert not report.dropped
    born = tables["residents"].set_index("resident_id")["date_of_birth"].astype(str).to_dict()
    assert born == {"1": f"{year - 80}-02-28", "2": f"{year - 90}-07-14"}
    assert tables["spells"]["admitted_at"].dt.tz_convert("Europe/London").dt.year.tolist() == [year, year]
    assert tables["residents"]["died_on"].dt.year.dropna().tolist() == [year]
    assert pd.Timestamp(tables["events"]["time"].iloc[0]).year == year


@pytest.mark.parametrize(
    "written", ["9007199254740994.0", "9.007199254740994e+15", "1e+16", "1.5E18", "-9007199254740994.0"]
)
def test_an_id_that_was_rounded_is_refused(tmp_path, written):
    """A double cannot tell 9007199254740993 from its neighbours: the row could be somebody else's."""
    source = folder(tmp_path, visit_occurrence=[visit("7"), visit("8", written)])
    with pytest.raises(
        HistoryError, match=r"visit_occurrence.csv.person_id: ids were rounded, 1 row.*row 2 is the first"
    ):
        imported(tmp_path, source)


@pytest.mark.parametrize(
    ("written", "meant"), [("12.0", "12"), ("1.2e1", "12"), ("1E+15", "10" + "0" * 14), ("1.25e1", "1.25e1")]
)
def test_an_id_in_decimals_that_is_exact_is_that_id(tmp_path, written, meant):
    spells = imported(tmp_path, folder(tmp_path, visit_occurrence=[visit(written)]))[1]["spells"]
    assert spells["spell_id"].tolist() == [meant]


def test_large_and_negative_ids_go_through_every_table_untouched(tmp_path):
    large = "-9007199254740993"
    rows = [{"measurement_id": "9223372036854775807", "person_id": large, "measurement_date": "2021-05-04", "visit_occurrence_id": "9007199254740995",
             "measurement_source_value": "29463-7", "value_as_number": "61.5"}]  # fmt: skip
    source = folder(tmp_path, visit_occurrence=[visit("9007199254740995", large), visit("9007199254740994", "1")], measurement=rows,
                    visit_detail=[detail("9007199254740997", "9007199254740995", "9203", "2021-03-01 09:00", large)])  # fmt: skip
    tables = imported(tmp_path, source)[1]
    assert tables["spells"].set_index("spell_id")["resident_id"].to_dict() == {
        "9007199254740995": large,
        "9007199254740994": "1",
    }
    events = tables["events"].set_index("code")
    assert events.loc["LOINC:29463-7", ["resident_id", "record_id", "source"]].tolist() == [
        large,
        f"measurement:9223372036854775807:{large}",
        "hospital",
    ]
    assert events.loc["ed_attendance", "record_id"] == "visit_detail:9007199254740997"


def parquet(source, name, **columns):
    (source / f"{name}.csv").unlink(missing_ok=True)
    pq.write_table(pa.table(columns), source / f"{name}.parquet")
    return source


def test_times_with_a_zone_in_parquet_keep_it(tmp_path):
    moment = datetime(2021, 6, 1, 8, tzinfo=UTC)
    for zone in ("UTC", "America/New_York"):
        start = pa.array([moment], pa.timestamp("us", zone))
        source = parquet(folder(tmp_path), "visit_occurrence", visit_occurrence_id=[7], person_id=[1], visit_concept_id=[9201],
                         visit_start_datetime=start)  # fmt: skip
        assert imported(tmp_path, source)[1]["spells"]["admitted_at"].tolist() == [pd.Timestamp(moment)]


def test_a_decimal_column_of_pandas_holds_ids_and_days_as_long_as_they_are_exact(tmp_path):
    def source(largest):
        return parquet(folder(tmp_path), "visit_occurrence", visit_occurrence_id=[7.0, float(largest)], person_id=[1.0, 1.0],
                       visit_concept_id=[9201.0, 9201.0], visit_start_date=[20210301.0, 20210401.0], care_site_id=[None, 60.0])  # fmt: skip

    spells = imported(tmp_path, source(2**53 - 1))[1]["spells"]
    assert spells["spell_id"].tolist() == ["7", "9007199254740991"]
    assert spells["admitted_at"].dt.strftime("%Y%m%d").tolist() == ["20210301", "20210331"], "April begins in summer"
    assert spells["provider"].isna().tolist() == [True, False]
    with pytest.raises(HistoryError, match="ids were rounded"):
        imported(tmp_path, source(2**53 + 1))


def test_blank_ids_are_missing_in_parquet_as_in_csv(tmp_path):
    for blank in ("", "  ", "NULL", "\u2003"):
        source = parquet(folder(tmp_path), "visit_occurrence", visit_occurrence_id=["7", blank], person_id=["1", "1"],
                         visit_concept_id=["9201", "9201"], visit_start_date=["2021-03-01", "2021-04-01"])  # fmt: skip
        report = imported(tmp_path, source)[0]
        assert reasons(report) == {("visit_occurrence.parquet", "no visit_occurrence_id"): (1, "row 2")}
        assert not check(tmp_path / "history").errors


@pytest.mark.parametrize(
    ("columns", "table"),
    [({"person_id": [[1]], "death_date": ["2021-01-01"]}, "death"), ({"person_id": [b"\xff\xfe"]}, "death")],
)
def test_columns_that_are_no_text_are_refused(tmp_path, columns, table):
    with pytest.raises(HistoryError, match=r"death\.parquet: cannot be read"):
        imported(tmp_path, parquet(folder(tmp_path), table, **columns))


def test_numbers_are_read_to_the_last_digit_and_others_dropped(tmp_path):
    written = [
        "61.5",
        " 61.5 ",
        "0.1",
        "1e2",
        "-5",
        "5.",
        ".5",
        "",
        "61,5",
        "1e999",
        "inf",
        "0x1A",
        "1_000",
        "about 60",
    ]
    rows = [{"measurement_id": str(n), "person_id": "1", "measurement_date": "2021-05-04", "measurement_source_value": "29463-7",
             "value_as_number": one} for n, one in enumerate(written)]  # fmt: skip
    report, tables = imported(tmp_path, folder(tmp_path, measurement=rows))
    read = tables["events"]["value"].tolist()
    assert read[:7] == [61.5, 61.5, 0.1, 100.0, -5.0, 5.0, 0.5]
    assert pd.isna(read[7:]).tolist() == [True]
    assert reasons(report) == {("measurement.csv", "value_as_number is not a number"): (6, "row 9")}


def test_one_id_for_two_people_is_two_records(tmp_path):
    rows = [{"condition_occurrence_id": "1", "person_id": person, "condition_start_date": "2021-05-04", "condition_source_value": "F03"}
            for person in ("1", "-9007199254740993")]  # fmt: skip
    assert len(imported(tmp_path, folder(tmp_path, condition_occurrence=rows))[1]["events"]) == 2
    assert not check(tmp_path / "history").errors


def test_a_death_before_birth_is_dropped_and_of_several_the_first_counts(tmp_path):
    deaths = [{"person_id": "1", "death_date": day} for day in ("2022-01-05", "1900-01-01", "2022-01-03")]
    report, tables = imported(tmp_path, folder(tmp_path, death=deaths))
    assert tables["residents"]["died_on"].dt.strftime("%Y-%m-%d").dropna().tolist() == ["2022-01-03"]
    assert reasons(report) == {
        ("death.csv", "dead before birth"): (1, "row 2"),
        ("death.csv", "another death of the same person"): (1, "row 1"),
    }


def test_nobody_to_import_and_nowhere_to_stay_are_errors(tmp_path):
    with pytest.raises(HistoryError, match=r"nobody in it can be a resident.*no year of birth: 1 rows, row 1"):
        imported(tmp_path, folder(tmp_path, person=[{"person_id": "1", "year_of_birth": "0"}]))
    with pytest.raises(HistoryError, match="nobody stays anywhere"):
        imported(tmp_path, folder(tmp_path, observation_period=[{"person_id": "404"}]))
