"""Whatever stands in an OMOP folder, it is refused in words or becomes a history that the check has no error in."""

import csv
import io
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.importing import import_history

PEOPLE = ("1", "2", "-9007199254740993")
EVENT = {"person_id": "1", "visit_occurrence_id": "7"}
TABLES = {
    "person": [{"person_id": p, "gender_concept_id": "8532", "year_of_birth": "1940", "month_of_birth": "2", "day_of_birth": "3",
                "birth_datetime": "", "race_source_value": "A"} for p in PEOPLE],
    "observation_period": [{"person_id": p, "observation_period_start_date": "2020-01-06", "observation_period_end_date": "2022-05-02"}
                           for p in PEOPLE],
    "death": [{"person_id": "2", "death_date": "2022-01-01", "death_datetime": ""}],
    "care_site": [{"care_site_id": "50", "care_site_name": "Elm House", "place_of_service_concept_id": "8717"}],
    "visit_occurrence": [
        {"visit_occurrence_id": n, "person_id": p, "visit_concept_id": concept, "visit_start_date": "2021-03-01", "visit_end_date": "2021-03-05",
         "visit_start_datetime": "2021-03-01 10:00", "visit_end_datetime": "", "care_site_id": "50", "admitted_from_concept_id": "",
         "discharged_to_source_value": "19"}
        for n, p, concept in (("7", "1", "262"), ("8", "2", "9203"), ("9", "1", "42898160"), ("10", "2", "9202"))],
    "visit_detail": [
        {"visit_detail_id": n, "visit_occurrence_id": "7", "person_id": "1", "visit_detail_concept_id": concept, "care_site_id": "60",
         "visit_detail_start_datetime": start, "visit_detail_start_date": "2021-03-01"}
        for n, concept, start in (("71", "9203", "2021-03-01 11:00"), ("72", "9201", "2021-03-01 15:00"))],
    "condition_occurrence": [EVENT | {"condition_occurrence_id": "1", "condition_concept_id": "42", "condition_source_value": "F03",
                                      "condition_source_concept_id": "0", "condition_status_concept_id": "32902",
                                      "condition_start_date": "2021-03-01", "condition_start_datetime": ""}],
    "measurement": [EVENT | {"measurement_id": str(n), "measurement_concept_id": "42", "measurement_source_value": "29463-7",
                             "measurement_source_concept_id": "0", "measurement_date": "2021-03-01", "measurement_datetime": "2021-03-01 10:00",
                             "value_as_number": "61.5", "unit_source_value": "kg"} for n in (1, 2)],
    "drug_exposure": [EVENT | {"drug_exposure_id": "1", "drug_concept_id": "42", "drug_exposure_start_date": "2021-03-01"}],
    "concept": [{"concept_id": "42", "vocabulary_id": "LOINC", "concept_code": "8480-6"}],
}  # fmt: skip
EVENTS = ("condition_occurrence", "drug_exposure", "measurement", "observation", "procedure_occurrence")
HOSTILE = st.one_of(
    st.sampled_from(
        ["", " ", "0", "-1", "1", "2", "7", "50", "404", "1.0", "1e3", "1.5", "1e999", "inf", "nan", "NULL", "9007199254740992.0", "1" * 400,
         "9223372036854775808", "9201", "9203", "262", "8676", "0000-00-00", "2021-02-30", "99999-01-01", "1582-01-01", "9999-12-31", "2262-04-12",
         "20210301", "2021-03-01T10:00:00+14:00", "2021-03-01 25:00", "12/03/2021", "\x00", "a\x00b", "\u202e", "💉", "é" * 300, '"', "a\nb",
         "a;b", "=1+1", "\u2003", "9990000018"]
    ),
    st.text(max_size=20).filter(lambda text: text.isprintable() or "\x00" in text),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.datetimes().map(str),
)  # fmt: skip
CELLS = [(name, n, column) for name, rows in TABLES.items() for n, row in enumerate(rows) for column in row]


@st.composite
def spoiled(draw):
    """The tables with some cells spoiled, some tables without rows or columns, some not there."""
    tables = {name: [dict(row) for row in rows] for name, rows in TABLES.items()}
    for name, n, column in draw(st.lists(st.sampled_from(CELLS), max_size=8)):
        tables[name][n][column] = draw(HOSTILE)
    for name in draw(st.lists(st.sampled_from([*TABLES]), max_size=2)):
        tables[name] = draw(st.sampled_from([[], tables[name] * 2, None]))
    for name, _, column in draw(st.lists(st.sampled_from(CELLS), max_size=2)):
        for row in tables[name] or ():
            row.pop(column, None)
    return {name: rows for name, rows in tables.items() if rows is not None}


def write(root, tables):
    for name, rows in tables.items():
        columns = list(rows[0]) if rows else list(TABLES[name][0])
        with (root / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)


def judged(make):
    """Import what `make` writes; True if it became a history, which then is without error and accounts for every row."""
    root = Path(tempfile.mkdtemp())
    try:
        (root / "omop").mkdir()
        make(root / "omop")
        try:
            report = import_history("omop", root / "omop", root / "history")
        except (HistoryError, UsageError):
            assert not (root / "history").exists()
            return False
        assert [str(one) for one in check(root / "history").errors] == []
        accounted(report, root / "history")
        return True
    finally:
        shutil.rmtree(root)


def accounted(report, history):
    """Rows read are rows kept, dropped or said to be passed over, table by table."""
    left, dropped = Counter(), Counter()
    for file, rows in report.read.items():
        left[Path(file).stem] += rows
    for one in report.dropped:
        dropped[Path(one.file).stem] += one.rows
    left.subtract(dropped)
    for what, rows in report.passed_over.items():
        left[what.partition(", ")[0]] -= rows
    tables = {
        name: pq.read_table(history / f"{name}.parquet").to_pandas()
        for name in ("residents", "homes", "stays", "spells", "events")
    }
    events = tables["events"]
    arrivals = events.loc[events["code"] == "ed_attendance", "record_id"]
    visits = set(tables["spells"]["spell_id"]) | {
        one.removeprefix("visit_occurrence:") for one in arrivals if one[6] == "o"
    }
    one_home = tables["homes"]["home_id"].tolist() == ["site"]
    assert left["person"] == len(tables["residents"])
    assert left["death"] == tables["residents"]["died_on"].notna().sum()
    assert left["observation_period"] == (len(tables["stays"]) if one_home else 0)
    assert left["care_site"] == (0 if one_home else len(tables["homes"]))
    assert left["visit_occurrence"] == len(visits) + (0 if one_home else len(tables["stays"]))
    assert left["visit_detail"] >= sum(one.startswith("visit_detail:") for one in arrivals)
    assert sum(left[name] for name in EVENTS) == len(events) - len(arrivals)


def test_the_tables_as_they_are_become_a_history():
    assert judged(lambda root: write(root, TABLES))


@given(spoiled())
@example({name: rows * 2 for name, rows in TABLES.items()})
@example({name: rows for name, rows in TABLES.items() if name != "person"})
def test_hostile_cells_are_dropped_refused_or_harmless(tables):
    judged(lambda root: write(root, tables))


@given(st.sampled_from([*TABLES]), st.data())
def test_hostile_files_are_refused_or_read(name, data):
    """Bytes missing, bytes changed, other encodings and delimiters, headings alone, nothing at all."""

    def make(root):
        write(root, TABLES)
        path = root / f"{name}.csv"
        whole = path.read_bytes()
        way = data.draw(
            st.sampled_from(["cut", "changed", "utf-16", "latin-1", "delimiter", "heading", "empty", "bom", "parquet"])
        )
        at = data.draw(st.integers(0, len(whole) - 1))
        if way == "parquet":
            path.unlink()
            parts = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(TABLES[name]), parts)
            whole, path = parts.getvalue(), root / f"{name}.parquet"
            at = at % len(whole)
        spoilt = {
            "cut": whole[:at],
            "parquet": whole[:at],
            "changed": whole[:at] + data.draw(st.binary(min_size=1, max_size=3)) + whole[at + 1 :],
            "utf-16": whole.decode("utf-8", "replace").encode("utf-16"),
            "latin-1": whole.replace(b"1", "é".encode("latin-1"), 1),
            "delimiter": whole.replace(b",", data.draw(st.sampled_from([b";", b"\t", b"|", b":"]))),
            "heading": whole.splitlines(keepends=True)[0],
            "empty": b"",
            "bom": b"\xef\xbb\xbf" + whole,
        }
        path.write_bytes(spoilt[way])

    judged(make)
