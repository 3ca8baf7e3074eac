"""`make evidence`: remake every figure of docs/evidence.md on the embedded county and, where it is there, on SynPUF."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.asof import mondays
from features.build import prepare, rows_of
from features.cohort import RANKED
from features.history import open_history
from features.synthetic.rates import realised
from models import registry
from models.bootstrap import Estimate, home_bootstrap
from models.metrics import auroc
from serving.rows import from_json
from serving.scoring import score_rows

from .faithful import faithfulness
from .measure import run
from .safeguards import safeguards
from .site import EVIDENCE, ROOT, homeround

SITE = EVIDENCE / "sites"
SYNPUF = ROOT.parent / "shared/data/synpuf_ip_samples_1-4.tar.gz"
DIABETES = SYNPUF.with_name("diabetes130.zip")
END = date(2026, 11, 16)
QUARTER = mondays(END - timedelta(weeks=12), END)
GRACE = 6 * 3_600 * 1_000_000


def main() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    history = SITE / "county"
    homeround(SITE / "early", "synth", str(history))
    until = QUARTER[0] - timedelta(days=1)
    homeround(SITE / "early", "train", str(history), "--until", until.isoformat())
    latest = homeround(SITE / "late", "train", str(history))
    homeround(SITE / "late", "weekly", str(history), "--out", str(SITE / "published"))
    shutil.copyfile(next((SITE / "late/mlruns").rglob("model_card.md")), ROOT / "docs/model_card_example.md")
    parts = (
        *_county(history),
        *_truth(history, until),
        *_training(latest),
        *_reasons(history),
        *safeguards(SITE / "late", history),
        *_false_alarms(history),
        *_diabetes(),
        *_synpuf(),
    )
    (ROOT / "docs/evidence.md").write_text("\n".join([_HEAD, *parts]) + "\n", encoding="utf-8")


_HEAD = """# Evidence

Made by `make evidence`. Every figure here was measured by the command beside it. The county is invented: its figures show
that the machinery recovers a truth that is known, not how well homeround does for real residents.
"""


def _county(history: Path) -> Iterator[str]:
    yield "## The synthetic county\n\n`homeround synth COUNTY` (61 homes, 156 weeks, seed 1). "
    yield "In one county some rates are outside by chance alone; [synthetic.md](synthetic.md) has them for 10,000 residents.\n"
    yield "| rate | target | tolerance | realised | inside | source |\n|---|---|---|---|---|---|"
    for row in realised(history):
        t = row.target
        inside = "yes" if row.inside else "**no**"
        yield f"| {t.name} ({t.unit}) | {t.value:g} | {t.tolerance:g} | {row.value:.3f} | {inside} | {t.source} |"


def _truth(history: Path, until: date) -> Iterator[str]:
    """The last quarter's Mondays scored by a model that knew nothing of them, against what then happened."""
    model, _ = registry.load(SITE / "early/mlruns", 1)
    prepared = prepare(open_history(history), model.outcome)
    scored = score_rows(prepared, QUARTER, model, grace=GRACE)
    rows = rows_of(prepared.history, scored.panel).append_column("row", pa.array(np.arange(len(scored.panel))))
    ranked = rows.filter(pa.array(np.isin(scored.panel.status, RANKED)))
    known = ranked.join(pq.read_table(history / "truth.parquet"), ["resident_id", "as_of"], join_type="inner")
    at = known["row"].to_numpy()
    y, risk = known["admitted"].to_numpy(zero_copy_only=False).astype(float), known["risk"].to_numpy()
    prior = np.nan_to_num(scored.X[at, scored.names.index("emergency_admission_count_364")])
    boot = home_bootstrap(np.array(known["home_id"].to_pylist()))
    margin = scored.margin[at]
    figures = {
        "model": boot.estimate(lambda w: auroc(y, margin, w)),
        "oracle (true risk)": boot.estimate(lambda w: auroc(y, risk, w)),
        "prior admissions in 12 months": boot.estimate(lambda w: auroc(y, prior, w)),
        "model less oracle": boot.estimate(lambda w: auroc(y, margin, w) - auroc(y, risk, w)),
        "skill, (model - 0.5) / (oracle - 0.5)": boot.estimate(
            lambda w: (auroc(y, margin, w) - 0.5) / (auroc(y, risk, w) - 0.5)
        ),
        "model, true risk in place of drawn outcomes": boot.estimate(lambda w: auroc(risk, margin, w)),
        "oracle, true risk in place of drawn outcomes": boot.estimate(lambda w: auroc(risk, risk, w)),
        "skill, true risk in place of drawn outcomes": boot.estimate(
            lambda w: (auroc(risk, margin, w) - 0.5) / (auroc(risk, risk, w) - 0.5)
        ),
    }
    yield (
        f"\n## Against the known truth\n\n`homeround train COUNTY --until {until}`, then the {len(QUARTER)} Mondays from "
        f"{QUARTER[0]} to {QUARTER[-1]}: {len(y):,} rows, {int(y.sum()):,} with an admission for a potentially avoidable "
        f"condition in 28 days ({100 * y.mean():.2f} in 100), intervals from a bootstrap of homes.\n"
    )
    yield "| AUROC | value | 95 % interval |\n|---|---|---|"
    yield from (f"| {name} | {_interval(found)} |" for name, found in figures.items())


def _interval(found: Estimate) -> str:
    return f"{found.value:.3f} | {found.low:.3f} to {found.high:.3f}"


def _training(latest: dict) -> Iterator[str]:
    yield "\n## On the latest usable weeks\n\n`homeround train COUNTY`, figures of the run.\n"
    yield "| figure | value |\n|---|---|"
    for name, value in latest.items():
        if isinstance(value, float | int):
            yield (
                f"| {name.replace('_', ' ')} | {value:.3f} |" if isinstance(value, float) else f"| {name} | {value:,} |"
            )


def _reasons(history: Path) -> Iterator[str]:
    model, _ = registry.load(SITE / "late/mlruns")
    prepared = prepare(open_history(history), model.outcome)
    lists = [from_json(p.read_text(encoding="utf-8")) for p in sorted((SITE / "published").glob("*/r1/*/list.json"))]
    found = faithfulness(prepared, model, lists, END, grace=GRACE)
    yield (
        f"\n## Do the reasons hold\n\nOf {found.listed} residents listed on {END}, the first reason of {found.tested} rests on "
        "records; the others' is something that was not done or a fact of the home. With those records deleted from the "
        f"history the estimate of {found.lowered} falls ({100 * found.share:.1f} % of all listed). "
        f"{found.recent} of {found.listed} have a fact that can be acted on dated in the last 28 days "
        "(`python -m tests.bench.evidence`, `tests/bench/faithful.py`)."
    )


def _false_alarms(history: Path) -> Iterator[str]:
    """The stable counties are drawn from the county's own history."""
    site = SITE / "watched"
    site.mkdir()
    paths = {"history": history, "runs": SITE / "late/mlruns", "work": site / "work"}
    lines = "".join(f'{name} = "{path}"\n' for name, path in paths.items())
    (site / "homeround.toml").write_text(f"[paths]\n{lines}", encoding="utf-8")
    command = [sys.executable, "-m", "tests.bench.false_alarms", str(site), "--no-faults"]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout)
    yield (
        f"\n## False alarms\n\n`python -m tests.bench.false_alarms SITE --no-faults`: {told['counties']} stable counties of "
        f"{told['weeks']} weeks, drawn from this one; promised: at most {told['promised']:.3f} of weeks acted on by mistake.\n"
    )
    yield "| what | measured |\n|---|---|"
    yield from (f"| {name} | {_alarms(found)} |" for name, found in told.items() if isinstance(found, dict))


def _alarms(found: dict) -> str:
    """A rate of weeks with the counties that had any, or how soon a fault was acted on."""
    if "rate" not in found:
        return ", ".join(f"{key} {_short(value)}" for key, value in found.items())
    said = {key: _short(value) for key, value in found.items()}
    return (
        "share of weeks {rate} ({low} to {high}); of counties with any such week "
        "{counties} ({counties_low} to {counties_high})".format(**said)
    )


def _short(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _diabetes() -> Iterator[str]:
    """Real patients, the same fit, calibration and figures."""
    yield "\n## Real patients (Diabetes 130-US hospitals)\n"
    if not DIABETES.exists():
        yield "Not measured in this run: the archive was not there."
        return
    told = SITE / "diabetes.json"
    example = ROOT / "examples/diabetes130/evaluate.py"
    found = run([sys.executable, str(example), str(DIABETES), "--json", str(told)])
    figures = json.loads(told.read_text(encoding="utf-8"))
    yield (
        f"`python examples/diabetes130/evaluate.py diabetes130.zip`: {figures['encounters']:,} encounters of "
        f"{figures['patients']:,} patients, {figures['readmitted']:,} readmitted within 30 days, five folds of patients; "
        f"{found.wall:.0f} s, {found.peak_mib:,.0f} MiB. An untuned model of others reaches {figures['orientation']['auroc']}.\n"
    )
    yield "| figure | value | 95 % interval |\n|---|---|---|"
    for name, value in figures.items():
        if isinstance(value, list):
            yield f"| {name.replace('_', ' ')} | {_interval(Estimate(*value))} |"


def _synpuf() -> Iterator[str]:
    """People nobody here invented: examples/synpuf says what its figures can and cannot show."""
    yield "\n## American claims (CMS DE-SynPUF)\n"
    if not SYNPUF.exists():
        yield "Not measured in this run: the archive was not there."
        return
    example, history, told = ROOT / "examples/synpuf", SITE / "synpuf", SITE / "synpuf.json"
    subprocess.run([sys.executable, str(example / "convert.py"), str(SYNPUF), str(history)], check=True)
    subprocess.run([sys.executable, str(example / "evaluate.py"), str(history), "--json", str(told)], check=True)
    yield from _synpuf_rows(json.loads(told.read_text(encoding="utf-8")))
    yield from _watched(example, history)


def _synpuf_rows(found: dict) -> Iterator[str]:
    yield (
        "`python examples/synpuf/convert.py ARCHIVE HISTORY`, `python examples/synpuf/evaluate.py HISTORY`: "
        f"{found['people']:,} people, {found['admissions']:,} admissions, any inpatient stay within 90 days, later weeks.\n"
    )
    yield "| tested on | trained on | AUROC | AUPRC | prevalence | observed/expected |\n|---|---|---|---|---|---|"
    for row in found["results"]:
        cells = " | ".join(_interval(Estimate(*row[k])).replace(" | ", ", ") for k in
                           ("auroc", "auprc", "prevalence", "observed_expected"))  # fmt: skip
        yield f"| {row['people_are']} | {row['design']} | {cells} |"
    yield "| orientation (untuned, one index date, other people) | one Monday | 0.684 | 0.087 | | 0.74 |"
    yield "\nThe trap of this data, on the first design: each summary taken as known on its year's first day.\n"
    yield "| summary | AUROC | signs of a leak (`models/leak.py`) |\n|---|---|---|"
    for when, told in found["summary"].items():
        auroc = _interval(Estimate(*told["auroc"])).replace(" | ", ", ")
        yield f"| {when} | {auroc} | {'; '.join(told['signs']) or 'none'} |"


def _watched(example: Path, history: Path) -> Iterator[str]:
    """The year in which admissions halve, watched month by month."""
    told = SITE / "synpuf-watched.json"
    subprocess.run([sys.executable, str(example / "watch.py"), str(history), "--json", str(told)], check=True)
    yield "\nA model of the end of 2009 watched through 2010 (`python examples/synpuf/watch.py HISTORY`):\n"
    yield "| Monday | observed / expected of what is known by then | calibration alarm | everything together |\n|---|---|---|---|"
    for month in json.loads(told.read_text(encoding="utf-8")):
        ratio = (
            "{:.2f} ({:.2f} to {:.2f})".format(*month["observed_expected"]) if month["observed_expected"] else "not yet"
        )
        yield f"| {month['as_of']} | {ratio} | {month['calibration']} | {month['action']} |"


if __name__ == "__main__":
    main()
