"""Whatever stands in an extract, it is refused in words, or every row is kept, dropped or passed over, and none is lost."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.hes.attendances import read_attendances
from features.sources.hes.episodes import read_episodes
from features.sources.importing import import_history
from features.sources.tables import open_folder
from features.sources.tally import Tally

APC = {"EPIKEY": "1", "TOKEN_PERSON_ID": "a", "SEX": "2", "MYDOB": "071938", "PROCODE3": "RTH", "EPISTART": "2021-06-01", "EPIEND": "2021-06-05",
       "ADMIDATE": "2021-06-01", "DISDATE": "2021-06-05", "ADMIMETH": "21", "ADMISORC": "19", "DISDEST": "19", "DISMETH": "1", "DIAG_01": "J189",
       "EPITYPE": "1", "CLASSPAT": "1", "DOB": "", "OPERTN_01": "W371"}  # fmt: skip
ECDS = {"TOKEN_PERSON_ID": "a", "ARRDATE_EC": "2021-07-01", "ARRTIME_EC": "10:45", "DEPARTDATE_EC": "2021-07-01", "DEPARTTIME_EC": "14:00", "SEX": "2",
        "MYDOB": "071938", "EC_DEPARTMENT_TYPE": "05", "EC_ATTENDANCECATEGORY": "1", "CHIEF_EC": "161898004"}  # fmt: skip
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", "1800-01-01", "1801-01-01", "1582-10-15", "1900-01-01", "9999-12-31", "0001-01-01", "2999-01-01", "31/02/2021", "20210601", "2021-05-01", "2021-06-09",
     "2021-06-01T10:00:00+05:00", "999999", "132021", "79", "4", "98", "51", "a", "b", "3000", "2400", "-1", "1e9", "\u200b", "99", "&", ";", "x" * 5000]
)  # fmt: skip


@st.composite
def tables(draw, sound):
    """Rows of a sound table with a few cells that hold anything."""
    rows = [dict(sound) for _ in range(draw(st.integers(1, 5)))]
    for _ in range(draw(st.integers(0, 8))):
        rows[draw(st.integers(0, len(rows) - 1))][draw(st.sampled_from(sorted(sound)))] = draw(CELLS)
    return rows


def text(rows, delimiter=","):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def accepted(**files):
    """Whether a folder of these becomes a history, which then has no error and names nobody."""
    with tempfile.TemporaryDirectory() as root:
        source, out = Path(root) / "hes", Path(root) / "history"
        source.mkdir()
        for name, content in files.items():
            (source / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        try:
            report = import_history("hes", source, out)
        except (HistoryError, UsageError):
            assert not out.exists()
            return False
        assert check(out).errors == ()
        assert all(one.example.startswith("row ") for one in report.dropped)
        return True


@given(tables(APC), tables(ECDS))
def test_cells_may_hold_anything(episodes, attendances):
    accepted(apc=text(episodes), ecds=text(attendances))


@given(tables(APC), tables(ECDS))
def test_every_row_is_kept_dropped_or_passed_over(episodes, attendances):
    with tempfile.TemporaryDirectory() as root:
        for rows, name, reader in ((episodes, "apc", read_episodes), (attendances, "ecds", read_attendances)):
            (Path(root) / f"{name}.csv").write_text(text(rows))
            tally = Tally()
            kept = reader(open_folder(Path(root)), tally)
            gone = sum(one.rows for one in tally.dropped) + sum(tally.passed_over.values())
            assert len(kept) + gone == tally.read[f"{name}.csv"] == len(rows)


@given(st.binary(max_size=40), st.integers(0, 400))
def test_bytes_may_be_anything(odd, at):
    whole = text([APC, APC | {"EPIKEY": "2"}]).encode()
    accepted(apc=whole[:at] + odd + whole[at:])


@pytest.mark.parametrize(
    ("content", "fine"),
    [(text([APC]), True), (text([APC], ";"), True), (text([APC], "\t"), True), ("\ufeff" + text([APC]), True), (text([APC]).replace("\r\n", "\n"), True),
     (text([APC]).encode("utf-16"), False), (text([APC | {"SEX": "é"}]).encode("latin-1"), False), (text([APC]).splitlines()[0], False), ("", False),
     (text([APC]) + "\n\n", True), (text([APC]).replace("EPIKEY", "SEX"), False)],
)  # fmt: skip
def test_files_may_be_written_in_many_ways(content, fine):
    assert accepted(apc=content) == fine
