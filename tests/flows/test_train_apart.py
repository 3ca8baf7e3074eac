"""Training rows of a history in blocks are those of the same history in plain files."""

import numpy as np
import pytest
from conftest import Site
from test_week_apart import of_three_networks

from features.matrix import Matrix
from features.store.making import make_store
from flows import in_localities, steps_common, steps_train


def matrices(site: Site, until: str) -> tuple[dict, Matrix, Matrix]:
    plain = {"until": until, "outcome": "", "horizon_days": "", "holdout_share": "", "history": ""}
    job = steps_train.plan_training(plain | {"settings": str(site.settings), "work": str(site.folder / "work")})
    built = steps_train.build_matrix(job, steps_common.check_history(job))
    folder = steps_train.matrix_folder(job)
    read = (Matrix.read(folder / name) for name in (steps_train.MATRIX, steps_train.LATEST))
    return {name: value for name, value in built.items() if name != "folder"}, *read


@pytest.mark.parametrize("until", ["", "2026-10-11"])
def test_blocks_give_the_same_rows(site, tmp_path, monkeypatch, until):
    monkeypatch.setattr(in_localities, "BEDS", 40)
    plain, blocks = (of_three_networks(site.twin(tmp_path / name)) for name in ("plain", "blocks"))
    make_store(blocks.history.rename(tmp_path / "whole"), blocks.history, people=40)
    (one, labelled, latest), (other, labelled_too, latest_too) = (matrices(here, until) for here in (plain, blocks))
    assert one == other
    for a, b in ((labelled, labelled_too), (latest, latest_too)):
        assert a.rows.equals(b.rows)
        assert np.array_equal(a.X, b.X, equal_nan=True)
    assert not list((blocks.folder / "work").rglob("passing"))
