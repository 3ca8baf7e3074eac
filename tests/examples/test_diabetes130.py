"""The example with real patients: what its reader makes of the file, and that no patient is on two sides of a fold."""

import csv
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.boosting import Params

EXAMPLE = Path(__file__).parents[2] / "examples" / "diabetes130"
COLUMNS = (
    "encounter_id", "patient_nbr", "race", "age", "discharge_disposition_id", "time_in_hospital", "num_lab_procedures",
    "num_procedures", "num_medications", "number_outpatient", "number_emergency", "number_inpatient",
    "number_diagnoses", "diag_1", "diag_2", "diag_3", "A1Cresult", "readmitted",
)  # fmt: skip


@pytest.fixture(scope="module")
def example():
    sys.path.insert(0, str(EXAMPLE))
    import evaluate
    import read

    yield read, evaluate
    sys.path.remove(str(EXAMPLE))
    del sys.modules["read"], sys.modules["evaluate"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """Invented encounters: more inpatient stays before, more readmissions."""
    rng = np.random.default_rng(3)
    n = 4_000
    before = rng.poisson(0.6, n)
    back = rng.random(n) < 0.06 + 0.2 * np.minimum(before, 4)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for i in range(n):
        died = "11" if i % 50 == 0 else "1"
        codes = (["250.83", "V45", "E849"] if i % 2 else ["428", "?", "276"])  # fmt: skip
        writer.writerow([i, i // 2, "?" if i % 7 == 0 else "Other", "[70-80)", died, 1 + i % 9, 40, 1, 12, 0, 0,
                         before[i], 5, *codes, "None" if i % 3 else ">8", "<30" if back[i] else "NO"])  # fmt: skip
    path = tmp_path_factory.mktemp("diabetes") / "diabetes130.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("dataset_diabetes/diabetic_data.csv", out.getvalue())
    return path


def test_the_reader_leaves_out_the_dead_and_keeps_none_apart_from_missing(example, archive):
    read, _ = example
    matrix = read.read(archive, 10)
    assert len(matrix) == 4_000 - 80
    assert matrix.column("age")[0] == 75
    assert {"A1Cresult=None", "A1Cresult=>8"} <= set(matrix.names)
    assert not any(name.startswith("race=?") for name in matrix.names)
    first = dict(zip(matrix.rows["resident_id"].to_pylist(), range(len(matrix)), strict=True))
    odd, even = matrix.X[first["1"]], matrix.X[first["2"]]
    at = [matrix.names.index(name) for name in read.DIAGNOSES]
    assert odd[at].tolist() == [pytest.approx(250.83), 2_045, 1_849]
    assert even[at][0] == 428
    assert np.isnan(even[at][1])


def test_no_patient_is_in_two_parts(example, archive):
    read, evaluate = example
    matrix = read.read(archive, 10)
    parts = {}
    for patient, part in zip(matrix.rows["home_id"].to_pylist(), matrix.rows["as_of"].to_pylist(), strict=True):
        assert parts.setdefault(patient, part) == part
    for split in evaluate.splits():
        assert not {*split.fit} & {*split.calibrate, *split.test}
        assert not {*split.calibrate} & {*split.test}
    assert sorted(day for split in evaluate.splits() for day in split.test) == list(read.mondays(10))


def test_every_row_is_judged_once_and_the_relation_found(example, archive):
    _, evaluate = example
    found = evaluate.run(archive, Params(rounds=60, bags=1, num_threads=1), lambda _: None)
    assert found["encounters"] == 3_920
    assert found["auroc"][0] > 0.58
    assert found["auroc"][1] > 0.5
    assert found["observed_expected"][1] < 1 < found["observed_expected"][2]
    assert found["ppv_top_5_percent"][0] > 1.5 * found["prevalence"][0]
