import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made import NAMES, made

from features import matrix as matrix_file
from features.build import with_outcomes
from features.matrix import Matrix, MatrixError
from features.outcomes import Outcomes, State
from features.relabel import OUTCOME_COLUMNS


def test_what_is_written_is_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix_file, "_ROWS_PER_GROUP", 7)
    matrix, _ = made(residents=5, weeks=4)
    matrix.write(tmp_path / "m.parquet")
    again = Matrix.read(tmp_path / "m.parquet")
    assert again.rows.equals(matrix.rows)
    assert again.names == NAMES
    assert again.X.dtype == np.float32
    np.testing.assert_array_equal(again.X, matrix.X)
    assert [path.name for path in tmp_path.iterdir()] == ["m.parquet"]


def test_an_empty_matrix_survives_the_disk(tmp_path):
    matrix, _ = made(residents=2, weeks=2)
    none = matrix.take(np.zeros(4, dtype=bool))
    none.write(tmp_path / "m.parquet")
    assert len(Matrix.read(tmp_path / "m.parquet")) == 0


def test_take_keeps_rows_and_features_together():
    matrix, _ = made(residents=6, weeks=3)
    mask = np.arange(len(matrix)) % 2 == 1
    part = matrix.take(mask)
    assert part.rows["resident_id"].to_pylist() == np.array(matrix.rows["resident_id"].to_pylist())[mask].tolist()
    np.testing.assert_array_equal(part.X, matrix.X[mask])


def test_a_resident_stands_once_in_a_week():
    matrix, _ = made(residents=3, weeks=2)
    with pytest.raises(MatrixError, match=r"6 .resident_id, as_of. pairs occur more than once"):
        Matrix(pa.concat_tables([matrix.rows] * 2), np.concatenate([matrix.X] * 2), matrix.names)


@pytest.mark.parametrize(
    ("names", "message"),
    [(("a", "a"), "names used twice: a"), (("a", "home_id"), "names used twice: home_id"), (("a",), "rows and names")],
)
def test_names_must_fit(names, message):
    matrix, _ = made(residents=3, weeks=2)
    with pytest.raises(MatrixError, match=message):
        Matrix(matrix.rows, matrix.X[:, :2], names)


def test_any_parquet_file_is_not_a_matrix(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    with pytest.raises(MatrixError, match="not a feature matrix"):
        Matrix.read(tmp_path / "t.parquet")


def test_doubles_are_refused():
    matrix, _ = made(residents=3, weeks=2)
    with pytest.raises(MatrixError, match="float32"):
        Matrix(matrix.rows, matrix.X.astype(float), matrix.names)


def test_the_day_of_admission_is_that_of_the_label_in_local_days():
    matrix, _ = made(residents=4, weeks=1)
    bare = Matrix(matrix.rows.drop_columns(OUTCOME_COLUMNS), matrix.X, matrix.names)
    evening = int(np.datetime64("2024-07-01T23:30", "us").astype(np.int64))  # half past midnight in London
    never = np.iinfo(np.int64).max
    state = np.array([State.ADMITTED, State.NONE, State.LEFT, State.ADMITTED], np.int8)
    first = np.array([evening, never, evening, evening + 86_400_000_000])
    begin, end, none = np.full(4, evening), np.full(4, evening + 28 * 86_400_000_000), np.full(4, never)
    found = Outcomes(state, begin, end, first, none, none, 0)
    rows = with_outcomes(bare, found, found).rows
    days = [None if day is None else day.isoformat() for day in rows["admitted_on"].to_pylist()]
    assert days == ["2024-07-02", None, None, "2024-07-03"]
    assert rows["label"].to_pylist() == [1, 0, None, 1]


def test_the_share_with_a_value_is_of_the_rows_named(monkeypatch):
    monkeypatch.setattr("features.matrix._ROWS_PER_GROUP", 2)
    X = np.array([[1, np.nan], [np.nan, np.nan], [1, 2], [3, np.nan], [5, 6]], np.float32)
    rows = pa.table({"resident_id": list("abcde"), "as_of": pa.array([0] * 5, pa.int32()).cast(pa.date32())})
    found = Matrix(rows, X, ("one", "other")).present(np.array([0, 1, 2, 4]))
    assert found.tolist() == [0.75, 0.5]
    assert Matrix(rows, X, ("one", "other")).present(np.array([], int)).tolist() == [0, 0]
