"""Whatever stands in a FHIR file, it is refused in words, or what comes of it is a history that the check accepts."""

import gzip
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.importing import import_history
from tests.sources.fhir_resources import ICD, ODS, bundle, concept, condition, encounter, observation, patient, place

TEXT = st.text(max_size=8) | st.sampled_from(
    ["\x00", "\ud800", " ", "\u2028", "9990000018", "#x", "?", "urn:", "Patient?identifier=", "x" * 5000]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([10**400, -1e308, "1938", "2021-03", "2021-03-01T25:00:00Z", "0001-01-01", "9999-12-31", "2999-01-01", "2021-03-01T10:00:00+14:00"])  # fmt: skip
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
WHO = {"reference": "Patient/1"}
WHOLE = [
    patient("1", active=True, link=[{"type": "replaces", "other": {"reference": "Patient/3"}}], managingOrganization={"reference": "Organization/h"}),
    patient("2", deceasedDateTime="2022-01-01", deceasedBoolean=True, identifier=[{"system": "s", "value": "v"}]),
    encounter("e", hospitalization={"admitSource": concept("emd"), "dischargeDisposition": concept("19")}, serviceProvider={"reference": "Organization/h"},
              diagnosis=[{"condition": {"reference": "Condition/c"}, "rank": 1}], partOf={"reference": "Encounter/f"}),
    encounter("f", location=[{"location": {"reference": "Location/l"}, "period": {"start": "2021-03-01", "end": "2021-03-02"}}]),
    encounter("g", "EMER"), encounter("h", "HH", who="Patient/2", serviceProvider={"reference": "Organization/h"}),
    condition("c", "J18.9", ICD, encounter={"reference": "Encounter/e"}, recordedDate="2021-03-04", verificationStatus=concept("confirmed")),
    observation("o", code=concept("1"), component=[{"code": concept("2"), "valueQuantity": {"value": 1, "unit": "kg"}}], issued="2021-03-03"),
    {"resourceType": "MedicationRequest", "id": "m", "status": "active", "authoredOn": "2021-03", "subject": WHO, "medicationReference": {"reference": "#i"},
     "contained": [{"resourceType": "Medication", "id": "i", "code": concept("3")}]},
    {"resourceType": "Medication", "id": "n", "code": concept("3")},
    {"resourceType": "CarePlan", "id": "p", "status": "active", "period": {"start": "2021-05-01"}, "subject": WHO},
    {"resourceType": "Consent", "id": "k", "status": "active", "patient": WHO, "dateTime": "2021-02-03", "provision": {"type": "deny", "period": {"end": "2022"}}},
    place("Organization", "h", identifier=[{"system": ODS, "value": "VN1"}]), place("Location", "l"),
]  # fmt: skip


def paths(value, here=()):
    """Every place within a resource."""
    if here:
        yield here
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*here, key))


def changed(value, path, new):
    """A copy with something else at one place."""
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], new) if path[1:] else new
    return copy


@st.composite
def exports(draw):
    """A sound export, in any order, with a few of its fields holding anything; some resources come twice."""
    rows = list(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        number = draw(st.integers(0, len(rows) - 1))
        if isinstance(rows[number], dict) and rows[number]:
            rows[number] = changed(rows[number], draw(st.sampled_from(list(paths(rows[number])))), draw(JSON))
    rows += draw(st.lists(JSON | st.sampled_from(rows), max_size=3))
    return draw(st.permutations(rows))


def accepted(name, content):
    """Whether a folder of one file becomes a history, which then has no error."""
    with tempfile.TemporaryDirectory() as root:
        source, out = Path(root) / "fhir", Path(root) / "history"
        source.mkdir()
        (source / name).write_bytes(content)
        try:
            report = import_history("fhir", source, out)
        except (HistoryError, UsageError):
            assert not out.exists()
            return None
        assert check(out).errors == ()
        assert all(one.example.startswith(("line ", "entry ", "the whole")) for one in report.dropped)
        return report


@given(exports())
def test_fields_may_hold_anything(rows):
    accepted("a.ndjson", "\n".join(json.dumps(row) for row in rows).encode())


@given(exports(), st.sampled_from(["", "urn:uuid:1", "https://example.org/Patient/1", None, 7]))
def test_and_so_may_those_of_bundles(rows, url):
    accepted("a.json", json.dumps(bundle(*((url, row) for row in rows))).encode())


LINES = [json.dumps(row).encode() for row in WHOLE]


@given(
    st.lists(
        st.binary(max_size=20)
        | st.sampled_from([b"", b"  ", b"{", b"[]", b"null", b'{"a":' * 3000, b"\xef\xbb\xbf{}"]),
        max_size=4,
    ),
    st.integers(0, 13),
)
def test_lines_may_be_anything(odd, at):
    accepted("a.ndjson", b"\r\n".join([*LINES[:at], *odd, *LINES[at:]]))


@given(st.integers(0, 3000), st.booleans(), st.binary(max_size=3))
def test_a_packed_file_may_be_cut_or_spoilt(at, cut, other):
    whole = gzip.compress(b"\n".join(LINES), mtime=0)
    at = min(at, len(whole) - 1)
    accepted("a.ndjson.gz", whole[:at] if cut else whole[:at] + other + whole[at + len(other) :])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_other_encodings_are_refused_or_read(encoding):
    report = accepted("a.ndjson", b"\n".join(LINES).decode().encode(encoding))
    assert bool(report) == encoding.startswith("utf-8")


def test_what_is_sound_is_kept_whole():
    """The export that the others spoil is not refused, so that they are about something."""
    report = accepted("a.ndjson", b"\n".join(LINES))
    assert not report.dropped
    assert report.written["events"] == 6
    assert (report.written["spells"], report.written["stays"], report.written["homes"]) == (0, 3, 2)
