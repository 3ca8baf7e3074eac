"""Whatever stands in a MEDS folder, it is refused in words, or what comes of it is a history that the check accepts."""

import datetime
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from features.check import check
from features.problems import HistoryError, UsageError
from features.sources.importing import import_history

CODES = st.sampled_from(["MEDS_BIRTH", "MEDS_DEATH", "HOSPITAL_ADMISSION//EMERGENCY", "HOSPITAL_ADMISSION", "HOSPITAL_DISCHARGE//HOME", "SEX//F", "GENDER//?",
                         "LOINC//29463-7", "", " ", "//", "x" * 5000, "\x00"]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)  # fmt: skip
TIMES = (
    st.sampled_from(
        [None, datetime.datetime(1938, 7, 14), datetime.datetime(2021, 3, 1), datetime.datetime(2021, 3, 2)]
    )
    | st.datetimes()
)
ROWS = st.lists(
    st.tuples(st.sampled_from([7, 8, -1, None]), TIMES, st.none() | CODES, st.none() | st.floats(width=32)), max_size=9
)
SOUND = [
    (7, datetime.datetime(1938, 7, 14), "MEDS_BIRTH", None),
    (7, datetime.datetime(2021, 3, 1), "LOINC//29463-7", 61.5),
]


def accepted(content):
    """Whether a folder of one file becomes a history, which then has no error."""
    with tempfile.TemporaryDirectory() as root:
        source, out = Path(root) / "meds", Path(root) / "history"
        (source / "data").mkdir(parents=True)
        (source / "data/0.parquet").write_bytes(content)
        try:
            report = import_history("meds", source, out)
        except (HistoryError, UsageError):
            assert not out.exists()
            return None
        assert check(out).errors == ()
        return report


def parquet(rows):
    kinds = {"subject_id": pa.int64(), "time": pa.timestamp("us"), "code": pa.string(), "numeric_value": pa.float32()}
    stream = pa.BufferOutputStream()
    columns = {name: pa.array([row[k] for row in rows], kind) for k, (name, kind) in enumerate(kinds.items())}
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue().to_pybytes()


@given(ROWS, st.booleans())
def test_rows_may_hold_anything(rows, more):
    accepted(parquet([*rows, *SOUND] if more else rows))


@given(st.integers(0, 2000), st.binary(max_size=4))
def test_bytes_may_be_anything(at, odd):
    whole = parquet(SOUND)
    accepted(whole[:at] + odd + whole[at + len(odd) :])
    accepted(whole[:at])


def test_what_is_sound_is_kept():
    assert accepted(parquet(SOUND)).written["events"] == 1
