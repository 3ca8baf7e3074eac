"""OMOP folders as histories: what counts as what, every way of writing a value, and what is wrong said in full."""

import csv
import json
import tarfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.history import open_history
from features.problems import HistoryError, UsageError
from features.sources.importing import import_history
from features.sources.options import Options

SYNTHEA = Path(__file__).resolve().parents[3] / "shared/data/omop_synthea1130.tar.gz"
PEOPLE = [
    {
        "person_id": "1",
        "gender_concept_id": "8532",
        "year_of_birth": "1938",
        "month_of_birth": "7",
        "day_of_birth": "14",
    },
    {"person_id": "-9007199254740993", "gender_concept_id": "8507", "year_of_birth": "1940"},
]
PERIODS = [
    {
        "person_id": p["person_id"],
        "observation_period_start_date": "2020-01-06",
        "observation_period_end_date": "2022-05-02",
    }
    for p in PEOPLE
]


def visit(number, person="1", concept="9201", start="2021-03-01", end="2021-03-05", **more):
    return {"visit_occurrence_id": number, "person_id": person, "visit_concept_id": concept, "visit_start_date": start,
            "visit_end_date": end, **more}  # fmt: skip


def folder(tmp_path, *, upper=False, **tables):
    out = tmp_path / "omop"
    out.mkdir(exist_ok=True)
    for name, rows in ({"person": PEOPLE, "observation_period": PERIODS} | tables).items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with (out / f"{name.upper() if upper else name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writerow({key: key.upper() if upper else key for key in columns})
            writer.writerows(rows)
    return out


def imported(tmp_path, source, options=None, **more):
    report = import_history("omop", source, tmp_path / "history", options, **more)
    tables = {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}
    return report, tables


def reasons(report):
    return {(one.file, one.reason): (one.rows, one.example) for one in report.dropped}


def test_people_keep_their_ids_and_get_the_middle_of_what_is_not_known(tmp_path):
    report, tables = imported(tmp_path, folder(tmp_path))
    people = tables["residents"].set_index("resident_id")
    assert set(people.index) == {"1", "-9007199254740993"}
    assert people["date_of_birth"].astype(str).to_dict() == {"1": "1938-07-14", "-9007199254740993": "1940-07-01"}
    assert people["sex"].to_dict() == {"1": "F", "-9007199254740993": "M"}
    assert not report.dropped
    assert not check(tmp_path / "history").errors


def test_names_may_be_upper_case_and_tables_parquet(tmp_path):
    lower = imported(tmp_path / "a", folder(mk(tmp_path / "a"), visit_occurrence=[visit("7")]))[1]
    upper = imported(tmp_path / "b", folder(mk(tmp_path / "b"), upper=True, visit_occurrence=[visit("7")]))[1]
    source = folder(mk(tmp_path / "c"), visit_occurrence=[visit("7")])
    for path in list(source.glob("*.csv")):
        frame = pd.read_csv(path)
        for column in frame:
            if column.endswith("_date"):
                frame[column] = pd.to_datetime(frame[column]).dt.date
        pq.write_table(pa.Table.from_pandas(frame), path.with_suffix(".parquet"))
        path.unlink()
    typed = imported(tmp_path / "c", source)[1]
    for name in ("residents", "stays", "spells", "events"):
        pd.testing.assert_frame_equal(lower[name], upper[name])
        pd.testing.assert_frame_equal(lower[name], typed[name])
    assert lower["spells"]["spell_id"].tolist() == ["7"]


def test_endings_may_be_upper_case(tmp_path):
    source = folder(tmp_path, visit_occurrence=[visit("7")])
    for path in list(source.glob("*.csv")):
        pq.write_table(pa.Table.from_pandas(pd.read_csv(path, dtype=str)), source / f"{path.stem.upper()}.PARQUET")
        path.unlink()
    assert imported(tmp_path, source)[1]["spells"]["spell_id"].tolist() == ["7"]


def mk(path):
    path.mkdir()
    return path


@pytest.mark.parametrize(
    "written",
    ["2021-03-01", "20210301", "2021-03-01 00:00:00", "2021-03-01T00:00:00Z", " 2021-03-01 ", "2021-03-01 00:00"],
)
def test_a_day_may_be_written_in_many_ways(tmp_path, written):
    spells = imported(tmp_path, folder(tmp_path, visit_occurrence=[visit("1", start=written)]))[1]["spells"]
    assert spells["admitted_at"].tolist() == [pd.Timestamp("2021-03-01", tz="UTC")]


def test_dates_shifted_far_into_the_future_are_kept(tmp_path):
    periods = [{**one, "observation_period_end_date": "2750-01-01"} for one in PERIODS]
    source = folder(
        tmp_path, observation_period=periods, visit_occurrence=[visit("1", start="2749-03-01", end="2749-03-09")]
    )
    assert imported(tmp_path, source)[1]["spells"]["admitted_at"].dt.year.tolist() == [2749]


def test_visits_count_as_the_list_of_concepts_says(tmp_path):
    visits = [visit(str(n), concept=concept, start=f"2021-03-{n:02d}", end=f"2021-03-{n:02d}")
              for n, concept in enumerate(("9201", "8717", "262", "9203", "8870", "9202", "0"), 1)]  # fmt: skip
    tables = imported(tmp_path, folder(tmp_path, visit_occurrence=visits))[1]
    assert tables["spells"]["spell_id"].tolist() == ["1", "2", "3"]
    assert (tables["events"]["code"] == "ed_attendance").sum() == 3


def test_the_method_of_admission_is_told_or_unknown(tmp_path):
    visits = [
        visit("told", concept="262", start="2021-01-01", end="2021-01-02"),
        visit("from", start="2021-02-01", end="2021-02-02", admitted_from_concept_id="8870"),
        visit("seen", concept="9203", start="2021-03-01", end="2021-03-01"),
        visit("after", start="2021-03-01", end="2021-03-03"),
        visit("later", start="2021-04-09", end="2021-04-12"),
        visit("other", "-9007199254740993", start="2021-03-01", end="2021-03-04"),
    ]
    source = folder(tmp_path, visit_occurrence=visits)
    found = imported(tmp_path, source)[1]["spells"].set_index("spell_id")["admission_method"].to_dict()
    assert found == {"told": "21", "from": "21", "after": "21", "later": "99", "other": "99"}
    every = imported(tmp_path, source, Options(emergencies=True))[1]["spells"]["admission_method"]
    assert (every == "21").all()


def test_diagnoses_in_icd_10_go_with_their_admission_the_primary_first(tmp_path):
    def condition(number, code, status="", visit_id="5"):
        return {"condition_occurrence_id": number, "person_id": "1", "condition_concept_id": "0", "condition_source_value": code,
                "condition_start_date": "2021-03-01", "visit_occurrence_id": visit_id,
                "condition_status_concept_id": status}  # fmt: skip

    rows = [
        condition("1", "F03"),
        condition("2", "J18.9", "32902"),
        condition("3", "E11.9"),
        condition("4", "N39.0", "", ""),
    ]
    report, tables = imported(tmp_path, folder(tmp_path, visit_occurrence=[visit("5")], condition_occurrence=rows))
    assert tables["spells"][["primary_diagnosis", "secondary_diagnoses"]].to_numpy().tolist() == [["J189", "F03;E119"]]
    events = tables["events"].set_index("record_id")
    assert events["code"].to_dict() == {f"condition_occurrence:{n}:1": f"ICD10:{c}" for n, c in
                                        (("1", "F03"), ("2", "J18.9"), ("3", "E11.9"), ("4", "N39.0"))}  # fmt: skip
    assert events["source"].tolist() == ["hospital"] * 3 + ["gp"]
    assert report.mapped_rows == 4


def test_codes_come_from_the_source_concept_then_the_shape_then_the_standard_concept(tmp_path):
    def measured(number, source="", source_concept="0", concept="0"):
        return {"measurement_id": number, "person_id": "1", "measurement_concept_id": concept, "measurement_date": "2021-05-04",
                "measurement_source_value": source, "measurement_source_concept_id": source_concept,
                "value_as_number": "61.5", "unit_source_value": "kg"}  # fmt: skip

    concepts = [{"concept_id": "765467", "vocabulary_id": "LOINC", "concept_code": "29463-7"},
                {"concept_id": "3025315", "vocabulary_id": "SNOMED", "concept_code": "27113001"}]  # fmt: skip
    rows = [measured("1", "own", "765467"), measured("2", "29463-7"), measured("3", "?", "0", "3025315"),
            measured("4", "?", "0", "42"), measured("5", "?", "0", "0")]  # fmt: skip
    report, tables = imported(tmp_path, folder(tmp_path, concept=concepts, measurement=rows))
    events = tables["events"]
    assert events["code"].tolist() == ["LOINC:29463-7", "LOINC:29463-7", "SNOMED:27113001", "OMOP:42"]
    assert events["value"].tolist() == [61.5] * 4
    assert reasons(report) == {("measurement.csv", "no code"): (1, "row 5")}
    assert [(one.code, one.rows) for one in report.unmapped] == [("OMOP:42", 1)]


@pytest.mark.parametrize(
    ("source_value", "source_concept", "concept"),
    [("43C3.", "100", "200"), ("86406008", "300", "0"), ("A50", "300", "0"), ("F03", "200", "300")],
)
def test_a_row_with_a_sensitive_code_of_any_kind_is_left_out(tmp_path, source_value, source_concept, concept):
    """The code that would be chosen may be in a system that the list of sensitive codes does not have."""
    concepts = [{"concept_id": "100", "vocabulary_id": "Read", "concept_code": "43C3."},
                {"concept_id": "200", "vocabulary_id": "SNOMED", "concept_code": "86406008"},
                {"concept_id": "300", "vocabulary_id": "SNOMED", "concept_code": "84757009"}]  # fmt: skip
    one = {"person_id": "1", "condition_start_date": "2021-05-04"}
    told = {
        "condition_source_value": source_value,
        "condition_source_concept_id": source_concept,
        "condition_concept_id": concept,
    }
    plain = {"condition_source_value": "43C3", "condition_source_concept_id": "300", "condition_concept_id": "300"}
    rows = [one | told | {"condition_occurrence_id": "1"}, one | plain | {"condition_occurrence_id": "2"}]
    report, tables = imported(tmp_path, folder(tmp_path, concept=concepts, condition_occurrence=rows))
    assert tables["events"]["code"].tolist() == ["SNOMED:84757009"]
    assert report.left_out == {"events with a sensitive code": 1}


def test_facilities_among_the_care_sites_become_homes(tmp_path):
    sites = [{"care_site_id": "50", "care_site_name": "Elm House", "place_of_service_concept_id": "8676"},
             {"care_site_id": "60", "care_site_name": "The General", "place_of_service_concept_id": "8717"}]  # fmt: skip
    visits = [visit("1", concept="42898160", start="2020-02-01", end="", care_site_id="50"),
              visit("2", care_site_id="60"), visit("3", "-9007199254740993", "8676", "2020-03-01", "2020-04-01", care_site_id="50")]  # fmt: skip
    death = [{"person_id": "1", "death_date": "2022-01-05"}]
    tables = imported(tmp_path, folder(tmp_path, care_site=sites, visit_occurrence=visits, death=death))[1]
    assert tables["homes"][["home_id", "name", "beds"]].to_numpy().tolist() == [["50", "Elm House", 2.0]]
    stays = tables["stays"].set_index("resident_id")
    assert stays["moved_out"].dt.strftime("%Y-%m-%d").to_dict() == {
        "1": "2022-01-05",
        "-9007199254740993": "2020-03-31",
    }
    assert tables["spells"]["provider"].tolist() == ["60"]


def test_a_file_of_homes_says_what_omop_does_not(tmp_path):
    given = tmp_path / "homes.csv"
    given.write_text(
        "care_site_id,home_id,name,home_type,beds,practice,pcn\n50,h1,Elm House,residential,38,E81001,U1\n"
    )
    visits = [visit("1", concept="8615", start="2020-02-01", end="", care_site_id="50")]
    tables = imported(tmp_path, folder(tmp_path, visit_occurrence=visits), Options(homes=given))[1]
    assert tables["homes"][["home_type", "beds", "practice"]].to_numpy().tolist() == [["residential", 38.0, "E81001"]]
    assert tables["stays"]["home_id"].tolist() == ["h1"]


def test_beside_a_file_of_stays_homes_are_those_of_the_contract_or_of_a_history(tmp_path):
    homes, stays = tmp_path / "homes.csv", tmp_path / "stays.csv"
    homes.write_text("home_id,name,home_type,beds,practice,pcn\nh1,Elm House,nursing,10,P1,N1\n")
    stays.write_text("resident_id,home_id,moved_in\n1,h1,2020-02-01\n")
    source = folder(tmp_path)
    tables = imported(tmp_path, source, Options(homes=homes, stays=stays))[1]
    assert tables["stays"][["resident_id", "home_id"]].to_numpy().tolist() == [["1", "h1"]]
    (tmp_path / "history").rename(tmp_path / "earlier")
    again = imported(tmp_path, source, Options(homes=tmp_path / "earlier", stays=stays))[1]
    assert again["homes"]["name"].tolist() == ["Elm House"]


def test_a_folder_or_no_file_of_homes_alone_cannot_be_used(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UsageError, match="is no CSV file of homes"):
            imported(tmp_path, folder(tmp_path), Options(homes=path))


BROKEN = [
    (visit("1", person="404"), "unknown person"),
    (visit("1", start="2021-03-09", end="2021-03-01"), "ends before it starts"),
    (visit("1", start="sometime"), "no start that can be read"),
    (visit(""), "no visit_occurrence_id"),
]


@pytest.mark.parametrize(("row", "reason"), BROKEN)
def test_rows_that_cannot_be_are_dropped_and_counted_and_strict_refuses_them(tmp_path, row, reason):
    source = folder(tmp_path, visit_occurrence=[visit("9"), row])
    report, tables = imported(tmp_path, source)
    assert reasons(report) == {("visit_occurrence.csv", reason): (1, "row 2")}
    assert tables["spells"]["spell_id"].tolist() == ["9"]
    with pytest.raises(HistoryError, match=reason):
        import_history("omop", source, tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict").exists()


def test_a_row_that_breaks_off_is_dropped_and_counted(tmp_path):
    source = folder(tmp_path, visit_occurrence=[visit("1"), visit("2", start="2021-04-01", end="2021-04-02")])
    path = source / "visit_occurrence.csv"
    path.write_text(path.read_text(encoding="utf-8").rstrip()[:-15], encoding="utf-8")
    report, tables = imported(tmp_path, source)
    assert tables["spells"]["spell_id"].tolist() == ["1"]
    assert [one.rows for one in report.dropped] == [1]


def unreadable(tmp_path, name, content):
    source = folder(tmp_path)
    (source / name).write_bytes(content)
    with pytest.raises(HistoryError) as caught:
        import_history("omop", source, tmp_path / "history")
    assert not (tmp_path / "history").exists()
    return str(caught.value)


def test_text_in_another_encoding_is_named_with_its_line(tmp_path):
    said = unreadable(tmp_path, "death.csv", b"person_id,death_date\n1,2021-01-01\nM\xfcller,2021-01-01\n")
    assert "death.csv" in said
    assert "line 3 is not UTF-8" in said


def test_a_heading_that_says_a_name_twice_is_refused(tmp_path):
    assert "stands twice" in unreadable(tmp_path, "death.csv", b"person_id,person_id\n1,2\n")


def test_a_parquet_file_cut_short_is_refused(tmp_path):
    source = folder(tmp_path)
    pq.write_table(pa.table({"person_id": [1], "death_date": ["2021-01-01"]}), source / "death.parquet")
    whole = (source / "death.parquet").read_bytes()
    (source / "death.parquet").unlink()
    assert "death.parquet" in unreadable(tmp_path, "death.parquet", whole[:-20])


def test_other_delimiters_are_found(tmp_path):
    source = folder(tmp_path, visit_occurrence=[visit("1")])
    for path in source.glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace(",", "\t"), encoding="utf-8")
    assert len(imported(tmp_path, source)[1]["spells"]) == 1


def test_without_people_there_is_nothing_to_import(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(HistoryError, match="person"):
        import_history("omop", tmp_path / "empty", tmp_path / "history")
    with pytest.raises(UsageError, match="not a source"):
        import_history("excel", tmp_path / "empty", tmp_path / "history")


def test_a_second_import_replaces_the_first_but_no_other_folder(tmp_path):
    source = folder(tmp_path)
    imported(tmp_path, source)
    imported(tmp_path, source)
    told = json.loads((tmp_path / "history/import.json").read_text(encoding="utf-8"))
    assert told["written"]["residents"] == 2
    (tmp_path / "other").mkdir()
    (tmp_path / "other/letter.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        import_history("omop", source, tmp_path / "other")


@pytest.fixture(scope="module")
def synthea(tmp_path_factory):
    if not SYNTHEA.exists():
        pytest.skip("the OMOP population is not beside the repository")
    out = tmp_path_factory.mktemp("synthea")
    with tarfile.open(SYNTHEA) as archive:
        archive.extractall(out, filter="data")
    source = next(out.rglob("PERSON.csv")).parent
    return source, import_history("omop", source, out / "history", Options(emergencies=True)), out / "history"


def test_synthea_comes_in_whole(synthea):
    """Counted here from the files with the standard library alone."""
    source, report, history = synthea

    def rows(name):
        with (source / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    people = {row["person_id"] for row in rows("PERSON") if int(row["year_of_birth"]) < 2050}
    visits = [row for row in rows("VISIT_OCCURRENCE") if row["person_id"] in people]
    tables = open_history(history)
    assert set(tables["residents"]["resident_id"].to_pylist()) == people
    inpatient = {
        (row["visit_occurrence_id"], row["person_id"], row["visit_start_date"], row["visit_end_date"])
        for row in visits
        if row["visit_concept_id"] == "9201"
    }
    inside = {
        one[0] for one in inpatient for other in inpatient - {one}
        if one[1] == other[1] and other[2] <= one[2] and one[3] <= other[3]
    }  # fmt: skip
    assert set(tables["spells"]["spell_id"].to_pylist()) == {one[0] for one in inpatient} - inside
    assert report.passed_over["visit_occurrence, inside another inpatient visit of the person"] == len(inside) > 0
    codes = tables["events"]["code"].to_pylist()
    assert codes.count("ed_attendance") == sum(row["visit_concept_id"] == "9203" for row in visits)
    expected = sum(
        row["person_id"] in people
        for name in ("CONDITION_OCCURRENCE", "DRUG_EXPOSURE", "MEASUREMENT", "OBSERVATION", "PROCEDURE_OCCURRENCE")
        for row in rows(name)
    )
    assert len(codes) - codes.count("ed_attendance") == expected - report.left_out["events with a sensitive code"]
    assert report.read["MEASUREMENT.csv"] == 199_514


def test_synthea_passes_the_check(synthea):
    assert not check(synthea[2]).errors
