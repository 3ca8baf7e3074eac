"""What may enter: pseudonyms for NHS numbers, no sensitive code, no GP record of who objects; all of it counted."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from features.check import check
from features.problems import UsageError
from features.sources.door import Rules
from features.sources.importing import import_history
from features.sources.options import Options
from features.sources.pseudonyms import Pseudonyms
from features.sources.report import NO_CODE
from serving import identity

KEY = Fernet.generate_key()
MAPPING = """
[[read]]
file = "homes"
table = "homes"
columns = { home_id = "home_id", name = "name" }
constants = { home_type = "nursing", beds = "30", practice = "P1", pcn = "N1" }
[[read]]
file = "people"
table = "residents"
columns = { resident_id = "nhs", date_of_birth = "born" }
constants = { sex = "F" }
[[read]]
file = "people"
table = "stays"
columns = { resident_id = "nhs", moved_in = "in" }
constants = { home_id = "H1" }
[[read]]
file = "spells"
table = "spells"
columns = { spell_id = "id", resident_id = "nhs", admitted_at = "at", discharged_at = "to", primary_diagnosis = "first", secondary_diagnoses = "more" }
constants = { admission_method = "21" }
[[read]]
file = "events"
table = "events"
columns = { resident_id = "nhs", time = "at", code = "code", source = "source" }
[[read]]
file = "objections"
table = "objections"
columns = { resident_id = "nhs", kind = "kind", from = "since", to = "until" }
"""
NAMES = """
[[read]]
file = "people"
table = "identities"
columns = { resident_id = "nhs", nhs_number = "nhs", given_name = "given", family_name = "family" }
"""
FILES = {
    "homes": "home_id,name\nH1,Elm House\n",
    "people": (
        "nhs,born,in,given,family\n"
        "999 000 0018,1938-07-14,2020-01-05,Ada,Invented\n"
        "9990000026,1940-02-01,2020-01-06,Bea,Imagined\n"
        "9990000035,1941-02-01,2020-01-06,Cleo,Madeup\n"
    ),
    "spells": (
        "id,nhs,at,to,first,more\n"
        "1,9990000018,2021-06-01,2021-06-04,J181,B24;E119\n"
        "2,9990000026,2021-06-01,2021-06-04,B20,J181\n"
    ),
    "events": (
        "nhs,at,code,source\n"
        "9990000018,2021-03-01,fall,care_record\n"
        "999-000-0018,2021-03-02,gp_contact,gp\n"
        "9990000018,2021-03-03,gp_contact,\n"
        "9990000026,2021-03-01,gp_contact,gp\n"
        "9990000026,2021-03-02,ICD10:B20,gp\n"
    ),
    "objections": "nhs,kind,since,until\n9990000018,type_1,2020-02-01,\n9990000026,type_1,2020-02-01,2020-03-01\n",
}


def sealed(table, folder, before):
    identity.seal_table(table, folder, KEY, before)


def imported(tmp_path, mapping=MAPPING, **rules):
    source = tmp_path / "extract"
    source.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
    told = {"pseudonyms": Pseudonyms(KEY), "seal": sealed} | rules
    options = Options(mapping=(tmp_path / "mapping.toml",))
    report = import_history("csv", source, tmp_path / "history", options, Rules(**told))
    return report, {path.stem: pq.read_table(path).to_pandas() for path in (tmp_path / "history").glob("*.parquet")}


def named(folder: Path) -> dict[str, str]:
    table = pq.read_table(io.BytesIO(Fernet(KEY).decrypt((folder / "identities.sealed").read_bytes())))
    return dict(zip(table["resident_id"].to_pylist(), table["nhs_number"].to_pylist(), strict=True))


def test_one_person_has_one_pseudonym_however_the_number_is_written(tmp_path):
    report, tables = imported(tmp_path, type_1=False)
    who = Pseudonyms(KEY).of("9990000018")
    assert who.startswith("r")
    assert (tables["events"]["resident_id"] == who).sum() == 3
    assert set(tables["stays"]["resident_id"]) == set(tables["residents"]["resident_id"])
    assert not check(tmp_path / "history").errors
    assert report.keyed.people == 3
    assert report.keyed.not_valid == 1  # 9990000035
    assert report.keyed.key_id == Pseudonyms(KEY).key_id != Pseudonyms(Fernet.generate_key()).key_id


def test_no_number_is_anywhere_but_in_the_sealed_identities(tmp_path):
    imported(tmp_path, MAPPING + NAMES)
    for path in (tmp_path / "history").rglob("*"):
        text = path.read_bytes()
        if path.suffix == ".parquet":
            text = pq.read_table(path).to_pandas().to_csv().encode()
        for word in (b"99900000", b"999 000", b"999-000", b"Invented", b"Imagined"):
            assert word not in text, path.name
    assert "9990000018" not in repr(Pseudonyms(KEY))


@pytest.mark.parametrize("mapping", [MAPPING, MAPPING + NAMES])
def test_the_link_is_sealed_and_can_be_searched(tmp_path, mapping):
    imported(tmp_path, mapping)
    history = tmp_path / "history"
    assert set(named(history).values()) >= {"9990000026", "9990000035"}
    who = identity.find("999 000 0026", history, KEY)
    assert who == Pseudonyms(KEY).of("9990000026")
    assert identity.find("9990000042", history, KEY) is None


def test_names_are_not_written_without_a_way_to_seal_them(tmp_path):
    with pytest.raises(UsageError, match="sealed"):
        imported(tmp_path, MAPPING + NAMES, seal=None)
    assert not (tmp_path / "history").exists()


def test_numbers_as_ids_are_refused_unless_pseudonyms_are_made(tmp_path):
    with pytest.raises(UsageError, match="--nhs-numbers"):
        imported(tmp_path, pseudonyms=None)
    assert not (tmp_path / "history").exists()


def people(folder: Path) -> set[str]:
    table = pq.read_table(io.BytesIO(Fernet(KEY).decrypt((folder / "identities.sealed").read_bytes())))
    return set(table["given_name"].to_pylist())


def test_names_outlive_an_import_without_any_under_the_same_key(tmp_path):
    imported(tmp_path, MAPPING + NAMES)
    assert people(tmp_path / "history") == {"Ada", "Bea", ""}
    imported(tmp_path)
    assert people(tmp_path / "history") == {"Ada", "Bea", ""}


def test_names_of_other_ids_are_never_taken_over(tmp_path):
    imported(tmp_path, MAPPING + NAMES)
    before = (tmp_path / "history/identities.sealed").read_bytes()
    with pytest.raises(UsageError, match="another key"):
        imported(tmp_path, pseudonyms=Pseudonyms(Fernet.generate_key()))
    for name, text in FILES.items():
        plain = text.replace("999 000 0018", "1").replace("999-000-0018", "1").replace("9990000018", "1")
        (tmp_path / "extract" / f"{name}.csv").write_text(plain.replace("99900000", "c"), encoding="utf-8")
    options = Options(mapping=(tmp_path / "mapping.toml",))
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    with pytest.raises(UsageError, match="sealed names"):
        import_history("csv", tmp_path / "extract", tmp_path / "history", options)
    assert (tmp_path / "history/identities.sealed").read_bytes() == before


@pytest.mark.parametrize("table", ["people", "events", "objections"])
def test_numbers_are_recognised_in_any_table_and_among_other_ids(tmp_path, table):
    """One table alone, a decimal column, a third of the ids: all are numbers of people."""
    source = tmp_path / "extract"
    source.mkdir()
    for name, text in FILES.items():
        plain = text.replace("999 000 0018", "a").replace("999-000-0018", "a").replace("9990000018", "a")
        (source / f"{name}.csv").write_text(plain.replace("99900000", "c"), encoding="utf-8")
    text = (source / f"{table}.csv").read_text().replace("a,", "9990000018.0,").replace("c26,", "9990000026,")
    (source / f"{table}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    reads = "".join(
        f"[[read]]{part}" for part in MAPPING.split("[[read]]")[1:] if f'"{table}"' in part or table == "people"
    )
    (tmp_path / "mapping.toml").write_text(reads, encoding="utf-8")
    with pytest.raises(UsageError, match="--nhs-numbers"):
        import_history("csv", source, tmp_path / "history", Options(mapping=(tmp_path / "mapping.toml",)))


def test_a_wrong_key_is_told_from_a_number_that_nobody_has(tmp_path):
    imported(tmp_path)
    with pytest.raises(UsageError, match="not that of"):
        identity.find("9990000026", tmp_path / "history", Fernet.generate_key())
    with pytest.raises(UsageError, match="check digit"):
        identity.find("9990000027", tmp_path / "history", KEY)


def test_numbers_in_notes_and_in_ids_of_records_stay_out(tmp_path):
    mapping = (
        MAPPING
        + """
[[read]]
file = "notes"
table = "events"
columns = { resident_id = "nhs", time = "at", code = "code", text = "note", record_id = "id" }
"""
    )
    FILES["notes"] = (
        "nhs,at,code,note,id\n9990000018,2021-04-01,soft_sign,like 999 000 0026 or 9990000019?,9990000018-1\n"
        "9990000026,2021-04-02,9990000034,,9990000026-1\n"
    )
    try:
        report, tables = imported(tmp_path, mapping)
    finally:
        del FILES["notes"]
    note = tables["events"].set_index("code").loc["soft_sign"]
    assert note["text"] == "like (number) or 9990000019?"
    assert "999" not in note["record_id"]
    assert tables["events"]["record_id"].nunique() == 2
    assert report.left_out["NHS numbers in notes"] == 1
    assert NO_CODE in [one.code for one in report.unmapped]
    assert "9990000034" not in (tmp_path / "history/import.json").read_text()


def test_sensitive_codes_never_enter(tmp_path):
    report, tables = imported(tmp_path)
    assert not tables["events"]["code"].eq("ICD10:B20").any()
    spells = tables["spells"]
    assert spells.loc[0, ["primary_diagnosis", "secondary_diagnoses"]].tolist() == ["J181", "E119"]
    assert spells["primary_diagnosis"].isna().tolist() == [False, True]
    assert report.left_out["events with a sensitive code"] == 1
    assert report.left_out["sensitive codes in secondary diagnoses of spells"] == 1
    assert report.left_out["sensitive codes in primary diagnosis of spells"] == 1
    kept, tables = imported(tmp_path, sensitive=False)
    assert tables["events"]["code"].eq("ICD10:B20").any()
    assert not any("sensitive" in what for what in kept.left_out)


def test_gp_records_of_who_objects_stay_out_and_the_homes_own_come_in(tmp_path):
    report, tables = imported(tmp_path)
    ada = tables["events"]["resident_id"] == Pseudonyms(KEY).of("9990000018")
    assert tables["events"][ada]["code"].tolist() == ["fall"]
    assert len(tables["events"][~ada]) == 1  # the objection that has ended holds nothing back
    assert report.left_out["GP records of people with a type 1 objection"] == 2
    assert report.written["events"] == len(tables["events"])
    assert report.objections == {"type_1": 2}
    assert len(imported(tmp_path, type_1=False)[1]["events"]) == 4


@given(st.lists(st.one_of(st.text("aB7é -", max_size=12), st.none()), max_size=30))
def test_pseudonyms_tell_ids_apart_and_are_the_same_each_time(ids):
    made, _ = Pseudonyms(KEY).all_of(pa.array(ids, pa.string()))
    again, _ = Pseudonyms(KEY).all_of(pa.array(ids[::-1], pa.string()))
    assert made.to_pylist() == again.to_pylist()[::-1]
    assert [m is None for m in made.to_pylist()] == [i is None for i in ids]
    assert len(set(made.drop_null().to_pylist())) == len({i.strip(" ") for i in ids if i is not None})


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Pseudonyms(b"short")
