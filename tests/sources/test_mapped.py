"""Plain extracts: a mapping says which of their columns is which of ours, and a sketch makes a first one."""

import csv
import tomllib

import hypothesis.strategies as st
import pandas as pd
import pyarrow.parquet as pq
import pytest
from cryptography.fernet import Fernet
from hypothesis import given

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.door import Rules
from features.sources.importing import import_history
from features.sources.mapped import load, sketch
from features.sources.options import Options
from serving.identity import seal_table

FILES = {
    "Sites.csv": "Site;Site name;Kind;Places\nS1;Elm House;Residential care;38\n",
    "Clients.csv": "Client ID,DOB,Gender\nc1,14/07/1938,Female\nc2,01/02/1940,Male\n",
    "Stays.csv": "Client ID,Site,Start date\nc1,S1,05/01/2020\nc2,S1,06/01/2020\n",
    "Spells.csv": "id,person,admitted,left,how\n1,c1,2021-06-01T10:00,2021-06-04T10:00,21\n",
    "Observations.csv": (
        "Client ID,Date,Type,Reading,Entered\n"
        "c1,01/03/2021 10:30,Weight (kg),61.5,02/03/2021 08:00\n"
        "c1,01/07/2021 10:30,Fall,,01/07/2021 12:00\n"
        "c2,01/03/2021 10:30,Mood,4,\n"
        "c2,02/03/2021 10:30,44054006,,\n"
    ),
}
MAPPING = """
[[read]]
file = "sites"
table = "homes"
columns = { home_id = "Site", name = "Site name", home_type = "Kind", beds = "Places" }
values.home_type = { "Residential care" = "residential" }
constants = { practice = "P1", pcn = "N1" }
[[read]]
file = "clients.csv"
table = "residents"
columns = { resident_id = "Client ID", date_of_birth = "DOB", sex = "Gender" }
formats = { date_of_birth = "%d/%m/%Y" }
values.sex = { Female = "F", Male = "M" }
[[read]]
file = "stays"
table = "stays"
columns = { resident_id = "Client ID", home_id = "Site", moved_in = "Start date" }
formats = { moved_in = "%d/%m/%Y" }
[[read]]
file = "spells"
table = "spells"
columns = { spell_id = "id", resident_id = "person", admitted_at = "admitted", discharged_at = "left", admission_method = "how" }
[[read]]
file = "observations"
table = "events"
columns = { resident_id = "Client ID", time = "Date", code = "Type", value = "Reading", recorded_at = "Entered" }
formats = { time = "%d/%m/%Y %H:%M", recorded_at = "%d/%m/%Y %H:%M" }
values.code = { "Weight (kg)" = "weight_kg", "Fall" = "fall", "Mood" = "" }
constants = { source = "care_record" }
system = "SNOMED"
"""


@pytest.fixture
def source(tmp_path):
    out = tmp_path / "extract"
    out.mkdir()
    for name, text in FILES.items():
        (out / name).write_text(text, encoding="utf-8")
    return out


def imported(tmp_path, source, text=MAPPING, **more):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text, encoding="utf-8")
    rules = Rules(
        type_1=False,
        sensitive=False,
        seal=lambda table, folder, before: seal_table(table, folder, Fernet.generate_key()),
    )
    report = import_history("csv", source, tmp_path / "history", Options(mapping=(mapping,)), rules, **more)
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def test_an_extract_becomes_a_history(tmp_path, source):
    report, tables = imported(tmp_path, source)
    assert tables["homes"][["home_type", "beds", "practice"]].to_numpy().tolist() == [["residential", 38.0, "P1"]]
    assert tables["residents"]["date_of_birth"].astype(str).tolist() == ["1938-07-14", "1940-02-01"]
    events = tables["events"]
    assert events[["code", "source"]].to_numpy().tolist() == [
        ["weight_kg", "care_record"], ["fall", "care_record"], ["SNOMED:44054006", "care_record"]]  # fmt: skip
    assert events["time"].iloc[1] == pd.Timestamp("2021-07-01 09:30", tz="UTC")  # London's summer
    assert events["recorded_at"].notna().tolist() == [True, True, False]
    assert report.passed_over == {"observations: left out by the mapping": 1}
    assert (report.mapped_rows, report.unmapped_rows, report.dropped) == (3, 0, ())
    assert not check(tmp_path / "history").errors


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("c1,01/03/2021 10:30", "c1,2021-03-01", "time: not a time"),
        ("c1,01/03/2021 10:30", "c1,", "time: empty"),
        ("61.5", "light", "value: not a number"),
        ("c1,01/03/2021", ",01/03/2021", "resident_id: empty"),
    ],
)
def test_cells_that_do_not_fit_drop_the_row_with_its_place(tmp_path, source, old, new, reason):
    path = source / "Observations.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    report, tables = imported(tmp_path, source)
    assert [(one.file, one.reason, one.rows, one.example) for one in report.dropped] == [
        ("Observations.csv", reason, 1, "row 1")
    ]
    assert len(tables["events"]) == 2
    with pytest.raises(HistoryError, match=reason):
        imported(tmp_path, source, strict=True)


def test_everything_wrong_with_a_mapping_is_said_at_once(tmp_path):
    path = tmp_path / "mapping.toml"
    path.write_text('[[read]]\nfile = "a"\ntable = "event"\n[[read]]\nfile = "b"\ntable = "events"\nsytem = "x"\n'
                    'columns = { resident = "A", time = "B" }\n')  # fmt: skip
    with pytest.raises(UsageError) as caught:
        load(path)
    said = str(caught.value)
    for part in ("unknown table 'event'; nearest: 'events'", "unknown key 'sytem'; nearest: 'system'",
                 "no column 'resident'; nearest: 'resident_id'", "events needs resident_id, code"):  # fmt: skip
        assert part in said
    path.write_text("[[read")
    with pytest.raises(UsageError):
        load(path)


def test_files_and_columns_that_are_not_there_are_named_before_anything_is_written(tmp_path, source):
    text = MAPPING.replace('"sites"', '"places"').replace('"Reading"', '"Score"')
    with pytest.raises(HistoryError) as caught:
        imported(tmp_path, source, text)
    assert "places: no such table" in str(caught.value)
    assert "observations.Score: no such column" in str(caught.value)
    assert not (tmp_path / "history").exists()


@pytest.mark.parametrize(
    "row",
    ["9990000018,Doris Test,Female", "Doris Test,999 000 0018,F", "c1,Doris Test,01/02/1940", "c1,Doris Test,1940-02-01",
     "c1,Doris Test,1-Feb-40", "c1,Doris Test,1.2.40"],
)  # fmt: skip
def test_a_file_without_a_heading_is_refused_without_a_word_of_its_first_row(tmp_path, source, row):
    (source / "Clients.csv").write_text(f"{row}\n{row}\n")
    with pytest.raises(HistoryError, match="looks like data and not like a heading") as caught:
        imported(tmp_path, source)
    assert "doris" not in str(caught.value).lower()


def test_columns_that_are_there_are_named_where_the_first_row_is_a_heading(tmp_path, source):
    (source / "Clients.csv").write_text("Client,DOB,Gender 2021,Ward 12\nc1,14/07/1938,Female,3\n")
    with pytest.raises(HistoryError, match="There are: client, dob, gender 2021, ward 12"):
        imported(tmp_path, source)


def test_a_mapping_is_asked_for(tmp_path, source):
    with pytest.raises(UsageError, match="--sketch"):
        import_history("csv", source, tmp_path / "history")


def test_a_sketch_is_toml_that_finds_tables_columns_and_formats(source):
    found = {one["file"]: one for one in tomllib.loads(sketch(source))["read"]}
    assert {name: one["table"] for name, one in found.items()} == {
        "clients": "residents", "observations": "events", "sites": "homes", "spells": "spells", "stays": "stays"}  # fmt: skip
    assert found["clients"]["columns"] == {"resident_id": "client id", "date_of_birth": "dob", "sex": "gender"}
    assert found["clients"]["formats"] == {"date_of_birth": "%d/%m/%Y"}
    assert found["clients"]["values"]["sex"] == {"Female": "?", "Male": "?"}
    assert found["observations"]["formats"]["time"] == "%d/%m/%Y %H:%M"
    assert set(found["observations"]["values"]["code"]) == {"Weight (kg)", "Fall", "Mood", "44054006"}


def test_a_sketch_of_nothing_is_refused(tmp_path):
    with pytest.raises(UsageError):
        sketch(tmp_path)


def rows_dropped(report):
    return {(one.file, one.reason): (one.rows, one.example) for one in report.dropped}


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        (
            "Sites.csv",
            "S2,Oak House,Hotel,20".replace(",", ";"),
            "home_type: not one of learning_disability, nursing, residential",
        ),
        ("Sites.csv", "S1;Oak House;Residential care;20", "the same home_id twice"),
        ("Clients.csv", "c1,14/07/1939,Male", "the same resident_id twice"),
        ("Clients.csv", "c3,14/07/1939,Unknown", "sex: not one of F, M, X"),
        ("Stays.csv", "c9,S1,05/01/2020", "unknown resident"),
        ("Stays.csv", "c1,S9,05/01/2020", "unknown home"),
        ("Spells.csv", "2,c1,2021-06-01T10:00,2021-05-04T10:00,21", "discharged_at before admitted_at"),
        ("Spells.csv", "2,c1,2021-06-01T10:00,,7", "admission_method: not one of the NHS Data Dictionary's codes"),
        ("Spells.csv", "2,c1,9999-12-31T23:00-12:00,,21", "admitted_at: not a time"),
        ("Observations.csv", "c9,01/03/2021 10:30,Fall,,", "unknown resident"),
        ("Observations.csv", "c1,01/03/2021 10:30,Fall,1e999,", "value: not a number"),
    ],
)
def test_rows_that_the_contract_does_not_allow_are_dropped_with_their_place(tmp_path, source, name, row, reason):
    path = source / name
    path.write_text(path.read_text() + row + "\n")
    report, _ = imported(tmp_path, source)
    place = f"row {len(path.read_text().splitlines()) - 1}"
    assert rows_dropped(report) == {(name, reason): (1, place)}
    assert not check(tmp_path / "history").errors


def test_a_row_that_is_dropped_takes_no_id(tmp_path, source):
    path = source / "Clients.csv"
    path.write_text(path.read_text().replace("c1,", "c1,soon,Female\nc1,", 1))
    report, tables = imported(tmp_path, source)
    assert rows_dropped(report) == {("Clients.csv", "date_of_birth: not a date"): (1, "row 1")}
    assert sorted(tables["residents"]["resident_id"]) == ["c1", "c2"]


def test_homes_and_people_are_read_first_and_not_asked_for_where_no_file_of_them_is_read(tmp_path, source):
    backwards = "".join(f"[[read]]{one}" for one in reversed(MAPPING.split("[[read]]")[1:]))
    report, tables = imported(tmp_path, source, backwards)
    assert (len(tables["events"]), report.dropped) == (3, ())
    observations = MAPPING[MAPPING.rindex("[[read]]") :]
    report, tables = imported(tmp_path, source, observations)
    assert (len(tables["events"]), len(tables["residents"]), report.dropped) == (3, 0, ())


def test_a_file_may_be_named_by_a_pattern_that_several_fit(tmp_path, source):
    whole = (source / "Observations.csv").read_text().splitlines()
    (source / "Observations.csv").unlink()
    for year, rows in (("2021", whole[1:3]), ("2022", whole[3:])):
        (source / f"Observations {year}.csv").write_text("\n".join([whole[0], *rows]) + "\n")
    assert len(imported(tmp_path, source, MAPPING.replace('"observations"', '"observations*"'))[1]["events"]) == 3


def test_rows_are_chosen_by_their_words(tmp_path, source):
    for chosen, codes in (
        ('["Fall", "Mood"]', ["fall"]),
        ('["*"]', ["weight_kg", "fall", "SNOMED:44054006"]),
        ('[""]', []),
    ):
        report, tables = imported(tmp_path, source, MAPPING + f"only = {{ Type = {chosen} }}\n")
        assert tables["events"]["code"].tolist() == codes
        assert not report.dropped


def test_an_empty_cell_and_any_other_word_may_have_a_value(tmp_path, source):
    text = MAPPING + 'values.value = { "61.5" = "2", "" = "0", "*" = "1" }\n'
    assert imported(tmp_path, source, text)[1]["events"]["value"].tolist() == [2, 0, 0]
    text = text.replace('"61.5" = "2", ', "")
    assert imported(tmp_path, source, text)[1]["events"]["value"].tolist() == [1, 0, 0]


def test_a_time_may_have_one_of_several_formats(tmp_path, source):
    path = source / "Observations.csv"
    path.write_text(path.read_text().replace("01/07/2021 10:30", "2021.07.01"))
    text = MAPPING.replace('formats = { time = "%d/%m/%Y %H:%M"', 'formats = { time = ["%d/%m/%Y %H:%M", "%Y.%m.%d"]')
    events = imported(tmp_path, source, text)[1]["events"]
    assert events["time"].dt.strftime("%Y-%m-%d").tolist() == ["2021-03-01", "2021-06-30", "2021-03-02"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("read = 1", r"no \[\[read\]\]"),
        ("read = [1]", "it must be a table of keys"),
        ("[[read]]\ncolumns = 1\nfile = 1\ntable = 1", "columns is not written.*"),
        ('[[read]]\nfile = "a"\ntable = "events"\nformats = { time = "%Q" }', "formats is not written"),
        ('[[read]]\nfile = "a"\ntable = "events"\nvalues = { code = "x" }', "values is not written"),
        ('[[read]]\nfile = "a"\ntable = "events"\nonly = { A = "x" }', "only is not written"),
        ('[[read]]\nfile = "a"\ntable = "events"\nshares = { value = { part = ["A"] } }', "shares is not written"),
        (
            '[[read]]\nfile = "a"\ntable = "events"\nshares = { worth = { part = ["A"], whole = ["B"] } }',
            "no column 'worth'",
        ),
    ],
)
def test_a_mapping_written_otherwise_is_refused(tmp_path, wrong, says):
    path = tmp_path / "mapping.toml"
    path.write_text(wrong)
    with pytest.raises(UsageError, match=says):
        load(path)


TABLES = {
    "sites": ["S1,Elm House,residential,38", "S2,Oak House,nursing,20"],
    "clients": ["c1,1938-07-14,F,2023-01-01", "c2,1940-02-01,M,"],
    "stays": ["c1,S1,2020-01-05,2023-01-01,r1,", "c2,S2,2020-01-06,,r2,"],
    "spells": ["1,c1,2021-06-01T10:00,2021-06-04T10:00,21", "2,c2,2021-06-01,,99"],
    "observations": ["c1,2021-03-01T10:30,weight_kg,61.5,kg,care,r1,", "c2,2021-07-01T10:30,fall,,,care,r2,false"],
    "visits": ["S1,2021-03-01,outbreak,1,r1", "S2,2021-03-01,occupancy,0.9,r2"],
    "objections": ["c1,type_1,2020-01-01,,o1", "c2,local,2020-01-01,2021-01-01,o2"],
    "names": ["c1,9990000018,Ada,Test", "c2,9990000026,Ben,Test"],
}
HEADINGS = {
    "sites": ("homes", "home_id,name,home_type,beds"),
    "clients": ("residents", "resident_id,date_of_birth,sex,died_on"),
    "stays": ("stays", "resident_id,home_id,moved_in,moved_out,record_id,retracted"),
    "spells": ("spells", "spell_id,resident_id,admitted_at,discharged_at,admission_method"),
    "observations": ("events", "resident_id,time,code,value,unit,source,record_id,retracted"),
    "visits": ("home_events", "home_id,time,code,value,record_id"),
    "objections": ("objections", "resident_id,kind,from,to,record_id"),
    "names": ("identities", "resident_id,nhs_number,given_name,family_name"),
}
PLAIN = "".join(
    f'[[read]]\nfile = "{file}"\ntable = "{table}"\ncolumns = {{ {", ".join(f"{c} = {chr(34)}{c}{chr(34)}" for c in names.split(","))} }}\n'
    + ('constants = { practice = "P1", pcn = "N1" }\n' if table == "homes" else "")
    for file, (table, names) in HEADINGS.items()
)
HOSTILE = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["", " ", "\x00", "c1", "c2", "S1", "r1", "o2", "21", "X", "true", "1e400", "NaN", "-inf", "1_000", "1,5", "2021-02-30",
                     "0001-01-01", "0000-00-00", "9999-12-31T23:59:59-14:00", "2021-03-28T01:30", "2021-W05", "31/12/2021", "T10:00",
                     "9990000019", "ICD10:F03", ":", "\u202e\ufeff", '"', "a\nb", "é" * 300, "99999999999999999999"]),
)  # fmt: skip


@given(data=st.data())
def test_whatever_the_cells_say_the_history_is_sound(tmp_path_factory, data):
    tmp_path = tmp_path_factory.mktemp("mapped")
    source = tmp_path / "extract"
    source.mkdir()
    for file, (_, heading) in HEADINGS.items():
        clean = [line.split(",") for line in TABLES[file]]
        rows = [list(row) for row in clean]
        for row in rows:
            for at in data.draw(st.lists(st.integers(0, len(row) - 1), max_size=2, unique=True)):
                row[at] = data.draw(HOSTILE)
        with (source / f"{file}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([heading.split(","), *clean[:1], *rows])
    report, _ = imported(tmp_path, source, PLAIN)
    # Whether a birth is in the future is told by the history's end, which an import does not know yet.
    assert {(p.table, p.rule) for p in check(tmp_path / "history").errors} <= {("residents", "birth in the future")}
    over = sum(report.passed_over.values())
    assert sum(report.read.values()) == sum(report.written.values()) + sum(one.rows for one in report.dropped) + over


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe\x00", b"Client ID;Date;Type\n", "Client ID,Daté\n".encode("latin-1"), b"\x00" * 64]
)
def test_a_file_that_is_not_the_extract_is_refused(tmp_path, source, text):
    (source / "Observations.csv").write_bytes(text)
    with pytest.raises(HistoryError, match=r"Observations|observations"):
        imported(tmp_path, source)
