"""`python -m tests.bench.synthetic`: make a region and write docs/synthetic.md, its table and its plots.

The plots are there to be looked at by somebody who knows care homes: they show what a rate cannot.
"""

import shutil
from collections.abc import Callable, Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure

from features.synthetic import Size, Truth, synthesise
from features.synthetic.measures import LEARNING, Measures
from features.synthetic.planted import KINDS
from features.synthetic.rates import realised

from . import reviewed
from .plots import STYLE
from .site import EVIDENCE, ROOT

HISTORY = EVIDENCE / "region"
PLOTS = ROOT / "docs/synthetic"
SIZE, TRUTH = Size(homes=359, weeks=104, residents=10_000), Truth(weeks=1, paths=200)
TYPES = ("residential", "nursing", LEARNING)


def main() -> None:
    shutil.rmtree(HISTORY, ignore_errors=True)
    made = synthesise(HISTORY, SIZE, TRUTH)
    measures = Measures(HISTORY)
    PLOTS.mkdir(exist_ok=True)
    for name, (draw, _) in DRAWN.items():
        _saved(name, draw, measures)
    rows = "\n".join(_rates())
    plots = "\n\n".join(f"![{says}](synthetic/{name}.svg)\n\n{says}" for name, (_, says) in DRAWN.items())
    planted = pq.read_table(HISTORY / "planted.parquet")["kind"].to_pandas().value_counts()
    dirt = "\n".join(f"| {kind.replace('_', ' ')} | {planted.get(kind, 0):,} |" for kind in KINDS)
    acting = "\n".join(reviewed.rows(HISTORY.with_name("reviewed")))
    page = PAGE.format(
        reviews=acting,
        review_weeks=reviewed.BEGIN,
        rates=rows,
        plots=plots,
        dirt=dirt,
        auroc=made.oracle_auroc,
        **made.rows,
    )
    (ROOT / "docs/synthetic.md").write_text(page, encoding="utf-8")


def _rates() -> Iterator[str]:
    for row in realised(HISTORY):
        t = row.target
        says = f"{t.status}: {t.source}" if t.source else t.status
        inside = "yes" if row.inside else "**no**"
        yield f"| {t.name} ({t.unit}) | {t.value:g} | {t.tolerance:g} | {row.value:.3f} | {inside} | {says} |"


def _saved(name: str, draw: Callable[[Measures, Axes], None], measures: Measures) -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 2.8), layout="constrained")
        draw(measures, figure.subplots())
        figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None})


def _said(kind: str) -> str:
    return kind.replace("_", " ")


def _ages(m: Measures, axes: Axes) -> None:
    now = pd.concat([m.now(), m.everyone()[m.everyone()["home_type"] == LEARNING]])
    for kind in TYPES:
        axes.hist(now.loc[now["home_type"] == kind, "age"], bins=range(18, 106, 2), histtype="step", label=_said(kind))
    axes.set(xlabel="age in years", ylabel="residents")
    axes.legend(frameon=False)


def _survival(m: Measures, axes: Axes) -> None:
    start, end = m.period
    came = m.living[(m.living["moved_in"] >= start) & (m.living["stay_type"] == "permanent")]
    came = came.merge(m.residents, on="resident_id")
    days = np.arange(0, 541, 30)
    for kind in TYPES:
        these = came[(came["home_type"] == kind) & (came["moved_in"] < end - pd.Timedelta(days=int(days[-1])))]
        lived = (these["died_on"] - these["moved_in"]).dt.days.fillna(9_999)
        axes.plot(days, [(lived >= d).mean() for d in days], marker=".", label=f"{_said(kind)} (n = {len(these):,})")
    axes.set(xlabel="days since moving in for good", ylabel="share alive", ylim=(0, 1.02))
    axes.legend(frameon=False)


def _clock(m: Measures, axes: Axes) -> None:
    when = m.emergencies["admitted_at"].dt.tz_localize("UTC").dt.tz_convert("Europe/London")
    counts = np.histogram2d(when.dt.day_of_week, when.dt.hour, bins=(range(8), range(25)))[0]
    image = axes.imshow(counts, aspect="auto", cmap="Greys")
    axes.set(xlabel="hour", yticks=range(7), yticklabels=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    axes.figure.colorbar(image, ax=axes, label="emergency admissions")


def _months(m: Measures, axes: Axes) -> None:
    spells = m.emergencies
    codes, month = spells["primary_diagnosis"].fillna(""), spells["admitted_at"].dt.to_period("M")
    groups = {"chest": r"J1[2-8]|J2[0-2]", "urine": "N390", "fracture": "S[0-9][238]", "gut": "A0[2-9]"}
    for name, pattern in groups.items():
        counted = month[codes.str.match(pattern)].value_counts().sort_index().iloc[1:-1]  # whole months
        axes.plot(counted.index.to_timestamp(), counted.to_numpy(), marker=".", label=name)
    axes.set(ylabel="admissions a month", ylim=(0, None))
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
    axes.legend(frameon=False, ncols=4, loc="upper left", bbox_to_anchor=(0, 1.14))


def _before(m: Measures, axes: Axes) -> None:
    """Mean daily count before an admission with a chest infection, with a fracture, and of residents at large."""
    signs = m.events("soft_sign", "staff_concern", "meal_refused")[["resident_id", "time"]]
    days = np.arange(-42, 1)
    codes = m.emergencies["primary_diagnosis"].fillna("")
    for name, pattern in (("pneumonia", r"J1[2-8]"), ("urine infection", "N390"), ("hip fracture", "S72")):
        chosen = m.emergencies[codes.str.match(pattern) & m.emergencies["home_id"].isin(m.digital)]
        rows = signs.merge(chosen[["resident_id", "admitted_at"]], on="resident_id")
        gap = -((rows["admitted_at"].dt.normalize() - rows["time"].dt.normalize()).dt.days)
        axes.plot(days, [(gap == d).sum() / len(chosen) for d in days], label=f"{name} (n = {len(chosen):,})")
    axes.set(xlabel="days before admission", ylabel="signs a resident-day", ylim=(0, None))
    axes.legend(frameon=False)


def _stays(m: Measures, axes: Axes) -> None:
    nights = m.nights(m.emergencies).clip(upper=45)
    axes.hist(nights, bins=np.arange(-0.5, 46.5), color="0.4")
    axes.set(xlabel="nights in hospital (45: 45 and more)", ylabel="emergency admissions")


def _risks(m: Measures, axes: Axes) -> None:
    risk = np.sort(pq.read_table(HISTORY / "truth.parquet")["risk"].to_numpy())[::-1]
    axes.plot(np.arange(len(risk)) / len(risk), np.cumsum(risk) / risk.sum())
    axes.plot([0, 1], [0, 1], color="0.7", lw=0.8)
    axes.set(xlabel="share of residents, highest true risk first", ylabel="share of expected admissions")


def _homes(m: Measures, axes: Axes) -> None:
    years = m.living.groupby("home_id")["years"].sum()
    rate = (m.emergencies.groupby("home_id").size() / years).dropna()
    kind = m.homes.set_index("home_id")["home_type"]
    for name in TYPES[:2]:
        these = rate[kind.reindex(rate.index) == name]
        axes.scatter(years[these.index], these, s=8, label=name)
    axes.set(xlabel="resident-years", ylabel="emergency admissions\na resident-year", ylim=(0, None))
    axes.legend(frameon=False)


DRAWN: dict[str, tuple[Callable[[Measures, Axes], None], str]] = {
    "ages": (_ages, "Ages of those living in homes on a day."),
    "survival": (_survival, "Alive after moving in for good, by home type."),
    "clock": (_clock, "Emergency admissions by day of the week and hour, London time."),
    "months": (_months, "Emergency admissions by month and cause."),
    "before": (_before, "Soft signs, concerns and refused meals in the six weeks before an admission."),
    "stays": (_stays, "Nights in hospital of emergency admissions."),
    "homes": (_homes, "Homes differ, small ones by chance more than large ones."),
    "risks": (_risks, "How far the true 28-day risk is concentrated: the best that any list could do."),
}

PAGE = """# Invented histories

`homeround synth OUT` writes the history of care-home residents who do not exist, and beside it what cannot be known of
real ones: the true risk of each (`truth.parquet`, `truths.parquet`) and every fault planted in the records
(`planted.parquet`). Made by `python -m tests.bench.synthetic` from 359 homes, 10,000 residents at a time, 104 weeks, seed
1: {residents:,} residents, {spells:,} hospital spells, {events:,} events.

## How it works

Each bed is simulated day by day (`features/synthetic/`). A resident has fixed facts (age, conditions, medicines, how
prone to falls) and a state: frailty, weight, skin, devices, plans, an illness and how severe it is. Illness of fourteen
kinds begins at rates that frailty, conditions, medicines, season, heat waves, outbreaks and the weeks after a move or a
discharge raise; it becomes severe over days, is noticed, treated, sometimes taken over by a virtual ward, and may end in
an admission; some who come back, and most who move in to be assessed, have reablement for six weeks. What a home,
practice or hospital would write down follows from the state, and only that is in the history: what is noticed depends on
the home's habits, staffing and quality of recording. Numbers are drawn from counters keyed on seed, bed and day, so the
size of a block, the number of threads and the beds further on change nothing.

**The true risk** is the mean over simulated futures of 1 - exp(-cumulative hazard) with the admission in question switched
off (`features/synthetic/truth.py`). It exists for each outcome definition, for 1 to 182 days and on any Monday
(`--also falls:28`, `--truth-on 2026-08-03`). On this history the true risk of an avoidable admission in 28 days has an
AUROC of {auroc:.3f}: nobody who sees only what is recorded can reach it. How near they can come is
what `python -m tests.bench.skill` measures ([reach.md](reach.md)): a learner of what is on record (`features/synthetic/observed.py`)
that is shown many times a site's data and the true risks.

**Lists and reviews can act** (`homeround synth OUT --reviews 0.73`, `[synthetic.reviews]` in `homeround.toml`,
`features/synthetic/rollout.py`). Homes begin in groups, drawn at random; each Monday a list takes those above a line, by
what the state says and an error; most are reviewed on the home's day, and for some weeks every chance of an emergency
admission is multiplied by the ratio. `reviews.parquet` says who was listed and reviewed, `rollout.parquet` which home
began when; `truth.parquet` then has the risk with lists and reviews going on and, as `risk_unlisted`, without. The same
numbers are drawn with and without reviews, so that two histories differ by what reviews did and nothing else. Here a
region of 10,000 since its lists began ({review_weeks} weeks, `tests/bench/reviewed.py`):

| | listed | reviewed | emergency admissions | against no lists |
|---|---|---|---|---|
{reviews}

## Published rates

`read` is a figure read in its source, `derived` was worked out from one, `assumed` has no source that could be read: it is
a setting, and so are the sizes of the mechanisms (`params.py`). Residential and nursing homes unless a line says otherwise.

| rate | target | tolerance | realised | inside | rests on |
|---|---|---|---|---|---|
{rates}

## Dirt

Rates are settings (`[synthetic]` in `homeround.toml`, all at once with `--dirt`).

| planted | times |
|---|---|
{dirt}

## The population, to be looked at

{plots}

## Sizes

[sizes.md](synthetic/sizes.md) has time, memory and rows for a county, a region and England.

## What it is not good for

- Nothing here is evidence about real residents: not how well a model does, not which feature matters, not what a review
  is worth. Effects were chosen so that rates come out; many other sets of effects would give the same rates.
- Illnesses come one at a time and follow one shape; real ones overlap and are misread. Text is a few dozen phrases.
- Homes for people with a learning disability are calibrated on size alone; no rate of theirs had a source.
- Two figures of the literature cannot both hold and only one is a target: admissions in the last week of life are 14.6 % of
  all admissions (kept), which at these rates of death is more than the 16.1 % of the dying that another count gives.
- The oracle is told the weather of the weeks to come, though not the outbreaks. A review multiplies chances; nothing says
  how it does so, and a list changes nothing by itself.
- Stays of one night are fewer than those of two; in life they are more. Mean, median and the share without a night are
  kept.
- Prescribing by day, pain, nutrition by intake and costs were not compared with anything.
"""


if __name__ == "__main__":
    main()
