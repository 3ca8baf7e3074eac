"""`python -m tests.bench.skill`: how near the model comes to what can be reached, written to docs/reach.md.

Three seeds of 20,000 residents whose true risks are known, and a learnt ceiling; about an hour on two cores.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from features.build import prepare, rows_of
from features.cohort import RANKED
from features.history import open_history
from features.synthetic import Size, Truth
from features.synthetic.reachable import known
from models import registry
from models.bootstrap import Estimate, home_bootstrap
from models.metrics import auroc, calibration_intercept, calibration_slope
from serving.scoring import score_rows

from .ceiling import HOMES, RESIDENTS, Learner, learn, together
from .plots import STYLE
from .site import EVIDENCE, ROOT, homeround

SEEDS = (11, 12, 13)
WEEKS, PATHS = 104, 1_000
END = date(2026, 11, 16)
# Four weeks apart, so that no admission counts twice.
MONDAYS = tuple(END - timedelta(weeks=4 * k) for k in (3, 2, 1, 0))
GRACE = 6 * 3_600 * 1_000_000
SITE = EVIDENCE / "reach"


def main() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    learners = learn(MONDAYS[0])
    print(f"learnt from {learners[-1].rows:,} rows", flush=True)
    judged = tuple(judge(seed, learners) for seed in SEEDS)
    draw(judged, learners, ROOT / "docs/synthetic/ceiling.svg")
    (ROOT / "docs/reach.md").write_text("\n".join(skill_rows(judged, learners)) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Judged:
    """Ranked resident-Mondays of one seed: what came, the true risk, the model's margin, each learner's risk."""

    seed: int
    home: np.ndarray
    y: np.ndarray
    risk: np.ndarray
    margin: np.ndarray
    learnt: tuple[np.ndarray, ...]


def judge(seed: int, learners: tuple[Learner, ...]) -> Judged:
    """Make a history, train on all but its last quarter as a site would, and score the Mondays after it."""
    site = SITE / f"seed-{seed}"
    history = site / "history"
    days = [word for monday in MONDAYS for word in ("--truth-on", monday.isoformat())]
    size = ("--homes", str(HOMES), "--residents", str(RESIDENTS), "--weeks", str(WEEKS), "--seed", str(seed))
    homeround(site, "synth", str(history), *size, *days, "--paths", str(PATHS), "--no-rates")
    homeround(site, "train", str(history), "--until", (MONDAYS[0] - timedelta(days=1)).isoformat())
    model, _ = registry.load(site / "mlruns")
    prepared = prepare(open_history(history), model.outcome)
    scored = score_rows(prepared, MONDAYS, model, grace=GRACE)
    rows = rows_of(prepared.history, scored.panel).append_column("row", pa.array(np.arange(len(scored.panel))))
    rows = rows.filter(pa.array(np.isin(scored.panel.status, RANKED)))
    best = together(known(Size(HOMES, WEEKS, RESIDENTS, seed), Truth(mondays=MONDAYS, paths=1)))
    place = pa.table({"resident_id": best.ids, "as_of": best.as_of, "best": np.arange(len(best.ids))})
    keys = ["resident_id", "as_of"]
    rows = rows.join(pq.read_table(history / "truth.parquet"), keys, join_type="inner")
    both = rows.join(place, keys, join_type="inner")
    same = best.admitted[both["best"].to_numpy()] == both["admitted"].to_numpy(zero_copy_only=False)
    if len(both) != len(rows) or not same.all():
        raise RuntimeError("the columns to learn from are not of the history on disk: are the settings changed?")
    rows = both
    learnt = tuple(one.risk(best.X[rows["best"].to_numpy()]) for one in learners)
    shutil.rmtree(history)
    return Judged(
        seed,
        np.array(rows["home_id"].to_pylist()),
        rows["admitted"].to_numpy(zero_copy_only=False).astype(float),
        rows["risk"].to_numpy(),
        scored.margin[rows["row"].to_numpy()],
        learnt,
    )


def skill_rows(judged: tuple[Judged, ...], learners: tuple[Learner, ...]) -> Iterator[str]:
    """The page."""
    yield _HEAD.format(residents=RESIDENTS, weeks=WEEKS, paths=PATHS, rows=learners[-1].rows, times=learners[-1].times)
    yield "| figure | " + " | ".join(f"seed {one.seed}" for one in judged) + " |\n|---|" + "---|" * len(judged)
    columns = [_figures(one) for one in judged]
    for name in columns[0]:
        yield f"| {name} | " + " | ".join(_said(column[name]) for column in columns) + " |"
    yield "\nThe learning curve of the ceiling: AUROC with the true risk in place of drawn outcomes.\n"
    yield "| residents learnt from | rows | trees | " + " | ".join(f"seed {one.seed}" for one in judged) + " |"
    yield "|---|---|---|" + "---|" * len(judged)
    for learner, values in zip(learners, curve(judged), strict=True):
        cells = " | ".join(f"{value:.4f}" for value in values)
        trees = learner.booster.best_iteration
        yield f"| {learner.times * RESIDENTS:,} | {learner.rows:,} | {trees:,} | {cells} |"
    yield "\n![Learning curve of the reachable ceiling](synthetic/ceiling.svg)"


def _figures(one: Judged) -> dict[str, Estimate | str]:
    boot = home_bootstrap(one.home)
    ceiling = one.learnt[-1]

    def against(y: np.ndarray, best: np.ndarray) -> Estimate:
        return boot.estimate(lambda w: (auroc(y, one.margin, w) - 0.5) / (auroc(y, best, w) - 0.5))

    ranked = (("model", one.margin), ("reachable ceiling", ceiling), ("full oracle", one.risk))
    out: dict[str, Estimate | str] = {"rows, admissions": f"{len(one.y):,}, {int(one.y.sum()):,}"}
    out |= {f"AUROC of the {name}": boot.estimate(lambda w, s=s: auroc(one.y, s, w)) for name, s in ranked}
    out |= {
        f"AUROC of the {name}, true risk for outcomes": boot.estimate(lambda w, s=s: auroc(one.risk, s, w))
        for name, s in ranked
    }
    out["skill against the reachable ceiling"] = against(one.y, ceiling)
    out["skill against the full oracle"] = against(one.y, one.risk)
    out["skill against the reachable ceiling, true risk for outcomes"] = against(one.risk, ceiling)
    out["skill against the full oracle, true risk for outcomes"] = against(one.risk, one.risk)
    out["calibration slope of the oracle (1 is right)"] = boot.estimate(lambda w: calibration_slope(one.y, one.risk, w))
    out["calibration intercept of the oracle (0 is right)"] = boot.estimate(
        lambda w: calibration_intercept(one.y, one.risk, w)
    )
    out["calibration slope of the ceiling (1 is right)"] = boot.estimate(lambda w: calibration_slope(one.y, ceiling, w))
    return out


def _said(found: Estimate | str) -> str:
    return found if isinstance(found, str) else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def curve(judged: tuple[Judged, ...]) -> np.ndarray:
    """AUROC (learner, seed) with the true risk in place of drawn outcomes."""
    ones = [np.ones((1, len(one.y))) for one in judged]
    seen = range(len(judged[0].learnt))
    return np.array([[auroc(j.risk, j.learnt[k], w)[0] for j, w in zip(judged, ones, strict=True)] for k in seen])


def draw(judged: tuple[Judged, ...], learners: tuple[Learner, ...], path: Path) -> None:
    """The curve as a picture, the oracle and the model beside it."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 2.8), layout="constrained")
        axes = figure.subplots()
        residents = [learner.times * RESIDENTS for learner in learners]
        for number, (one, values) in enumerate(zip(judged, curve(judged).T, strict=True)):
            ones = np.ones((1, len(one.y)))
            colour = f"C{number}"
            axes.plot(residents, values, marker=".", color=colour, label=f"seed {one.seed}")
            for level, line in (
                (auroc(one.risk, one.risk, ones)[0], "--"),
                (auroc(one.risk, one.margin, ones)[0], ":"),
            ):
                axes.axhline(level, color=colour, ls=line, lw=0.9)
        axes.set(xscale="log", xlabel="residents learnt from", ylabel="AUROC")
        axes.set_xticks(residents, [f"{n:,}" for n in residents])
        axes.minorticks_off()
        axes.legend(frameon=False, title="dashed: oracle, dotted: model", title_fontsize=8)
        figure.savefig(path, metadata={"Date": None})


_HEAD = """# Against what can be reached

Three seeds of {residents:,} residents and {weeks} weeks: `homeround synth`, `homeround train --until` the day before the first
of four Mondays four weeks apart, scored on these. The true risk is the mean of {paths:,} simulated futures. The full oracle
knows the state of the simulation, and the weather to come; the reachable ceiling is learnt from {times} times as many
other residents ({rows:,} resident-Mondays of the year before), from what is on record by then
(`features/synthetic/observed.py`), and is taught their true risk. It is the highest that was reached: other columns might
go further. Intervals are from a bootstrap of homes and leave out that another model or learner would differ
(`python -m tests.bench.skill`, `tests/bench/ceiling.py`).
"""


if __name__ == "__main__":
    main()
