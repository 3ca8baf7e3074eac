"""`python -m tests.bench.skill`: how near the model comes to what can be reached, written to docs/reach.md.

Three seeds of 20,000 residents whose true risks are known, and a learnt ceiling; about an hour on two cores.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from models.bootstrap import Estimate, interval
from models.calibration import calibration
from models.capacity import listed, yields
from models.evaluation import Metric
from models.lists import selection
from models.ranking import auroc

from .ceiling import RESIDENTS, Learner, learn
from .plots import STYLE
from .region import CAPACITY, MONDAYS, PATHS, WEEKS, Region, judge
from .site import EVIDENCE, ROOT

SEEDS = (11, 12, 13)
SITE = EVIDENCE / "reach"
Said = Estimate | Metric | str


def main() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    learners = learn(MONDAYS[0])
    print(f"learnt from {learners[-1].rows:,} rows", flush=True)
    write(tuple(judge(seed, learners, SITE / f"seed-{seed}") for seed in SEEDS), learners)


def write(regions: tuple[Region, ...], learners: tuple[Learner, ...]) -> None:
    """The page and its picture."""
    draw(regions, learners, ROOT / "docs/synthetic/ceiling.svg")
    (ROOT / "docs/reach.md").write_text("\n".join(page(regions, learners)) + "\n", encoding="utf-8")


def page(regions: tuple[Region, ...], learners: tuple[Learner, ...]) -> Iterator[str]:
    yield _HEAD.format(residents=RESIDENTS, weeks=WEEKS, paths=PATHS, rows=learners[-1].rows, times=learners[-1].times)
    for title, figures in (("Skill", skill), ("At capacity", at_capacity), ("Chances", chances), ("Beside", beside)):
        columns = [figures(one) for one in regions]
        yield f"\n## {title}\n\n| figure | " + " | ".join(f"seed {one.seed}" for one in regions) + " |"
        yield "|---|" + "---|" * len(regions)
        for name in columns[0]:
            yield f"| {name} | " + " | ".join(_said(column[name]) for column in columns) + " |"
    yield "\n## How the ceiling was learnt\n\nAUROC with the true risk in place of drawn outcomes; in brackets the mean true risk of"
    yield "those on PCN lists, over the ceiling's: what more residents alone would add at the very top.\n"
    yield "| residents learnt from | rows | trees | " + " | ".join(f"seed {one.seed}" for one in regions) + " |"
    yield "|---|---|---|" + "---|" * len(regions)
    for learner, values, at_top in zip(learners, curve(regions), tops(regions), strict=True):
        cells = " | ".join(f"{value:.4f} ({top:.3f})" for value, top in zip(values, at_top, strict=True))
        trees = learner.booster.best_iteration
        yield f"| {learner.times * RESIDENTS:,} | {learner.rows:,} | {trees:,} | {cells} |"
    yield "\n![Learning curve of the reachable ceiling](synthetic/ceiling.svg)"


def skill(one: Region) -> dict[str, Said]:
    """AUROCs and their shares of the best, on drawn outcomes and with the true risk in their place."""
    judged = one.judged
    draws = judged.bootstrap
    named = {"model": "model", "ceiling": "reachable ceiling", "oracle": "full oracle"}
    out: dict[str, Said] = {"rows, admissions": f"{len(judged):,}, {int(judged.y.sum()):,}"}
    for outcome, y in (("", judged.y), (", true risk for outcomes", judged.scores["oracle"])):
        found = {name: auroc(y, judged.scores[name], draws) for name in named}
        out |= {f"AUROC of the {words}{outcome}": interval(found[name]) for name, words in named.items()}
        for name in ("ceiling", "oracle"):
            share = (found["model"] - 0.5) / (found[name] - 0.5)
            out[f"skill against the {named[name]}{outcome}"] = interval(share)
    return out


def at_capacity(one: Region) -> dict[str, Said]:
    """What the lists yield, and the share of the best lists' yield."""
    out: dict[str, Said] = {}
    for lists in listed(one.judged, CAPACITY):
        view = {"pcn": "PCN lists", "home_id": "home rounds"}[lists.view]
        names, draws = ("model", "ceiling", "oracle"), one.judged.bootstrap
        ppv = {name: yields(lists, name)["ppv"] for name in names}
        true = {
            name: draws.ratio(lists.chosen[name] * one.judged.scores["oracle"], lists.chosen[name]) for name in names
        }
        out |= {
            f"{view}: PPV of the model": interval(ppv["model"]),
            f"{view}: PPV over the ceiling's": interval(ppv["model"] / ppv["ceiling"]),
            f"{view}: PPV over the oracle's": interval(ppv["model"] / ppv["oracle"]),
            f"{view}: mean true risk of the listed": interval(true["model"]),
            f"{view}: mean true risk of the listed over the ceiling's": interval(true["model"] / true["ceiling"]),
            f"{view}: mean true risk of the listed over the oracle's": interval(true["model"] / true["oracle"]),
            f"{view}: sensitivity": one.evaluation.get("sensitivity", "model", lists.view),
            f"{view}: lift": one.evaluation.get("lift", "model", lists.view),
        }
    return out


def chances(one: Region) -> dict[str, Said]:
    """Calibration of the model, and of those who know better: the draws of the invented outcomes themselves."""
    found, judged = one.evaluation, one.judged
    out: dict[str, Said] = {
        "prevalence": found.get("prevalence"),
        "slope (1 is right)": found.get("calibration_slope"),
        "intercept (0 is right)": found.get("calibration_intercept"),
        "observed / expected (1 is right)": found.get("observed_expected"),
        "ICI / prevalence (0 is right)": found.get("ici_over_base"),
        "Brier skill": found.get("brier_skill"),
    }
    for name, words in (("oracle", "full oracle"), ("ceiling", "reachable ceiling")):
        known = calibration(judged.y, judged.scores[name], judged.bootstrap)
        out |= {f"slope of the {words}": interval(known.slope())}
        out |= {f"intercept of the {words}": interval(known.intercept())}
    return out


def beside(one: Region) -> dict[str, Said]:
    """What the model has over each simple order; an interval above 0 is a model that is better."""
    found, out = one.evaluation, {}
    for name, words in (
        ("prior_admissions", "prior admissions"),
        ("frailty", "the frailty order"),
        ("logistic", "the logistic model"),
        ("age_and_use", "age and prior use, boosted"),
    ):
        out[f"AUROC over {words}"] = found.get(f"auroc_minus_{name}")
        out[f"PPV of PCN lists over {words}"] = found.get(f"ppv_minus_{name}", view="pcn")
    return out


def _said(found: Said) -> str:
    return found if isinstance(found, str) else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def curve(regions: tuple[Region, ...]) -> np.ndarray:
    """AUROC (learner, seed) with the true risk in place of drawn outcomes."""
    return np.array(
        [[auroc(one.judged.scores["oracle"], risk, one.judged.bootstrap)[0] for risk in one.learnt] for one in regions]
    ).T


def tops(regions: tuple[Region, ...]) -> np.ndarray:
    """Mean true risk (learner, seed) of those on PCN lists, over that of the last learner's lists."""
    return np.array([_tops(one) for one in regions]).T


def _tops(one: Region) -> np.ndarray:
    risk, (lists,) = one.judged.scores["oracle"], listed(one.judged, {"pcn": CAPACITY["pcn"]})
    places = np.array([selection(learnt, lists.code, CAPACITY["pcn"]) for learnt in one.learnt])
    mean = places @ risk / places.sum(axis=1)
    return mean / mean[-1]


def draw(regions: tuple[Region, ...], learners: tuple[Learner, ...], path: Path) -> None:
    """The curve as a picture, the oracle and the model beside it."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 2.8), layout="constrained")
        axes = figure.subplots()
        residents = [learner.times * RESIDENTS for learner in learners]
        for number, (one, values) in enumerate(zip(regions, curve(regions).T, strict=True)):
            colour, scores, draws = f"C{number}", one.judged.scores, one.judged.bootstrap
            axes.plot(residents, values, marker=".", color=colour, label=f"seed {one.seed}")
            for name, line in (("oracle", "--"), ("model", ":")):
                axes.axhline(auroc(scores["oracle"], scores[name], draws)[0], color=colour, ls=line, lw=0.9)
        axes.set(xscale="log", xlabel="residents learnt from", ylabel="AUROC")
        axes.set_xticks(residents, [f"{n:,}" for n in residents])
        axes.minorticks_off()
        axes.legend(frameon=False, title="dashed: oracle, dotted: model", title_fontsize=8)
        figure.savefig(path, metadata={"Date": None})


_HEAD = """# Against what can be reached

Three seeds of {residents:,} residents and {weeks} weeks: `homeround synth`, `homeround train --until` the day before the first
of four Mondays four weeks apart, judged on these. The true risk is the mean of {paths:,} simulated futures. The full oracle
knows the state of the simulation, and the weather to come; the reachable ceiling is learnt from {times} times as many
other residents ({rows:,} resident-Mondays of the year before), from what is on record by then
(`features/synthetic/observed.py`), and is taught their true risk. It is the highest that was reached: other columns might
go further. Intervals are from a bootstrap of homes and leave out that another model or learner would differ
(`python -m tests.bench.skill`, `tests/bench/region.py`, `tests/bench/ceiling.py`).
"""


if __name__ == "__main__":
    main()
