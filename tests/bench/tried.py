"""`python -m tests.bench.tried`: what ideas for a better model gave, written to docs/tried.md.

Three invented counties whose true risks are known. What lies in var/evidence/tried is used again: remove it to make
all anew. Names of ideas try those alone.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.catalogue import catalogue
from models.boosting import Params
from models.bootstrap import Estimate, home_bootstrap
from models.calibrate import platt
from models.fit import Recipe
from models.lists import selection
from models.metrics import auroc, prevalence
from models.model import AVOIDABLE

from .counties import DELAY, HORIZON, SEEDS, SITE, county
from .ideas import ADDED, IDEAS, PARTS, as_it_is
from .site import ROOT

CAPACITY, DRAWS, FIT_SEED = 10, 200, 1
BASE = "as-it-is"


@dataclass(frozen=True)
class Tried:
    """One idea: its change against the model as it is, mean of the counties, with 95 % intervals.

    counties holds the change of AUROC in each county; seconds of CPU are those of an average county, NaN where the
    idea is a part of the model as it is.
    """

    name: str
    auroc: Estimate
    log_loss: Estimate
    ppv: Estimate
    counties: tuple[float, ...]
    seconds: float

    @property
    def better(self) -> bool:
        """A higher AUROC in every county, and beyond the interval."""
        return self.auroc.low > 0 and min(self.counties) > 0


def main() -> None:
    for seed in SEEDS:
        try_out(seed, tuple(sys.argv[1:]) or tuple(IDEAS))
    found = [margins(seed) for seed in SEEDS]
    tried = [judge(name, where) for name in IDEAS if (where := [one for one in found if name in one.margin])]
    (ROOT / "docs/tried.md").write_text("\n".join(page(tried, found)) + "\n", encoding="utf-8")


def try_out(seed: int, names: tuple[str, ...]) -> None:
    """Keep on disk what each idea says of one county, unless it is there."""
    if all(_path(seed, name).is_file() for name in ("judged", BASE, *names)):
        return
    one, wanted = county(seed), catalogue()
    recipe = Recipe(wanted.groups, wanted.monotone, "", "iau_2019", HORIZON, DELAY, Params(), FIT_SEED)
    start = time.process_time()
    base = as_it_is(one, recipe)
    _keep(seed, BASE, base.margin, time.process_time() - start)
    for name in names:
        if not _path(seed, name).is_file():
            start = time.process_time()
            margin = IDEAS[name][1](one, recipe, base)
            _keep(seed, name, margin, time.process_time() - start)
    facts = {"judged": one.judged, "risk": one.risk, "home": one.home, "mdt": one.mdt}
    np.savez(_path(seed, "judged"), y=one.data.labels[AVOIDABLE][one.late], **facts)


def _path(seed: int, name: str) -> Path:
    return SITE / f"seed-{seed}" / "margins" / f"{name}.npz"


def _keep(seed: int, name: str, margin: np.ndarray, seconds: float) -> None:
    _path(seed, name).parent.mkdir(exist_ok=True)
    np.savez(_path(seed, name), margin=margin, seconds=seconds)
    print(f"county {seed}, {name}: {seconds:.0f} s", flush=True)


@dataclass(frozen=True, eq=False)
class Margins:
    """One county's later rows: label of each, which of them are judged, and of those the true risk, home and MDT list;
    margin and CPU seconds of each idea tried, and of the model as it is."""

    y: np.ndarray
    judged: np.ndarray
    risk: np.ndarray
    home: np.ndarray
    mdt: np.ndarray
    margin: dict[str, np.ndarray]
    seconds: dict[str, float]


def margins(seed: int) -> Margins:
    """What was kept of one county."""
    kept = {name: np.load(_path(seed, name)) for name in (BASE, *IDEAS) if _path(seed, name).is_file()}
    return Margins(
        **np.load(_path(seed, "judged")),
        margin={name: held["margin"] for name, held in kept.items()},
        seconds={name: float(held["seconds"]) for name, held in kept.items()},
    )


Figure = Callable[[Margins, np.ndarray, np.ndarray], np.ndarray]
"""From a county, a margin of its later rows and weights (B, judged) to values (B,)."""


def judge(name: str, found: Sequence[Margins]) -> Tried:
    """An idea against the model as it is, on the same rows and draws of homes."""
    auroc_change, loss_change, ppv_change = (
        [_change(one, name, figure) for one in found] for figure in (_auroc, _log_loss, _ppv)
    )
    spent = [one.seconds[name] + (one.seconds[BASE] if name in ADDED else 0.0) for one in found]
    return Tried(
        name,
        _pooled(auroc_change),
        _pooled(loss_change),
        _pooled(ppv_change),
        tuple(float(values[0]) for values in auroc_change),
        float("nan") if name in PARTS else float(np.mean(spent)),
    )


def _change(one: Margins, name: str, figure: Figure) -> np.ndarray:
    """Change of a figure (1 + draws,): on the homes as they are, then on each draw of homes."""
    boot = home_bootstrap(one.home, replicates=DRAWS, seed=FIT_SEED)
    weights = np.concatenate([np.ones((1, len(one.home))), boot.draws[:, boot.home]])
    return figure(one, one.margin[name], weights) - figure(one, one.margin[BASE], weights)


def _pooled(changes: list[np.ndarray]) -> Estimate:
    """Mean of the counties, whose homes are drawn apart from one another."""
    mean = np.mean(changes, axis=0)
    low, high = np.quantile(mean[1:], [0.025, 0.975])
    return Estimate(float(mean[0]), float(low), float(high))


def _auroc(one: Margins, margin: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return auroc(one.risk, margin[one.judged], weights)


def _log_loss(one: Margins, margin: np.ndarray, weights: np.ndarray) -> np.ndarray:
    a, b, _ = platt(margin[~one.judged], one.y[~one.judged])
    x = a * margin[one.judged] + b
    return prevalence(np.logaddexp(0.0, x) - one.risk * x, weights)


def _ppv(one: Margins, margin: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return prevalence(one.risk, weights * selection(margin[one.judged], one.mdt, CAPACITY))


def page(tried: Sequence[Tried], found: Sequence[Margins]) -> Iterator[str]:
    """The page: what was judged on, one row an idea, and what it means."""
    plain = [(one, np.ones((1, len(one.home)))) for one in found]
    level = np.mean([_auroc(one, one.margin[BASE], w) for one, w in plain])
    best = np.mean([auroc(one.risk, one.risk, w) for one, w in plain])
    ppv = 100 * np.mean([_ppv(one, one.margin[BASE], w) for one, w in plain])
    seconds = np.mean([one.seconds[BASE] for one in found])
    rows = sum(len(one.risk) for one in found)
    yield HEAD.format(
        counties=len(found), rows=rows, level=level, best=best, ppv=ppv, seconds=seconds, capacity=CAPACITY
    )
    yield "| idea | AUROC, thousandths | in each county | log loss, millionths | PPV, points | CPU s | better everywhere |"
    yield "|---|---|---|---|---|---|---|"
    for one in tried:
        cells = (
            IDEAS[one.name][0],
            _said(one.auroc, 1e3),
            ", ".join(f"{1e3 * value:+.1f}" for value in one.counties),
            _said(one.log_loss, 1e6, 0),
            _said(one.ppv, 1e2, 2),
            "" if np.isnan(one.seconds) else f"{one.seconds:.0f}",
            "yes" if one.better else "no",
        )
        yield "| " + " | ".join(cells) + " |"
    yield TAIL.rstrip()


def _said(found: Estimate, unit: float, digits: int = 1) -> str:
    value, low, high = (unit * x for x in (found.value, found.low, found.high))
    return f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


HEAD = """# What was tried

Ideas for a better model, each against the model as it is, in {counties} invented counties of 61 homes and 156 weeks: fitted on
the same weeks with the parameters of `models/boosting.py` but for the one thing named, calibrated on the weeks after,
judged on the last 8 usable weeks ({rows:,} resident-weeks). The true risk stands in place of the drawn outcomes, which
takes their luck out. The model as it is has an AUROC of {level:.4f}, the true risk {best:.4f}; of 100 residents on its MDT
lists of {capacity}, {ppv:.1f} would be admitted; a fit takes {seconds:.0f} s of CPU.

Below are the changes, means of the counties: AUROC in thousandths, log loss (less is better) in millionths, PPV of MDT
lists in percentage points. Intervals are from a paired bootstrap of homes, which leaves out that another draw of the
fit would differ. How much that is, the two rows of one bag tell, which differ in nothing else: changes of the size of
their difference mean little. An idea with fewer changes than counties was tried in those alone; ideas of
`tests/bench/ideas.py` that are not in the table were not tried (`python -m tests.bench.tried`, or with names of ideas).
"""


TAIL = """
The rows above are of a companion that counts for a half. In a county it does best at about a half; with the events of a region it
does best at a fifth or less, and costs the top of the order more than it gives when it counts for a half. So its share
falls with the events of the fit beyond those of a county (`Params.companion`); [reach.md](reach.md) has the figures of regions.

An idea is taken in when it is better in every county, beyond the interval, and adds less than a fifth to the time of a
fit or is clearly worth more. By that rule the companion head stays, as do two bags rather than one; four bags add too
little for their time. The logistic model on the margin is better everywhere, by less than what a companion head gives: it
would add a linear part to the stored model and its explanations, and is not taken in. Past rates were fitted with the
number of trees of the model as it is, which spares the time of its choice. The time of year is in the catalogue as a
sine and a cosine.

## Searching for parameters

`homeround train HISTORY --tune 20`, or `trials` under `[tuning]` in the settings, tries so many sets of parameters by
Optuna before the fit. The first is the default. Each is judged by its log loss on the last third of the fit weeks, in
homes it was not fitted on, an embargo after the weeks it was fitted on; calibration and test weeks take no part, so
the figures of the evaluation stay honest. The best is used only where its gain over the default is beyond the 95 %
interval of a bootstrap by home, which leaves out that the best of many is in part the luckiest. All trials are in
`tuning.md` of the MLflow run. The same seed finds the same parameters.
"""


if __name__ == "__main__":
    main()
