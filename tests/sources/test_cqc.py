"""The CQC directory: which rows are homes, of which type, their ratings, and files that are not what they should be."""

import csv
import datetime
import zipfile
from xml.sax.saxutils import escape

import hypothesis.strategies as st
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.cqc.directory import accepted, needed
from features.sources.cqc.ratings import values
from features.sources.importing import import_history
from features.sources.options import Options

NURSING = "Service type - Care home service with nursing"
LEARNING = "Service user band - Learning disabilities or autistic spectrum disorder"
OLDER = "Service user band - Older People"
DEMENTIA = "Service user band - Dementia"
POSTCODE = "Location Postal Code"
DUAL, PRIMARY = "Location Dual Registered", "Primary ID (Dual registration locations)"
HOME = {
    "Location ID": "1-101",
    "Location HSCA start date": "01/10/2010",
    "Dormant (Y/N)": "N",
    "Care home?": "Y",
    "Location Name": "Elm House",
    "Location ODS Code": "VL001",
    "Location Telephone Number": "01632960001",
    "Care homes beds": "38",
    "Location Latest Overall Rating": "Good",
    "Publication Date": "01/07/2021",
    "Inherited Rating (Y/N)": "N",
    "Location Region": "South East",
    POSTCODE: "ZZ1 1AA",
    NURSING: "",
    "Service type - Care home service without nursing": "Y",
    DEMENTIA: "",
    LEARNING: "",
    OLDER: "Y",
    "Regulated activity - Treatment of disease, disorder or injury": "",
    DUAL: "",
    PRIMARY: "",
}
# What the check says of a history without residents: the directory has none.
NO_RESIDENTS = {("residents", "table has no rows"), ("stays", "table has no rows")}


def home(number, **more):
    return HOME | {"Location ID": f"1-{number}"} | more


def written(folder, rows, suffix=".csv", heading=None, delimiter=","):
    """The directory as CQC writes it: a sheet of notes, and title lines in CSV."""
    heading = heading or list(HOME)
    cells = [heading, *([row.get(name, "") for name in HOME] for row in rows)]
    path = folder / f"01_October_2026_HSCA_Active_Locations{suffix}"
    if suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows([["Active locations"], [], *cells])
    elif suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.append(["Active locations for providers registered under the Health and Social Care Act (HSCA)"])
        sheet = book.create_sheet("HSCA_Active_Locations")
        for row in cells:
            sheet.append(row)
        book.save(path)
    else:
        write_ods(path, {"README": [["Notes"]], "HSCA_Active_Locations": cells})
    return path


def write_ods(path, sheets):
    """An OpenDocument spreadsheet (OASIS ODF 1.3): a zip with its type first and one file of content."""
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    content = f'<office:document-content{names} office:version="1.3"><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>'
    with zipfile.ZipFile(path, "w") as book:
        kind, names = (
            "application/vnd.oasis.opendocument.spreadsheet",
            "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
        )
        entry = f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
        book.writestr("mimetype", kind)
        book.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{names}">{entry}</m:manifest>')
        book.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>{content}')


def ods_cell(value):
    if isinstance(value, datetime.date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, int):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def imported(tmp_path, source, options=None):
    report = import_history("cqc", source, tmp_path / "history", options)
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def read_rows(tmp_path, *rows, options=None):
    return imported(tmp_path, written(tmp_path, rows), options)


def reasons(report):
    return {one.reason: (one.rows, one.example) for one in report.dropped}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".ods"])
def test_a_home_and_its_rating_from_each_kind_of_file(tmp_path, suffix):
    row = home(101)
    if suffix != ".csv":
        row |= {"Publication Date": datetime.date(2021, 7, 1), "Care homes beds": 38}
    written(tmp_path, [row], suffix)
    report, tables = imported(tmp_path, tmp_path)
    one = tables["homes"].iloc[0].dropna().to_dict()
    assert one == {"home_id": "1-101", "name": "Elm House", "home_type": "residential", "beds": 38.0,
                   "practice": "unknown", "pcn": "unknown", "region": "South East", "phone": "01632960001", "ods_code": "VL001"}  # fmt: skip
    rating = tables["home_events"].iloc[0]
    assert rating[["home_id", "code", "value"]].tolist() == ["1-101", "cqc_rating", 3.0]
    assert rating["time"] == rating["recorded_at"] == pd.Timestamp("2021-06-30 23:00", tz="UTC")  # London's summer
    assert not report.dropped
    assert {(p.table, p.rule) for p in check(tmp_path / "history").errors} == NO_RESIDENTS


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_csv_may_have_any_usual_delimiter(tmp_path, delimiter):
    tables = imported(tmp_path, written(tmp_path, [home(1), home(2)], delimiter=delimiter))[1]
    assert tables["homes"]["home_id"].tolist() == ["1-1", "1-2"]


def test_headings_may_differ_in_case_and_signs(tmp_path):
    heading = [name.replace("Care home?", "Care Home").replace(POSTCODE, "Location Post Code").upper() for name in HOME]
    assert len(imported(tmp_path, written(tmp_path, [home(1)], heading=heading))[1]["homes"]) == 1


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({}, "residential"),
        ({NURSING: "Y"}, "nursing"),
        ({LEARNING: "Y", OLDER: ""}, "learning_disability"),
        ({LEARNING: "Y", OLDER: "", NURSING: "Y"}, "learning_disability"),
        ({LEARNING: "Y"}, "residential"),
        ({LEARNING: "Y", OLDER: "", DEMENTIA: "Y", NURSING: "Y"}, "nursing"),
    ],
)
def test_the_type_of_a_home_is_told_by_its_bands_and_services(tmp_path, flags, kind):
    assert read_rows(tmp_path, home(1, **flags))[1]["homes"]["home_type"].tolist() == [kind]


def test_flags_that_are_neither_y_nor_blank_are_said(tmp_path):
    report, tables = read_rows(tmp_path, home(1, **{NURSING: "Yes"}))
    assert tables["homes"]["home_type"].tolist() == ["residential"]
    assert "service types and user bands neither Y nor blank: 1 taken as no" in report.notes


def test_rows_that_are_no_homes_in_use_are_passed_over_and_counted(tmp_path):
    rows = [home(1), home(2, **{"Care home?": "N"}), home(3, **{"Dormant (Y/N)": "Y"}), dict.fromkeys(HOME, "")]
    report, tables = read_rows(tmp_path, *rows)
    assert tables["homes"]["home_id"].tolist() == ["1-1"]
    assert not report.dropped
    for says in ("not a care home", "dormant", "blank"):
        assert [rows for what, rows in report.passed_over.items() if what.endswith(f": {says}")] == [1]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Care homes beds": "0"}, "beds not from 1 to 500"),
        ({"Care homes beds": ""}, "beds not from 1 to 500"),
        ({"Care homes beds": "501"}, "beds not from 1 to 500"),
        ({"Care homes beds": "many"}, "beds not from 1 to 500"),
        ({"Location ID": ""}, "no Location ID"),
        ({"Location ID": "1-1"}, "the same Location ID twice"),
        ({"Location Name": "-"}, "no Location Name"),
        ({"Care home?": "maybe"}, "Care home? is neither Y nor N"),
        ({"Dormant (Y/N)": "perhaps"}, "Dormant is neither Y nor N"),
    ],
)
def test_homes_that_cannot_be_are_dropped_with_their_place(tmp_path, cells, reason):
    report, tables = read_rows(tmp_path, home(1), home(2, **cells))
    assert reasons(report) == {reason: (1, "row 2")}
    assert tables["homes"]["home_id"].tolist() == ["1-1"]


@pytest.mark.parametrize(
    ("first", "second"),
    [({PRIMARY: "1-1"}, {PRIMARY: "1-1"}), ({PRIMARY: "Y"}, {PRIMARY: "N"}), ({}, {PRIMARY: "1-1"})],
)
def test_a_home_that_two_providers_registered_is_one_home(tmp_path, first, second):
    both = {DUAL: "Dual Registration"}
    report, tables = read_rows(tmp_path, home(1, **both | first), home(2, **both | second), home(3))
    assert tables["homes"]["home_id"].tolist() == ["1-1", "1-3"]
    assert tables["home_events"]["home_id"].tolist() == ["1-1", "1-3"]
    assert any("second registration of a home" in what for what in report.passed_over)


@pytest.mark.parametrize("primary", ["1-9", "N", "1-2"])
def test_a_second_registration_without_its_first_is_a_home(tmp_path, primary):
    cells = {DUAL: "Dual Registration", PRIMARY: primary}
    assert len(read_rows(tmp_path, home(1), home(2, **cells))[1]["homes"]) == 2


def test_two_registrations_that_name_each_other_stay_two_homes(tmp_path):
    rows = [home(1, **{DUAL: "Y", PRIMARY: "1-2"}), home(2, **{DUAL: "Y", PRIMARY: "1-1"})]
    assert len(read_rows(tmp_path, *rows)[1]["homes"]) == 2


def test_every_rating_has_its_value_and_the_inherited_are_marked(tmp_path):
    words = ("Outstanding", "Good", "requires improvement", "Inadequate", "No published rating", "")
    rows = [home(n, **{"Location Latest Overall Rating": word}) for n, word in enumerate(words)]
    rows[3]["Inherited Rating (Y/N)"] = "Y"
    events = read_rows(tmp_path, *rows)[1]["home_events"]
    assert events["value"].tolist() == [4, 3, 2, 1]
    assert events["text"].tolist()[3] == "inherited"
    assert events["text"].isna().tolist() == [True, True, True, False]
    assert {value for value in values().values() if value} == {1, 2, 3, 4}


def test_ratings_that_cannot_be_read_are_counted_and_their_homes_kept(tmp_path):
    rows = [home(1, **{"Location Latest Overall Rating": "Splendid"}), home(2, **{"Publication Date": "soon"}), home(3)]
    report, tables = read_rows(tmp_path, *rows)
    assert len(tables["homes"]) == 3
    assert tables["home_events"]["home_id"].tolist() == ["1-3"]
    assert "rating 'Splendid' is not known: 1 left out" in report.notes
    assert "ratings without a day of publication that can be read: 1 left out" in report.notes


@pytest.mark.parametrize("day", ["01/07/2021", "1/7/2021", "2021-07-01", "2021-07-01T00:00:00", "2021-07-01 00:00:00"])
def test_a_day_of_publication_may_be_written_in_many_ways(tmp_path, day):
    events = read_rows(tmp_path, home(1, **{"Publication Date": day}))[1]["home_events"]
    assert events["time"].tolist() == [pd.Timestamp("2021-06-30 23:00", tz="UTC")]


def test_a_file_of_homes_says_the_practice_by_the_surest_key(tmp_path):
    rows = [
        home(1),
        home(2, **{"Location ODS Code": "VL002"}),
        home(3, **{POSTCODE: "ZZ9 9ZZ", "Location ODS Code": ""}),
    ]
    rows.append(home(4, **{POSTCODE: "ZZ8 8ZZ", "Location ODS Code": ""}))
    path = tmp_path / "homes.csv"
    path.write_text(
        "home_id,ods_code,postcode,practice,pcn,imd_decile,region\n1-1,VL002,,P1,N1,3,\n,vl002,,P2,N1,,East\n,,zz99zz,P3,N2,10,\n"
    )
    report, tables = imported(tmp_path, written(tmp_path, rows), Options(homes=path))
    homes = tables["homes"].set_index("home_id")
    assert homes["practice"].tolist() == ["P1", "P2", "P3", "unknown"]
    assert homes["imd_decile"].fillna(0).tolist() == [3, 0, 10, 0]
    assert homes["region"].tolist() == ["South East", "East", "South East", "South East"]
    assert "the file of homes says nothing of 1 of 4 homes" in report.notes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,practice\nElm,P1\n", "it needs a column home_id, ods_code or postcode"),
        ("home_id,colour\n1,red\n", "it needs a column practice, pcn"),
        ("home_id,practice,practice\n1,a,b\n", "a column name stands twice"),
        ("home_id,practice\n1\n", "row 1: 1 cells where the heading has 2"),
        ("home_id,practice\n1,P1\n1,P2\n,P3\n", "row 3: no home_id, ods_code or postcode\n  row 2: the same home twice"),
        ("home_id,practice,imd_decile\n1,P1,11\n", "row 1: imd_decile is not from 1 to 10"),
        ("", "it needs a column"),
        (b"home_id,practice\n1,\xff\n", "utf-8"),
    ],
)  # fmt: skip
def test_everything_wrong_with_a_file_of_homes_is_said_at_once(tmp_path, text, says):
    path = tmp_path / "homes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError) as caught:
        read_rows(tmp_path, home(1), options=Options(homes=path))
    assert says in str(caught.value)


def test_a_folder_may_hold_other_files_if_one_is_the_directory(tmp_path):
    written(tmp_path, [home(1)])
    (tmp_path / "practices.csv").write_text("a,b\n1,2\n")
    assert len(imported(tmp_path, tmp_path)[1]["homes"]) == 1
    (tmp_path / "02_October_2026_HSCA_Active_Locations.csv").write_text("a,b\n1,2\n")
    with pytest.raises(HistoryError, match="more than one file could be the directory"):
        imported(tmp_path, tmp_path)


def test_a_folder_without_any_file_is_refused(tmp_path):
    with pytest.raises(HistoryError, match=r"no \.ods, \.xlsx or \.csv file"):
        imported(tmp_path, tmp_path)


def test_every_column_that_is_not_there_is_named(tmp_path):
    heading = [name.replace("Care homes beds", "Bedrooms").replace(DEMENTIA, "Band") for name in HOME]
    with pytest.raises(HistoryError) as caught:
        imported(tmp_path, written(tmp_path, [home(1)], heading=heading))
    assert {problem.column for problem in caught.value.problems} == {"Care homes beds", DEMENTIA}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".ods"])
def test_a_heading_alone_has_no_home(tmp_path, suffix):
    with pytest.raises(HistoryError, match="no row is a care home"):
        imported(tmp_path, written(tmp_path, [], suffix))


def test_a_directory_whose_homes_are_all_wrong_says_why(tmp_path):
    with pytest.raises(HistoryError, match=r"beds not from 1 to 500, 2 rows, for example row 1"):
        read_rows(tmp_path, home(1, **{"Care homes beds": "0"}), home(2, **{"Care homes beds": "0"}))


def test_a_column_that_stands_twice_is_refused(tmp_path):
    heading = [name.replace("Location Region", "Location ID") for name in HOME]
    with pytest.raises(HistoryError, match="stands twice"):
        imported(tmp_path, written(tmp_path, [home(1)], heading=heading))


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.95])
def test_a_workbook_that_breaks_off_is_refused(tmp_path, suffix, share):
    path = written(tmp_path, [home(n) for n in range(20)], suffix)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(HistoryError, match="cannot be read"):
        imported(tmp_path, path)


def test_files_of_another_kind_are_refused(tmp_path):
    encrypted = tmp_path / "active_locations.xlsx"
    encrypted.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024))  # what Excel makes of a password
    zipped = tmp_path / "zipped.ods"
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("content.xml", "<not closed")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("Location ID,Location Name\n1-1,Caf\xe9\n".encode("latin-1"))
    for path in (encrypted, zipped, latin):
        with pytest.raises(HistoryError, match="cannot be read"):
            imported(tmp_path, path)


def test_the_list_of_columns_names_each_heading_once():
    assert set(needed()) <= set(accepted().values())
    assert {"location_id", "name", "care_home", "beds"} <= set(needed())


WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "-", "Y", "N", "y", "1-1", "Good", "\x00", "0", "-1", "1e9", "1e400", "NaN", "99999999999999999999",
                     "30/02/2021", "2021-13-45", "9999-12-31", "0001-01-01", "31/12/9999", "01/01/0001", "Dual Registration",
                     "\u202e\ufeff", "é" * 300, "=1+1", '"', "a,b", "a\nb", "999 000 0018"]),
)  # fmt: skip


@st.composite
def directories(draw):
    rows = [home(n) for n in range(draw(st.integers(1, 4)))]
    for row in rows:
        for name in draw(st.lists(st.sampled_from(list(HOME)), max_size=6, unique=True)):
            row[name] = draw(WORDS)
    return rows


def passed_over(report):
    return sum(report.passed_over.values())


@given(rows=directories(), delimiter=st.sampled_from(",\t;|"))
def test_whatever_the_cells_say_the_import_refuses_or_the_history_is_sound(tmp_path_factory, rows, delimiter):
    tmp_path = tmp_path_factory.mktemp("cqc")
    try:
        report, tables = imported(tmp_path, written(tmp_path, rows, delimiter=delimiter))
    except HistoryError:
        return
    assert {(p.table, p.rule) for p in check(tmp_path / "history").errors} == NO_RESIDENTS
    kept, dropped = len(tables["homes"]), sum(one.rows for one in report.dropped)
    assert sum(report.read.values()) == kept + dropped + passed_over(report)


@given(rows=directories(), suffix=st.sampled_from([".xlsx", ".ods"]), cut=st.floats(0, 1), noise=st.binary(max_size=8))
def test_a_workbook_with_broken_bytes_is_refused_or_read(tmp_path_factory, rows, suffix, cut, noise):
    tmp_path = tmp_path_factory.mktemp("cqc")
    clean = [{name: "".join(c for c in cell if c.isprintable()) for name, cell in row.items()} for row in rows]
    path = written(tmp_path, clean, suffix)
    whole = path.read_bytes()
    at = int(len(whole) * cut)
    path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        imported(tmp_path, path)
    except HistoryError:
        return
    assert {(p.table, p.rule) for p in check(tmp_path / "history").errors} == NO_RESIDENTS
