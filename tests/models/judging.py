"""Small invented rows to judge, with ties, missing teams and homes of unequal size."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from features.matrix import Matrix
from models.judged import Judged
from models.logistic import sigmoid

START = date(2025, 1, 6)


def rows_to_judge(residents: int = 60, weeks: int = 5, homes: int = 6, seed: int = 1, levels: int = 6) -> Judged:
    """Rows of `residents` over successive weeks, about one in ten absent; orders with and without ties."""
    rng = np.random.default_rng(seed)
    who, when = np.repeat(np.arange(residents), weeks), np.tile(np.arange(weeks), residents)
    keep = rng.random(len(who)) > 0.1
    who, when = who[keep], when[keep]
    order = rng.permutation(len(who))
    who, when = who[order], when[order]
    level = rng.integers(0, levels, residents)[who] + rng.integers(0, 2, len(who))
    p = sigmoid(0.5 * level - 3.5)
    y = (rng.random(len(who)) < p).astype(float)
    return judged_of(who, when, who % homes, y, {"model": level + 0.0, "fine": rng.normal(size=len(who)) + y}, p)


def judged_of(who, when, home, y, scores, p, pcn=None, days=None) -> Judged:
    """Judged rows of residents, weeks and homes by number; `days` from the row to the admission, for events."""
    as_of = [START + timedelta(weeks=int(week)) for week in when]
    after = np.full(len(who), 3) if days is None else days
    admitted = [day + timedelta(days=int(d)) if hit else None for day, d, hit in zip(as_of, after, y > 0, strict=True)]
    rows = pa.table(
        {
            "resident_id": [f"resident-{i:03d}" for i in who],
            "as_of": pa.array(as_of, pa.date32()),
            "home_id": [f"home-{h}" for h in home],
            "pcn": [f"pcn-{h % 2}" if h < 5 else "" for h in home] if pcn is None else pcn,
            "admitted_on": pa.array(admitted, pa.date32()),
        }
    )
    matrix = Matrix(rows, np.zeros((len(who), 1), np.float32), ("nothing",))
    return Judged(matrix, np.array(as_of, "datetime64[D]"), np.array(rows["home_id"]), y, scores, {"model": p})
