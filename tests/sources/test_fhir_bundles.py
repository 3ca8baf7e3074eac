"""Bundles: of any length in little memory, with every way to point from one entry, or one file, to another."""

import json
import tracemalloc

import pytest

from features.problems import HistoryError
from features.sources.fhir.files import OTHERS
from features.sources.fhir.resources import resources
from features.sources.importing import import_history
from features.sources.tally import Tally
from tests.sources.fhir_resources import ICD, bundle, condition, encounter, folder, imported, observation, patient

SHOP = {"system": "https://example.org/people", "value": "a b"}


def files(tmp_path, **documents):
    out = tmp_path / "fhir"
    out.mkdir(exist_ok=True)
    for name, document in documents.items():
        (out / f"{name}.json").write_text(
            document if isinstance(document, str) else json.dumps(document, indent=1), encoding="utf-8"
        )
    return out


@pytest.mark.parametrize(
    "to",
    [
        {"reference": "Patient?identifier=https://example.org/people|a%20b"},
        {"identifier": SHOP},
        {"reference": "Patient/server-1"},
        {"reference": "urn:uuid:11"},
    ],
)
def test_files_refer_to_each_other_in_any_order(tmp_path, to):
    person = ("urn:uuid:11", patient("server-1", identifier=[SHOP]))
    first = bundle(("urn:uuid:22", condition("c", "J18.9", ICD, subject=to, encounter={"reference": "urn:uuid:33"})))
    second = bundle(("urn:uuid:33", encounter("e") | {"subject": to}))
    tables = imported(tmp_path, files(tmp_path, a=first, b=second, c=bundle(person)), strict=True)[1]
    assert tables["spells"][["spell_id", "resident_id", "primary_diagnosis"]].to_numpy().tolist() == [
        ["33", "11", "J189"]
    ]


def test_a_name_that_two_people_have_is_nobodys(tmp_path):
    two = [("urn:uuid:1", patient("x", identifier=[SHOP])), ("urn:uuid:2", patient("x", identifier=[SHOP]))]
    rows = [encounter("e", who="Patient/x"), encounter("f", who="urn:uuid:2")]
    report, tables = imported(tmp_path, files(tmp_path, a=bundle(*two, *rows)))
    assert tables["spells"]["resident_id"].tolist() == ["2"]
    assert [(one.reason, one.example) for one in report.dropped] == [("unknown patient", "entry 3")]


def test_one_resource_may_be_a_file_and_a_bundle_a_line(tmp_path):
    files(tmp_path, a=patient("1"))
    tables = imported(tmp_path, folder(tmp_path, bundle(encounter("e")), encounter("f")), strict=True)[1]
    assert tables["spells"]["spell_id"].tolist() == ["e", "f"]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 16])
def test_where_the_window_ends_makes_no_difference(tmp_path, monkeypatch, size):
    monkeypatch.setattr("features.sources.fhir.bundle._CHUNK", size)
    told = bundle(patient("1"), observation("o", text="é" * 300, valueQuantity={"value": -12.5e3}), [1], None)
    source = files(tmp_path, a={"total": 12345, **told, "note": "Ünd \\ud83d\\ude00"})
    found = [(one.place, one.body) for one in resources(source, Tally())]
    assert found == [(f"entry {number}", one["resource"]) for number, one in enumerate(told["entry"][:2], 1)]


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.999])
def test_a_bundle_that_breaks_off_is_refused(tmp_path, cut):
    whole = json.dumps(bundle(patient("1"), *(encounter(str(n)) for n in range(40))))
    source = files(tmp_path, a=whole[: int(len(whole) * cut)])
    with pytest.raises(HistoryError, match=r"not named after.*breaks off or is not JSON after character [\d,]+"):
        import_history("fhir", source, tmp_path / "history")


@pytest.mark.parametrize("broken", ["", "[]", "7", "{]", '{"entry": [{]}', '{"entry": [{} {}]}', '{"a" 1}', '{"a": 1 "b": 2}', "{1: 2}", '{"a": ' + "[" * 100_000, '{"a": 1' + "0" * 5_000 + "}"])  # fmt: skip
def test_what_is_no_document_is_refused(tmp_path, broken):
    with pytest.raises(HistoryError, match="cannot be read to its end"):
        list(resources(files(tmp_path, a=broken), Tally()))


def peak(source):
    tracemalloc.start()
    count = sum(1 for _ in resources(source, Tally()))
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, found


@pytest.mark.parametrize("kind", ["bundle", "lines"])
def test_memory_does_not_grow_with_the_file(tmp_path, kind):
    """Forty times as many entries: the same window."""

    def source(many):
        rows = [observation(str(n), text="x" * 500) for n in range(many)]
        (tmp_path / str(many)).mkdir()
        return files(tmp_path / str(many), a=bundle(*rows)) if kind == "bundle" else folder(tmp_path / str(many), *rows)

    (few, small), (lot, large) = (peak(source(many)) for many in (250, 10_000))
    assert (few, lot) == (250, 10_000)
    assert large < small + 100_000


@pytest.mark.parametrize("name", ["Doris_Smith_9990000018.json", "Doris.json", "Patient-9990000018.json", "1-123.json"])
def test_no_name_of_a_file_is_told_that_may_be_a_persons(tmp_path, name):
    """What is read and dropped is counted for all such files together, and the place says which of them."""
    source = files(tmp_path, a=bundle(patient("1"), encounter("e")))
    (source / name).write_text(json.dumps(bundle(observation("o", subject={"reference": "Patient/404"}))))
    report = import_history("fhir", source, tmp_path / "history")
    assert report.read == {OTHERS: 3}
    number = sorted(path.name for path in source.iterdir()).index(name) + 1
    assert [(one.file, one.example) for one in report.dropped] == [(OTHERS, f"file {number} of 2, entry 1")]
    assert name.split(".")[0] not in (tmp_path / "history/import.json").read_text()
    (source / name).write_text("{")
    with pytest.raises(HistoryError, match=f"file {number} of 2") as caught:
        import_history("fhir", source, tmp_path / "again")
    assert name not in str(caught.value)


@pytest.mark.parametrize("name", ["Patient.ndjson", "Patient.000.ndjson", "Patient-1.ndjson", "1.Patient.NDJSON"])
def test_files_named_after_a_type_of_resource_are_told(tmp_path, name):
    report = imported(tmp_path, folder(tmp_path, patient("1"), encounter("e"), name=name))[0]
    assert report.read == {name: 2}
