"""Invented counties whose true risks are known, with the labelled rows and further columns that ideas are tried on."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.asof import mondays
from features.build import features, labelled, panel_of, prepare
from features.codelists.outcomes import definition
from features.history import open_history
from features.matrix import Matrix
from features.measures import Stat
from features.outcomes import outcomes
from features.specs import Catalogue, measured
from models.baselines import oracle
from models.fit import Panel, panel, text_column
from models.lists import list_codes
from models.splits import TimeSplit, time_split

from .site import EVIDENCE, homeround

SITE = EVIDENCE / "tried"
SEEDS = (1, 2, 3)
HORIZON, DELAY, GRACE = 28, 42, 6 * 3_600 * 1_000_000
OTHER_HORIZONS = (7, 91)
END, WEEKS = date(2026, 11, 16), 130


@dataclass(frozen=True, eq=False)
class County:
    """One invented county, ready to fit on.

    data     the labelled rows; split their parts
    late     (n,) mask of the rows to calibrate and to judge on; judged (late,) of those to judge on
    risk     (judged,) true risk; home (judged,) by which the bootstrap draws; mdt (judged,) code of each MDT list
    further  (n,) columns by name: labels at other horizons, and counts over two years
    """

    seed: int
    data: Panel
    split: TimeSplit
    late: np.ndarray
    judged: np.ndarray
    risk: np.ndarray
    home: np.ndarray
    mdt: np.ndarray
    further: Mapping[str, np.ndarray]

    def wider(self, columns: Mapping[str, np.ndarray]) -> "County":
        """The same county with further features (n,)."""
        old = self.data.matrix
        X = np.column_stack([old.X, *(values.astype(np.float32) for values in columns.values())])
        return replace(self, data=replace(self.data, matrix=Matrix(old.rows, X, (*old.names, *columns))))


def county(seed: int) -> County:
    """The county of a seed, made unless it is there."""
    folder = SITE / f"seed-{seed}"
    if not (folder / "further.parquet").is_file():
        _make(folder, seed)
    data = panel(Matrix.read(folder / "matrix.parquet"))
    as_ofs = np.unique(data.as_of[data.eligible])
    split = time_split(as_ofs, horizon_days=HORIZON, delay_days=DELAY, until=END - timedelta(days=1))
    test = data.mask(split.test)
    late = test | data.mask(split.calibrate)
    rows = data.matrix.take(test)
    further = pq.read_table(folder / "further.parquet")
    return County(
        seed,
        data,
        split,
        late,
        test[late],
        oracle(rows, pq.read_table(folder / "truth.parquet")),
        data.home[test],
        list_codes(text_column(rows, "pcn"), data.as_of[test])[0],
        {name: further[name].to_numpy() for name in further.column_names},
    )


def _make(folder: Path, seed: int) -> None:
    history = folder / "history"
    if not (history / "truth.parquet").is_file():
        shutil.rmtree(history, ignore_errors=True)
        homeround(folder, "synth", str(history), "--seed", str(seed), "--no-rates")
    prepared = prepare(open_history(history))
    last = END - timedelta(weeks=-(-(HORIZON + DELAY) // 7) + 1)
    people = panel_of(prepared, mondays(last - timedelta(weeks=WEEKS - 1), last), grace=GRACE)
    matrix, _ = labelled(prepared, people, "iau_2019", horizon_days=HORIZON, delay_days=DELAY, known_before=END)
    matrix.write(folder / "matrix.parquet")
    found = {}
    for days in OTHER_HORIZONS:
        for head, name in (("avoidable", "iau_2019"), ("any", "all_emergency")):
            known = outcomes(
                prepared.history, people, definition(name), horizon_days=days, delay_days=DELAY, known_before=END
            )
            found[f"{head}_{days}"] = known.label
    streams = ("emergency_admission", "avoidable_admission", "fall", "infection", "ed_attendance")
    wanted = Catalogue(tuple(f for s in streams for f in measured(s, Stat.COUNT, (728,), "Background")))
    found |= dict(zip(wanted.names, features(prepared, people, wanted).T, strict=True))
    pq.write_table(pa.table({name: pa.array(values) for name, values in found.items()}), folder / "further.parquet")
    shutil.copyfile(history / "truth.parquet", folder / "truth.parquet")
