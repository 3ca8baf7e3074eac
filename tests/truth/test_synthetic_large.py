"""An invented history of many residents lies in blocks, over whatever lay there before."""

from features.store import growing
from features.store.making import make_store
from features.store.opening import layout_of
from features.synthetic import Size, Truth, synthesise


def test_many_invented_residents_lie_in_blocks_and_are_the_same(tmp_path, monkeypatch):
    size, truth = Size(homes=1, weeks=8), Truth(weeks=0)
    made = synthesise(tmp_path / "county", size, truth, block_beds=10)
    make_store(tmp_path / "county", tmp_path / "made", people=made.rows["residents"] // 3)
    monkeypatch.setattr(growing, "LARGE", 0)
    monkeypatch.setattr(growing, "PEOPLE", made.rows["residents"] // 3)
    for _ in range(2):  # the second time over the first
        assert synthesise(tmp_path / "county", size, truth, block_beds=10).rows == made.rows
        assert layout_of(tmp_path / "county") == layout_of(tmp_path / "made")
    assert {path.name for path in (tmp_path / "county").glob("*.parquet")} > {"planted.parquet", "identities.parquet"}
