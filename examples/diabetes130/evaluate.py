"""How well homeround's fit, calibration and figures do on real patients: five folds of patients.

    python examples/diabetes130/evaluate.py diabetes130.zip [--json FILE]

Each fold is a fifth of the patients, judged by a model fitted on seven tenths and calibrated on the last tenth.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from read import mondays, read

from features.matrix import Matrix
from models.baselines import Baselines
from models.boosting import Params
from models.evaluate import evaluation_of, judged_rows
from models.evaluation import Evaluation
from models.fit import Recipe, fit_model, panel
from models.judged import Judged, pooled
from models.model import fingerprint
from models.splits import TimeSplit

SHARE = 0.05
FOLDS, PARTS = 5, 2  # a fold of two parts, so that a part of its own can calibrate
# Weekly rows repeat one another, encounters hardly do: what the defaults do against repetition is taken back.
PARAMS = Params(extra_trees=False, num_leaves=16, learning_rate=0.08, others=10.0)
BASELINES = Baselines(
    prior_admissions="number_inpatient",
    logistic=("age", "number_inpatient", "number_emergency", "time_in_hospital", "num_medications", "number_diagnoses"),
)
# An untuned LightGBM in five folds of patients, died and hospice out.
ORIENTATION = {"auroc": 0.673}
_FIGURES = ("auroc", "auprc", "prevalence", "brier", "calibration_slope", "calibration_intercept", "observed_expected")


def splits() -> tuple[TimeSplit, ...]:
    """For each fold: judged on its parts, calibrated on the next part, fitted on the others; no label spans two."""
    days = mondays(FOLDS * PARTS)
    turned = [days[k:] + days[:k] for k in range(0, len(days), PARTS)]
    return tuple(
        TimeSplit(tuple(sorted(d[PARTS + 1 :])), (d[PARTS],), tuple(sorted(d[:PARTS])), 0, days[-1]) for d in turned
    )


def judge(matrix: Matrix, params: Params, say: Callable[[str], None]) -> Evaluation:
    """Every figure over all folds together, each row judged by a model that never saw its patient."""
    data = panel(matrix)
    recipe = Recipe({}, {}, fingerprint(matrix.names, {}, {}), "readmitted_30_days", 30, 0, params, seed=1)
    parts: list[Judged] = []
    for split in splits():
        model = fit_model(data, split, recipe)
        parts.append(judged_rows(data, data.mask(split.test), split, model, BASELINES, seed=1))
        say(f"fold {len(parts)} of {len(splits())}: {model.heads['avoidable'].rounds} trees")
    places = round(SHARE * len(matrix) / (FOLDS * PARTS))
    return evaluation_of(pooled(parts), splits()[0], capacity={"everyone": places})


def run(archive: Path, params: Params, say: Callable[[str], None]) -> dict[str, Any]:
    """Figures as [value, low, high], with counts and seconds."""
    begun = time.monotonic()
    matrix = read(archive, FOLDS * PARTS)
    found = judge(matrix, params, say)
    named = {name: found.get(name) for name in _FIGURES}
    named |= {f"auroc_{name}": found.get("auroc", name) for name in ("prior_admissions", "logistic")}
    named["ppv_top_5_percent"] = found.get("ppv", view="everyone")
    return {
        "encounters": len(matrix),
        "patients": len(np.unique(matrix.rows["home_id"].to_numpy(zero_copy_only=False))),
        "readmitted": found.get("auroc").events,
        "features": len(matrix.names),
        **{name: [round(v, 4) for v in (m.value, m.low, m.high)] for name, m in named.items()},
        "orientation": ORIENTATION,
        "seconds": round(time.monotonic() - begun),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="diabetes130.zip as UCI gives it")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    found = run(given.archive, PARAMS, lambda text: print(text, file=sys.stderr, flush=True))
    print(json.dumps(found, indent=1))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
