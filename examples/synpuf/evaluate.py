"""How well homeround predicts on DE-SynPUF: later weeks, in other people.

    python examples/synpuf/evaluate.py HISTORY [--json FILE] [--threads N]

Question: any inpatient stay within 90 days of a Monday. Half of the people, by a hash of their id, are fitted on in
early 2009; the other half are judged on 4 January 2010. Every feature, model and figure is homeround's own.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.asof import instant
from features.build import labelled, matrix_of, panel_of, prepare
from features.catalogue import catalogue
from features.history import History, open_history
from features.matrix import Matrix
from features.measures import Measure, Stat
from features.truncate import recorded_before
from models.baselines import Baselines
from models.boosting import Params
from models.evaluate import evaluate
from models.evaluation import Evaluation
from models.fit import Recipe, fit_model, panel
from models.leak import LeakSign, leak_signs
from models.model import fingerprint
from models.splits import TimeSplit, time_split
from models.train import residents_held_out

OUTCOME = "all_emergency"
HORIZON_DAYS = 90
DELAY_DAYS = 14
GRACE = 6 * 3_600_000_000  # microseconds
FIRST = date(2009, 1, 5)  # the first Monday on which a beneficiary summary is known
TEST = date(2010, 1, 4)
CUT_OFF = TEST + timedelta(days=HORIZON_DAYS + DELAY_DAYS)
HELD_OUT = 0.5
BASELINES = Baselines(prior_admissions="emergency_admission_count_364")

# An untuned LightGBM fitted on the index date 2009-01-01 and judged on 2010-01-01 in other people, everyone alive.
ORIENTATION = {"auroc": 0.684, "auprc": 0.087, "observed_expected": 0.74}

Say = Callable[[str], None]
_LINE = "{:10}{:12}{:>8}{:>10}{:>24}{:>8}{:>8}{:>7}"


def designs() -> dict[str, TimeSplit]:
    """The Mondays of each design.

    one Monday   fitted on the first Monday, calibrated on the first one after the embargo
    weeks        homeround's own split of every fourth Monday
    """
    embargo = HORIZON_DAYS + DELAY_DAYS
    after = FIRST + timedelta(weeks=-(-embargo // 7))
    every_fourth = [TEST - timedelta(weeks=k) for k in range(0, (TEST - FIRST).days // 7 + 1, 4)]
    own = time_split(
        every_fourth,
        horizon_days=HORIZON_DAYS,
        delay_days=DELAY_DAYS,
        until=CUT_OFF,
        test_weeks=2,
        calibrate_weeks=8,
    )
    return {"one Monday": TimeSplit((FIRST,), (after,), (TEST,), embargo, CUT_OFF), "weeks": own}


def build(history: History, splits: Mapping[str, TimeSplit]) -> Matrix:
    """The labelled matrix of every Monday that a split names."""
    days = sorted({day for split in splits.values() for day in (*split.fit, *split.calibrate, *split.test)})
    prepared = prepare(history, OUTCOME)
    people = panel_of(prepared, days, grace=GRACE)
    matrix, _ = labelled(
        prepared, people, OUTCOME, horizon_days=HORIZON_DAYS, delay_days=DELAY_DAYS, known_before=CUT_OFF
    )
    return matrix


def same_without_the_future(history: History, matrix: Matrix) -> bool:
    """Whether the judged Monday's rows are the same from a history that ends where that Monday's knowledge ends."""
    known = prepare(recorded_before(history, instant(TEST) + GRACE), OUTCOME)
    again = matrix_of(known, panel_of(known, [TEST], grace=GRACE))
    judged = matrix.take(np.array(matrix.rows["as_of"].to_pylist()) == TEST)
    same_rows = again.rows.equals(judged.rows.select(again.rows.column_names))
    return same_rows and np.array_equal(again.X, judged.X, equal_nan=True)


def everyone(matrix: Matrix) -> Matrix:
    """The matrix with nobody set aside: those in hospital and those without a usable record count like the rest."""
    at = matrix.rows.schema.get_field_index("status")
    status = pa.array(["eligible"] * len(matrix), pa.string())
    return Matrix(matrix.rows.set_column(at, "status", status), matrix.X, matrix.names)


def judge(matrix: Matrix, split: TimeSplit, params: Params) -> Evaluation:
    """Fit and calibrate without the held-out people, judge in them alone."""
    wanted = catalogue()
    mark = fingerprint(wanted.names, wanted.groups, wanted.monotone)
    recipe = Recipe(wanted.groups, wanted.monotone, mark, OUTCOME, HORIZON_DAYS, DELAY_DAYS, params, seed=1)
    held = residents_held_out(matrix, HELD_OUT)
    model = fit_model(panel(matrix.take(~held)), split, recipe)
    return evaluate(matrix, split, model, capacity={}, baselines=BASELINES, judged=held, holdout_share=HELD_OUT)


def within_its_year(history: History) -> History:
    """The trap of this data: each year's summary taken as known on that year's first day.

    Its flags come from the claims of the very year, those still to come among them.
    """
    events = history["events"]
    summary = pc.and_(pc.is_valid(events["record_id"]), pc.invert(pc.starts_with(events["code"], "ICD9:"))).to_numpy()
    year = np.where(summary, np.timedelta64(365, "D").astype("timedelta64[us]"), np.timedelta64(0, "us"))
    for name in ("time", "recorded_at"):
        at = events.schema.get_field_index(name)
        earlier = events[name].to_numpy() - year
        events = events.set_column(at, name, pa.array(earlier).cast(events.schema.field(name).type))
    return replace(history, tables={**history.tables, "events": events})


def signs_of_a_leak(matrix: Matrix, found: Evaluation) -> tuple[LeakSign, ...]:
    """What `homeround train` looks for before it registers a model."""
    lasting = [name for name, measure in catalogue().only(Measure) if measure.stat is Stat.EVER]
    data = panel(matrix)
    judged = data.mask(found.split.test)
    return leak_signs(data, judged, found, lasting=lasting, past="emergency_admission_count_91")


def trap(history: History, params: Params) -> dict[str, Any]:
    """The first design with summaries used within their year: its AUROC, and what the leak check says of both."""
    split = designs()["one Monday"]
    told = {}
    for name, one in (("known at its year's end", history), ("used within its year", within_its_year(history))):
        matrix = build(one, {"one Monday": split})
        found = judge(everyone(matrix), split, params)
        signs = signs_of_a_leak(matrix, found)
        told[name] = {"auroc": figures(found)["auroc"], "signs": [sign.words for sign in signs]}
    return told


def figures(found: Evaluation) -> dict[str, Any]:
    """People judged, how many of them were admitted, and each figure as [value, low, high]."""
    auroc = found.get("auroc")
    named = {
        "prevalence": found.get("prevalence"),
        "auroc": auroc,
        "auprc": found.get("auprc"),
        "observed_expected": found.get("observed_expected"),
        "calibration_slope": found.get("calibration_slope"),
        "auroc_prior_admissions": found.get("auroc", "prior_admissions"),
    }
    values = {name: [round(v, 4) for v in (m.value, m.low, m.high)] for name, m in named.items()}
    return {"people": auroc.n, "admitted": auroc.events, "trees": dict(found.rounds)["avoidable"], **values}


def run(folder: Path, params: Params, say: Say) -> dict[str, Any]:
    """Every figure of both designs, for everyone alive and for those homeround would rank."""
    begun, splits = time.monotonic(), designs()
    history = open_history(folder)
    say("building features")
    matrix = build(history, splits)
    say(f"{len(matrix):,} rows x {len(matrix.names)} features after {time.monotonic() - begun:.0f} s")
    same = same_without_the_future(history, matrix)
    results = []
    for population, rows in (("everyone", everyone(matrix)), ("ranked", matrix)):
        for design, split in splits.items():
            results.append({"people_are": population, "design": design, **figures(judge(rows, split, params))})
            say(f"{population}, {design}: done after {time.monotonic() - begun:.0f} s")
    return {
        "people": history["residents"].num_rows,
        "admissions": history["spells"].num_rows,
        "rows": len(matrix),
        "same_without_the_future": same,
        "results": results,
        "orientation": ORIENTATION,
        "summary": trap(history, params),
        "seconds": round(time.monotonic() - begun),
        "peak_memory_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 2),
    }


def table(found: Mapping[str, Any]) -> str:
    """The figures as lines of text."""
    lines = [
        f"{found['people']:,} people, {found['admissions']:,} admissions",
        _LINE.format("judged", "design", "people", "admitted", "AUROC (95 %)", "AUPRC", "base", "O/E"),
    ]
    for row in found["results"]:
        auroc = "{:.3f} ({:.3f} to {:.3f})".format(*row["auroc"])
        shown = [f"{row[name][0]:.3f}" for name in ("auprc", "prevalence")]
        counts = [f"{row[name]:,}" for name in ("people", "admitted")]
        ratio = f"{row['observed_expected'][0]:.2f}"
        lines.append(_LINE.format(row["people_are"], row["design"], *counts, auroc, *shown, ratio))
    known = found["orientation"]
    untuned = (f"{known['auroc']:.3f}", f"{known['auprc']:.3f}", "", f"{known['observed_expected']:.2f}")
    lines.append(_LINE.format("everyone", "untuned", "", "", *untuned))
    for when, told in found["summary"].items():
        signs = "; ".join(told["signs"]) or "none"
        lines.append(f"summary {when}: AUROC {told['auroc'][0]:.3f}, signs of a leak: {signs}")
    lines.append(f"the same without the future: {'yes' if found['same_without_the_future'] else 'NO'}")
    lines.append(f"{found['seconds']} s, peak memory {found['peak_memory_gb']} GB")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="AUROC on later weeks in other people, on DE-SynPUF")
    parser.add_argument("history", type=Path, help="the folder that convert.py made")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="0: all cores")
    given = parser.parse_args(arguments)
    found = run(given.history, Params(num_threads=given.threads), lambda line: print(line, file=sys.stderr))
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if found["same_without_the_future"] else 1


if __name__ == "__main__":
    sys.exit(main())
