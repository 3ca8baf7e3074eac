"""Where people live, said in a file beside a source that does not know it."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.door import Rules
from features.sources.importing import import_history
from features.sources.options import Options
from features.sources.pseudonyms import Pseudonyms
from serving import identity

EPISODES = (
    "TOKEN_PERSON_ID,EPISTART,EPIEND,ADMIDATE,DISDATE,ADMIMETH,DIAG_01,MYDOB,SEX,PROCODE3\n"
    "9990000018,2025-03-01,2025-03-04,2025-03-01,2025-03-04,21,J181,071938,2,RXX\n"
    "9990000026,2025-05-01,2025-05-04,2025-05-01,2025-05-04,21,N390,071940,1,RXX\n"
)
HOMES = "home_id,name,home_type,beds,practice,pcn\nH1,Elm House,nursing,38,P1,N1\nH2,Oak House,residential,20,P2,N1\n"
STAYS = "resident_id,home_id,moved_in,moved_out\n9990000018,H1,2024-01-05,\n9990000026,H2,2024-02-01,2025-12-01\n"
KEY = b"k" * 32


@pytest.fixture
def place(tmp_path):
    (tmp_path / "hes").mkdir()
    for name, text in (("hes/apc", EPISODES), ("homes", HOMES), ("stays", STAYS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def brought(place, **changes):
    options = Options(**{"homes": place / "homes.csv", "stays": place / "stays.csv"} | changes)
    rules = Rules(
        Pseudonyms(KEY), seal=lambda table, folder, before: identity.seal_table(table, folder, b"A" * 43 + b"=", before)
    )
    return import_history("hes", place / "hes", place / "history", options, rules)


def test_people_of_hes_live_where_the_file_says(place):
    report = brought(place)
    stays = pq.read_table(place / "history/stays.parquet").to_pandas().set_index("resident_id")["home_id"]
    assert stays.to_dict() == {Pseudonyms(KEY).of("9990000018"): "H1", Pseudonyms(KEY).of("9990000026"): "H2"}
    assert not any("one home" in note for note in report.notes)
    assert (report.written["homes"], report.written["stays"], report.without_stay) == (2, 2, 0)
    assert not check(place / "history").errors


def test_homes_may_come_from_another_history(place):
    brought(place)
    home = {"home_id": ["H1"], "time": ["2025-01-01"], "code": ["cqc_rating"], "value": [3.0]}
    (place / "history").rename(place / "directory")
    (place / "directory/home_events.parquet").unlink()
    pd.DataFrame(home).to_csv(place / "directory/home_events.csv", index=False)
    report = brought(place, homes=place / "directory")
    assert report.written["home_events"] == 1
    assert pq.read_table(place / "history/home_events.parquet")["code"].to_pylist() == ["cqc_rating"]


def test_every_fault_of_the_files_is_told_at_once(place):
    (place / "stays.csv").write_text(STAYS.replace("H2", "H9").replace("2024-01-05", "soon"), encoding="utf-8")
    (place / "homes.csv").write_text(HOMES.replace("38", "many"), encoding="utf-8")
    with pytest.raises(HistoryError) as fault:
        brought(place)
    said = {(p.table, p.column, p.rows) for p in fault.value.problems}
    assert said == {("homes", "beds", 1), ("stays", "moved_in", 1), ("stays", "home_id", 1)}
    assert not (place / "history").exists()
    with pytest.raises(UsageError, match="--homes"):
        brought(place, homes=None)
    assert any("one home" in note for note in brought(place, homes=None, stays=None).notes)
    with pytest.raises(UsageError, match="not there"):
        brought(place, stays=place / "no.csv")
