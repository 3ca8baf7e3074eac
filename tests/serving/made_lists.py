"""A dozen residents with told stories, and a model that has learnt that falls and NEWS2 matter."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from histories import HOME, RESIDENT, STAY, history_of

from features.build import Prepared, prepare
from features.catalogue import catalogue
from models.model import ANY, AVOIDABLE, Head, Model
from serving.watchlist import ModelInfo

AS_OF = date(2026, 11, 16)
GRACE = 6 * 3_600 * 1_000_000
INFO = ModelInfo("7", "champion", date(2026, 9, 1))
SIGNAL = {"fall_count_28": 1.0, "news2_max_7": 0.4, "weight_kg_share_91": -6.0, "cfs_last": 0.3}


@cache
def model() -> Model:
    """Trained on random rows in which only the features of SIGNAL matter."""
    import lightgbm as lgb

    rng = np.random.default_rng(3)
    names = catalogue().names
    X = np.zeros((3000, len(names)), np.float32)  # a constant column is never split on
    for name, draw in (("fall_count_28", np.minimum(rng.geometric(0.4, 3000) - 1, 6)), ("news2_max_7", rng.integers(0, 9, 3000)),
                       ("weight_kg_share_91", rng.normal(0, 0.05, 3000)), ("cfs_last", rng.integers(4, 9, 3000))):  # fmt: skip
        X[:, names.index(name)] = draw
    z = sum(weight * X[:, names.index(name)] for name, weight in SIGNAL.items()) - 8
    y = (rng.random(3000) < 1 / (1 + np.exp(-z))).astype(float)
    options = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, "deterministic": True,
               "force_row_wise": True, "min_child_samples": 20, "num_leaves": 8,
               "monotone_constraints": [int(np.sign(SIGNAL.get(n, 0))) for n in names]}  # fmt: skip
    text = lgb.train(options, lgb.Dataset(X, y), 60).model_to_string()
    head = Head((text,), 1.0, 0.0, 60, 0.05)
    return Model({AVOIDABLE: head, ANY: head}, names, catalogue().groups, "f", "iau_2019", 28, 42, INFO.trained_until,
                 3000, int(y.sum()), {})  # fmt: skip


def days_ago(days: int, hour: int = 10) -> str:
    return f"{AS_OF - timedelta(days=days)}T{hour:02d}:00"


def event(resident: str, days: int, code: str, value: float | None = None, **more: object) -> dict[str, object]:
    """An event so many days before the list, recorded an hour later."""
    made = {"resident_id": resident, "time": days_ago(days), "code": code, "recorded_at": days_ago(days, 11)}
    return made | ({} if value is None else {"value": value}) | more


def prepared(folder: Path, extra: list[dict[str, object]] | None = None, **tables: list) -> Prepared:
    """r00 to r11 in two homes of one network: r00 falls a lot, the others less and less."""
    ids = [f"r{i:02d}" for i in range(12)]
    events = [event(r, 3, "news2", 1) for r in ids] + [event(r, 20, "gp_contact") for r in ids]
    events += [event(r, 2 + 3 * k, "fall", 0) for i, r in enumerate(ids) for k in range(max(0, 5 - i))]
    given = {
        "homes": [HOME, HOME | {"home_id": "h2", "name": "Ash Lodge"}],
        "residents": [RESIDENT | {"resident_id": r} for r in ids],
        "stays": [STAY | {"resident_id": r, "home_id": "h1" if i % 2 else "h2"} for i, r in enumerate(ids)],
        "events": events + (extra or []),
    }
    return prepare(history_of(folder, **(given | tables)))
