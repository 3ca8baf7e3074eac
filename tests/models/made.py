"""Small invented matrices with a known relation between features and outcome."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from features.matrix import Matrix
from models.logistic import sigmoid

NAMES = ("prior_admissions", "cfs", "falls_28", "news2_last", "noise_a", "noise_b")
GROUPS = {
    "prior_admissions": "Urgent care use",
    "cfs": "Background",
    "falls_28": "Falls",
    "news2_last": "Infection",
    "noise_a": "Home",
    "noise_b": "Home",
}
MONOTONE = {"prior_admissions": 1, "falls_28": 1}
CAPACITY = {"pcn": 10, "home_id": 3}
START = date(2024, 1, 1)
HORIZON, DELAY = 28, 14


def made(residents: int = 150, weeks: int = 50, homes: int = 12, seed: int = 7, level: float = -3.2):
    """A labelled matrix, and the truth (resident_id, as_of, risk) it was drawn from."""
    rng = np.random.default_rng(seed)
    n = residents * weeks
    who, when = np.repeat(np.arange(residents), weeks), np.tile(np.arange(weeks), residents)
    still = [rng.poisson(0.7, residents)[who], rng.integers(3, 9, residents)[who]]
    moving = [rng.poisson(0.3, n), rng.integers(0, 8, n), rng.normal(size=n), rng.normal(size=n)]
    X = np.column_stack([*still, *moving]).astype(np.float32)
    log_odds = level + 0.5 * X[:, 0] + 0.15 * (X[:, 1] - 6) + 0.8 * X[:, 2] + 0.25 * (X[:, 3] - 3)
    X[rng.random(n) < 0.1, 3] = np.nan
    risk = sigmoid(log_odds)
    y = (rng.random(n) < risk).astype(float)
    rows = _rows(who, when, homes, y, np.maximum(y, rng.random(n) < 0.05), rng.integers(0, HORIZON, n))
    truth = rows.select(["resident_id", "as_of"]).append_column("risk", pa.array(risk))
    return Matrix(rows, X, NAMES), truth


def until(weeks: int = 50) -> date:
    """A data cut-off by which every one of `weeks` as-ofs is usable."""
    return START + timedelta(weeks=weeks - 1, days=HORIZON + DELAY)


def _rows(who, when, homes, y, any_y, after) -> pa.Table:
    home = who % homes
    within = np.random.default_rng(0).random(len(who))
    days = [START + timedelta(weeks=int(w)) for w in when]
    admitted = [day + timedelta(days=int(d)) if hit else None for day, d, hit in zip(days, after, y > 0, strict=True)]
    return pa.table(
        {
            "resident_id": [f"resident-{i:05d}" for i in who],
            "as_of": pa.array(days, pa.date32()),
            "home_id": [f"home-{h:02d}" for h in home],
            "pcn": [f"pcn-{h % 3}" for h in home],
            "practice": [f"practice-{h % 5}" for h in home],
            "home_type": np.where(home % 2, "nursing", "residential"),
            "status": ["eligible"] * len(who),
            "state": np.where(y > 0, "admitted", "none"),
            "label": pa.array(y),
            "any_label": pa.array(np.asarray(any_y, dtype=float)),
            "admitted_on": pa.array(admitted, pa.date32()),
            "followed_days": pa.array(np.where(y > 0, HORIZON * within, HORIZON)),
            "any_followed_days": pa.array(np.where(any_y > 0, HORIZON * within, HORIZON)),
        }
    )
