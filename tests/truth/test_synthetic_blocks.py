"""The size of a block changes no value, and homes further on change nothing for those before."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.synthetic import Reviews, Size, Truth, synthesise

SIZE, TRUTH = Size(9, 30), Truth(weeks=2, paths=5, also=(("falls", 56),), drivers=True)
REVIEWS = Reviews(0.73, 0.3, begin=20, steps=2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return tables(tmp_path_factory.mktemp("whole"), 1_000)


def tables(folder, block_beds):
    synthesise(folder / "county", SIZE, TRUTH, reviews=REVIEWS, block_beds=block_beds)
    return {path.stem: pq.read_table(path).to_pandas() for path in (folder / "county").glob("*.parquet")}


@pytest.mark.parametrize("block_beds", [1, 37])
def test_blocks_change_no_value(whole, tmp_path, block_beds):
    parts = tables(tmp_path, block_beds)
    assert set(parts) == set(whole)
    for name, table in whole.items():
        columns = list(table.columns)
        left, right = (t.sort_values(columns).reset_index(drop=True) for t in (table, parts[name]))
        pd.testing.assert_frame_equal(left, right, obj=name)
        assert len(table)
