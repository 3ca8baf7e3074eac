"""The SynPUF example: what its converter makes of claims and summaries, and when each fact becomes known."""

import csv
import importlib.util
import tarfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pytest

from features.build import matrix_of, panel_of, prepare
from features.check import check
from features.feeds import sources_of
from features.history import History, open_history
from features.matrix import Matrix
from flows import lawful, settings

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT.parent / "shared" / "data" / "synpuf_ip_samples_1-4.tar.gz"
SIX_HOURS = 6 * 3_600_000_000


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"synpuf_{name}", ROOT / "examples" / "synpuf" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


synpuf = _load("convert")
evaluation = _load("evaluate")


def _summary(person: str, year: int, county: str = "010", died: str = "", **flags: str) -> dict[str, str]:
    known = dict.fromkeys(synpuf.FLAGS, "2") | {"BENE_ESRD_IND": "0"} | flags
    return known | {
        "DESYNPUF_ID": person, "year": str(year), "BENE_BIRTH_DT": "19300601", "BENE_DEATH_DT": died,
        "BENE_SEX_IDENT_CD": "2", "BENE_RACE_CD": "5", "SP_STATE_CODE": "26", "BENE_COUNTY_CD": county,
    }  # fmt: skip


def _claim(person: str, claim: str, admitted: str, discharged: str, *codes: str, segment: str = "1") -> dict[str, str]:
    given = {f"ICD9_DGNS_CD_{i}": code for i, code in enumerate(codes, 1)}
    return dict.fromkeys(synpuf.DIAGNOSES, "") | given | {
        "DESYNPUF_ID": person, "CLM_ID": claim, "SEGMENT": segment, "PRVDR_NUM": "2600AB", "CLM_ADMSN_DT": admitted,
        "NCH_BENE_DSCHRG_DT": discharged,
    }  # fmt: skip


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Anna moves county in 2009 and has two claims, one in two segments; Ben dies in March 2009; Cora is never ill."""
    folder = tmp_path_factory.mktemp("synpuf")
    summaries = [
        _summary("ANNA", 2008, SP_CHF="1", BENE_ESRD_IND="Y", SP_CHRNKIDN="1"),
        _summary("ANNA", 2009, county="020", SP_CHF="1", SP_COPD="1"),
        _summary("ANNA", 2010, county="020"),
        _summary("BEN", 2008),
        _summary("BEN", 2009, died="20090301", SP_DIABETES="1"),
        *(_summary("CORA", year) for year in (2008, 2009, 2010)),
    ]
    claims = [
        _claim("ANNA", "1", "20080801", "20080805", "4280", "5990"),
        _claim("ANNA", "2", "20080310", "20080314", "486"),
        _claim("ANNA", "2", "20080208", "20080314", "E8889", segment="2"),
        _claim("ANNA", "3", "20080801", "20080809", "4280", "7802"),
        _claim("BEN", "4", "20081230", "20090102"),
    ]
    for year in ("2008", "2009", "2010"):
        rows = [row for row in summaries if row["year"] == year]
        _write(folder / f"DE1_0_{year}_Beneficiary_Summary_File_Sample_1.csv", rows)
    _write(folder / "DE1_0_2008_to_2010_Inpatient_Claims_Sample_1.csv", claims)
    return folder


@pytest.fixture(scope="module")
def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "history"
    synpuf.convert(source, out, [1])
    return out


def _rows(folder: Path, table: str, **where: str) -> list[Mapping[str, object]]:
    rows = open_history(folder)[table].to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def _at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_the_history_is_acceptable_and_assumes_no_recording_time(made: Path) -> None:
    report = check(made)
    assert report.errors == ()
    assert set(report.assumed.values()) == {0}


def test_segments_and_claims_of_one_day_are_one_admission(made: Path) -> None:
    found = [(row["spell_id"], row["admitted_at"], row["discharged_at"]) for row in _rows(made, "spells")]
    assert sorted(found) == [
        ("1", _at(2008, 7, 31, 23), _at(2008, 8, 8, 23)),  # midnight in London, in summer time
        ("2", _at(2008, 3, 10), _at(2008, 3, 14)),  # not the second segment's 8 February
        ("4", _at(2008, 12, 30), _at(2009, 1, 2)),
    ]


def test_admissions_and_discharges_are_known_a_day_later_and_diagnoses_two_weeks_later(made: Path) -> None:
    (spell,) = _rows(made, "spells", spell_id="2")
    assert spell["recorded_at"] == _at(2008, 3, 11)
    assert spell["discharge_recorded_at"] == _at(2008, 3, 15)
    assert spell["primary_diagnosis"] is None
    (fall,) = _rows(made, "events", code="ICD9:E8889")
    assert (fall["time"], fall["recorded_at"]) == (_at(2008, 3, 10), _at(2008, 3, 28))
    assert [row["code"] for row in _rows(made, "events", time=_at(2008, 7, 31, 23))] == [  # type: ignore[arg-type]
        "ICD9:4280", "ICD9:5990", "ICD9:7802",
    ]  # fmt: skip


def test_a_years_summary_is_recorded_at_that_years_end_and_replaces_the_last(made: Path) -> None:
    events = [row for row in _rows(made, "events", resident_id="ANNA") if ":" not in str(row["code"])]
    assert sorted((row["code"], row["recorded_at"].year, row["retracted"]) for row in events) == [  # type: ignore[attr-defined]
        ("ckd", 2008, False),  # two flags of one concept are one event
        ("ckd", 2009, True),
        ("copd", 2009, False),
        ("copd", 2010, True),
        ("heart_failure", 2008, False),
        ("heart_failure", 2009, False),
        ("heart_failure", 2010, True),
    ]
    assert {row["recorded_at"] for row in events} == {_at(year, 12, 31, 23) for year in (2008, 2009, 2010)}
    assert all(row["recorded_at"] == row["time"] for row in events)


def test_no_list_made_within_a_year_sees_that_years_summary(made: Path) -> None:
    mondays = (date(2008, 12, 29), date(2009, 1, 5), date(2009, 12, 28), date(2010, 1, 4))
    history = open_history(made)
    assert _feature(history, "ckd_ever", mondays)["ANNA"] == [0, 1, 1, 0]
    assert _feature(history, "copd_ever", mondays)["ANNA"] == [0, 0, 0, 1]


def test_a_death_is_known_a_week_later_and_its_years_summary_is_left_out(made: Path) -> None:
    (ben,) = _rows(made, "residents", resident_id="BEN")
    assert (ben["died_on"], ben["died_recorded_at"]) == (_at(2009, 3, 1), _at(2009, 3, 8))
    assert _rows(made, "events", resident_id="BEN") == []
    assert (ben["date_of_birth"], ben["sex"], ben["ethnicity"]) == (date(1930, 6, 1), "F", "Hispanic")


def test_another_county_is_a_move_known_at_the_end_of_its_year(made: Path) -> None:
    first, second = _rows(made, "stays", resident_id="ANNA")
    assert (first["home_id"], first["moved_in"], first["recorded_at"]) == ("26-010", _at(2008, 1, 1), _at(2008, 1, 1))
    assert (first["moved_out"], first["moved_out_recorded_at"]) == (_at(2009, 1, 1), _at(2009, 12, 31, 23))
    assert (second["home_id"], second["moved_in"]) == ("26-020", _at(2009, 1, 1))
    assert (second["recorded_at"], second["moved_out"]) == (_at(2009, 12, 31, 23), None)
    assert len(_rows(made, "stays", resident_id="CORA")) == 1


def test_homes_stand_for_counties(made: Path) -> None:
    assert [(row["home_id"], row["beds"], row["pcn"]) for row in _rows(made, "homes")] == [
        ("26-010", 3, "State 26"),
        ("26-020", 1, "State 26"),
    ]


def test_the_archive_gives_what_the_folder_gives(source: Path, made: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "some.tar.gz", "w:gz") as archive:
        archive.add(source, "1-sample-10000")
    assert synpuf.main([str(tmp_path / "some.tar.gz"), str(tmp_path / "out"), "--sample", "1"]) == 0
    for path in made.iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


def test_what_cannot_be_converted_is_named_and_leaves_nothing(
    source: Path, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synpuf.main([str(source), str(tmp_path / "out"), "--sample", "1", "3"]) == 2
    assert "no beneficiary summary of sample 3" in capsys.readouterr().err
    assert synpuf.main([str(source), str(made), "--sample", "1"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_evaluation_keeps_the_embargo_between_its_parts() -> None:
    gap = timedelta(days=evaluation.HORIZON_DAYS + evaluation.DELAY_DAYS)
    for split in evaluation.designs().values():
        assert split.fit[0] == date(2009, 1, 5)
        assert split.calibrate[0] - split.fit[-1] >= gap
        assert split.test[0] - split.calibrate[-1] >= gap
        assert split.test == (date(2010, 1, 4),)
        assert all(day.weekday() == 0 for day in (*split.fit, *split.calibrate))


def test_the_evaluation_notices_a_matrix_that_knows_the_future(made: Path) -> None:
    history = open_history(made)
    matrix = evaluation.build(history, evaluation.designs())
    assert evaluation.same_without_the_future(history, matrix)
    leaking = matrix.X.copy()
    leaking[np.array(matrix.rows["as_of"].to_pylist()) == evaluation.TEST, matrix.names.index("copd_ever")] += 1
    assert not evaluation.same_without_the_future(history, Matrix(matrix.rows, leaking, matrix.names))


def test_the_settings_fit_the_history(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOMEROUND_SETTINGS", raising=False)
    chosen = settings.load(ROOT / "examples" / "synpuf" / "homeround.toml")
    model = chosen.model
    assert (model.outcome, model.horizon_days, model.coding_delay_days) == (
        evaluation.OUTCOME, evaluation.HORIZON_DAYS, evaluation.DELAY_DAYS,
    )  # fmt: skip
    held = sources_of(open_history(made))
    for purpose in ("direct_care", "model_development"):
        assert lawful.require(chosen.lawful_use, held, purpose, evaluation.CUT_OFF) == frozenset()


def _feature(history: History, name: str, as_ofs: tuple[date, ...]) -> dict[str, list[float]]:
    """The values of one feature by resident, in the order of the as-ofs."""
    prepared = prepare(history, "all_emergency")
    matrix = matrix_of(prepared, panel_of(prepared, as_ofs, grace=SIX_HOURS))
    found: dict[str, list[float]] = {}
    for person, value in zip(matrix.rows["resident_id"].to_pylist(), matrix.column(name).tolist(), strict=True):
        found.setdefault(person, []).append(value)
    return found


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"the SynPUF archive is not at {ARCHIVE}")
def test_the_first_people_of_the_real_archive(tmp_path: Path) -> None:
    synpuf.convert(ARCHIVE, tmp_path / "history", [1], people=300)
    assert check(tmp_path / "history").errors == ()
    history = open_history(tmp_path / "history")
    assert history["residents"].num_rows == 300
    spells = history["spells"]
    days = zip(spells["resident_id"].to_pylist(), spells["admitted_at"].to_pylist(), strict=True)
    assert spells.num_rows > 100
    assert len(set(days)) == spells.num_rows
    before, after = (
        np.nansum(list(_feature(history, "osteoporosis_ever", (day,)).values()))
        for day in (date(2008, 12, 29), date(2009, 1, 5))
    )
    flagged = {
        event["resident_id"]
        for event in history["events"].filter(pa.compute.equal(history["events"]["code"], "osteoporosis")).to_pylist()
        if event["recorded_at"].year == 2008
    }
    assert before < 20 < len(flagged) <= after
