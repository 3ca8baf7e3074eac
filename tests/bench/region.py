"""A region of invented residents with known true risks: trained on as a site would, and judged on later Mondays."""

import shutil
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.build import matrix_of, panel_of, prepare
from features.history import open_history
from features.matrix import KEY, Matrix
from features.synthetic import Size, Truth
from features.synthetic.reachable import known
from flows.steps_train import BASELINES
from models import registry
from models.baselines import oracle
from models.evaluate import evaluation_of, judged_rows
from models.evaluation import Evaluation
from models.fit import panel
from models.judged import Judged
from models.splits import refit_split

from .ceiling import HOMES, RESIDENTS, Learner, together
from .site import homeround

WEEKS, PATHS = 104, 1_000
END = date(2026, 11, 16)
# Four weeks apart, so that no admission counts twice.
MONDAYS = tuple(END - timedelta(weeks=4 * k) for k in (3, 2, 1, 0))
UNTIL = MONDAYS[0] - timedelta(days=1)
GRACE = 6 * 3_600 * 1_000_000
CAPACITY = {"pcn": 10, "home_id": 5}
_HORIZON, _DELAY = 28, 42


@dataclass(frozen=True)
class Region:
    """Ranked resident-Mondays of one seed beside the oracle and the ceiling, the figures, and each learner's risk."""

    seed: int
    judged: Judged
    evaluation: Evaluation
    learnt: tuple[np.ndarray, ...]


def invent(seed: int, site: Path) -> None:
    """The region's history with the true risks of MONDAYS."""
    days = [word for monday in MONDAYS for word in ("--truth-on", monday.isoformat())]
    size = ("--homes", str(HOMES), "--residents", str(RESIDENTS), "--weeks", str(WEEKS), "--seed", str(seed))
    homeround(site, "synth", str(site / "history"), *size, *days, "--paths", str(PATHS), "--no-rates")


def judge(seed: int, learners: tuple[Learner, ...], site: Path) -> Region:
    """Train on what was recorded before the first of MONDAYS, and judge what came after each of them."""
    if not (site / "history").exists():
        invent(seed, site)
    homeround(site, "train", str(site / "history"), "--until", UNTIL.isoformat())
    model, _ = registry.load(site / "mlruns", 1)  # put to use or not
    learnt_from = Matrix.read(next((site / "work/train").rglob("matrix.parquet")))
    later = _later(site / "history", model.outcome)
    data = panel(_joined(learnt_from, later))
    as_ofs = np.unique(data.as_of[data.eligible & (data.as_of <= np.datetime64(UNTIL))])
    split = refit_split(as_ofs, horizon_days=_HORIZON, delay_days=_DELAY, until=UNTIL)
    judged = judged_rows(data, data.mask(MONDAYS), split, model, BASELINES, seed=1)
    best, tables = _learnt(seed, learners, judged)
    truth = pq.read_table(site / "history/truth.parquet")
    found = evaluation_of(judged, replace(split, test=MONDAYS), capacity=CAPACITY, truth=truth, ceiling=tables[-1])
    judged = judged.beside({"oracle": oracle(judged.matrix, truth), "ceiling": best[-1]})
    shutil.rmtree(site / "history")
    return Region(seed, judged, found, best)


def _later(history: Path, outcome: str) -> Matrix:
    """The rows of MONDAYS with what came true, which the history does not hold yet but its truth does."""
    prepared = prepare(open_history(history), outcome)
    matrix = matrix_of(prepared, panel_of(prepared, MONDAYS, grace=GRACE))
    told = pq.read_table(history / "truth.parquet")
    came = oracle(
        matrix, told.set_column(told.schema.get_field_index("risk"), "risk", told["admitted"].cast("float64"))
    )
    label = pa.array(came, pa.float64(), from_pandas=True)
    blank = pa.nulls(len(matrix), pa.float64())
    return replace(matrix, rows=matrix.rows.append_column("label", label).append_column("any_label", blank))


def _joined(first: Matrix, second: Matrix) -> Matrix:
    shared = [name for name in first.rows.column_names if name in second.rows.column_names]
    rows = pa.concat_tables(
        [first.rows.select(shared), second.rows.select(shared).cast(first.rows.select(shared).schema)]
    )
    return Matrix(rows, np.concatenate([first.X, second.X]), first.names)


def _learnt(
    seed: int, learners: tuple[Learner, ...], judged: Judged
) -> tuple[tuple[np.ndarray, ...], tuple[pa.Table, ...]]:
    """Each learner's risk of the judged rows, and the same as tables (resident_id, as_of, risk)."""
    seen = together(known(Size(HOMES, WEEKS, RESIDENTS, seed), Truth(mondays=MONDAYS, paths=1)))
    came = pa.table({"resident_id": seen.ids, "as_of": seen.as_of, "risk": seen.admitted.astype(float)})
    if not np.array_equal(oracle(judged.matrix, came), judged.y):
        raise RuntimeError("the columns to learn from are not of the history on disk: are the settings changed?")
    keys = {name: came[name] for name in KEY}
    tables = tuple(pa.table(keys | {"risk": one.risk(seen.X)}) for one in learners)
    return tuple(oracle(judged.matrix, table) for table in tables), tables
