"""An invented history of many residents lies in blocks, over whatever lay there before."""

from features.history import open_history
from features.store import making
from features.store.opening import layout_of
from features.synthetic import Size, Truth, synthesise


def test_many_invented_residents_lie_in_blocks_and_are_the_same(tmp_path, monkeypatch):
    size, truth = Size(homes=1, weeks=8), Truth(weeks=0)
    made = synthesise(tmp_path / "county", size, truth)
    before = open_history(tmp_path / "county")
    monkeypatch.setattr(making, "LARGE", 0)
    for _ in range(2):
        assert synthesise(tmp_path / "county", size, truth).rows == made.rows
        assert sum(part.rows for part in layout_of(tmp_path / "county").tables["events"]) == made.rows["events"]
    after = open_history(tmp_path / "county")
    assert all(
        sorted(map(str, after[name].to_pylist())) == sorted(map(str, before[name].to_pylist())) for name in after.tables
    )
    assert {path.name for path in (tmp_path / "county").glob("*.parquet")} > {"planted.parquet", "identities.parquet"}
