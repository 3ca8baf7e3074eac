"""The report of an import: lags and coverage as counted by hand, and nobody's id on it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from features.contract import TABLES
from features.sources.cover import Lag, home_covers, lags
from features.sources.importing import REPORT, import_history
from features.sources.options import Options
from features.sources.report import NO_CODE
from features.write import write_table
from serving.render.import_page import import_page, said, sections

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def events(folder: Path, rows) -> Path:
    """(resident, hours after START, code, source, days until it was recorded or None)."""
    told = [
        {
            "resident_id": who,
            "time": START + timedelta(hours=hours),
            "code": code,
            "source": source,
            "recorded_at": None if days is None else START + timedelta(hours=hours, days=days),
        }
        for who, hours, code, source, days in rows
    ]
    schema = TABLES["events"].schema
    write_table(folder / "events.parquet", pa.Table.from_pylist(told, schema), schema)
    return folder


def test_lags_are_by_source_and_only_of_what_is_told(tmp_path):
    rows = [("a", n, "fall", "gp", n / 2) for n in range(11)] + [
        ("a", 1, "fall", "gp", None),
        ("a", 1, "fall", None, 2),
    ]
    assert lags(events(tmp_path, rows)) == (Lag("gp", 12, 11, 2.0, 4.0), Lag("not said", 1, 1, 2.0, 2.0))


@given(st.lists(st.one_of(st.none(), st.floats(0, 400)), min_size=1, max_size=60))
def test_half_and_nine_in_ten_are_recorded_by_then(tmp_path_factory, days):
    folder = tmp_path_factory.mktemp("lags")
    (found,) = lags(events(folder, [("a", n, "fall", "gp", one) for n, one in enumerate(days)]))
    told = sorted(int(one + 1e-9) for one in days if one is not None)
    assert (found.rows, found.told) == (len(days), len(told))
    if not told:
        assert found.half is found.nine_in_ten is None
        return
    for share, by in ((0.5, found.half), (0.9, found.nine_in_ten)):
        assert sum(one <= by for one in told) >= share * len(told) > sum(one < by for one in told) - 1e-9


def test_homes_are_covered_by_the_residents_there_on_the_last_day(tmp_path):
    events(
        tmp_path,
        [("a", 0, "fall", "care_record", 0), ("b", 24 * 40, "gp_contact", None, 0), ("c", 24 * 60, "x", "gp", 0)],
    )
    stays = [
        {"resident_id": who, "home_id": home, "moved_in": START - timedelta(days=9), "moved_out": out}
        for who, home, out in (
            ("a", "H1", None),
            ("b", "H1", None),
            ("c", "H2", None),
            ("d", "H2", START + timedelta(days=1)),
        )
    ]
    schema = TABLES["stays"].schema
    write_table(tmp_path / "stays.parquet", pa.Table.from_pylist(stays, schema), schema)
    first, second = home_covers(tmp_path)
    assert (first.home_id, first.residents, dict(first.share)) == ("H1", 2, {"gp": 0.5})
    assert (second.home_id, second.residents, dict(second.share)) == ("H2", 1, {"gp": 1.0})


MAPPING = """
[[read]]
file = "homes"
table = "homes"
columns = { home_id = "home", name = "name" }
constants = { home_type = "nursing", beds = "30", practice = "P1", pcn = "N1" }
[[read]]
file = "people"
table = "residents"
columns = { resident_id = "who", date_of_birth = "born" }
constants = { sex = "F" }
[[read]]
file = "events"
table = "events"
columns = { resident_id = "who", time = "at", code = "code" }
"""


@pytest.fixture
def report(tmp_path):
    source = tmp_path / "extract"
    source.mkdir()
    (source / "homes.csv").write_text("home,name\nH1,<b>Elm</b>\n")
    (source / "people.csv").write_text("who,born\nsecret-1,1938-07-14\nsecret-2,tomorrow\n")
    (source / "events.csv").write_text("who,at,code\nsecret-1,2026-03-01,fall\nsecret-1,2026-03-02,X:<i>1</i>\n")
    (tmp_path / "mapping.toml").write_text(MAPPING)
    return import_history("csv", source, tmp_path / "history", Options(mapping=(tmp_path / "mapping.toml",)))


def test_the_page_says_what_the_record_says_and_names_nobody(report, tmp_path):
    page = import_page(report)
    text = BeautifulSoup(page, "html.parser").get_text(" ", strip=True)
    assert "secret" not in page + (tmp_path / "history" / REPORT).read_text()
    assert "<i>1" not in page  # codes come from the source
    assert "row 2" in text
    assert "1 resident in no home: they may be missing from lists" in said(report)
    assert "50 % of 2 coded rows" in text
    titles = [one.title for one in sections(report)]
    assert "Dropped" in titles
    assert "Left out by rule" not in titles


def test_the_record_can_be_read_by_machines(report, tmp_path):
    told = json.loads((tmp_path / "history" / REPORT).read_text(encoding="utf-8"))
    assert told["written"]["events"] == 2
    assert told["unmapped"] == [{"code": NO_CODE, "rows": 1}]
    assert told["dropped"][0]["reason"] == "date_of_birth: not a date"
    assert told["lags"][0]["told"] == 0
