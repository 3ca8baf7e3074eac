"""Does monitoring notice that admissions in DE-SynPUF halve between 2008 and 2010?

    python examples/synpuf/watch.py HISTORY [--json FILE] [--threads N]

A model learns from what was known at the end of 2009 and is watched on the first Monday of each month of 2010 as its
outcomes become known. Every test is homeround's own.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from features.asof import mondays
from features.build import labelled, panel_of, prepare
from features.catalogue import catalogue
from features.history import open_history
from features.matrix import Matrix
from models.boosting import Params
from models.fit import Panel, Recipe, fit_model, panel
from models.judged import Judged
from models.model import AVOIDABLE, Model, fingerprint
from models.monitoring import Report, Rules, watch, watched
from models.splits import refit_split

OUTCOME = "all_emergency"
HORIZON_DAYS, DELAY_DAYS = 90, 14
GRACE = 6 * 3_600_000_000  # microseconds
FIRST, UNTIL, LAST = date(2009, 1, 5), date(2009, 12, 31), date(2010, 12, 6)

Say = Callable[[str], None]


def watched_year(folder: Path, params: Params, say: Say = lambda _: None) -> list[dict[str, Any]]:
    """What monitoring says on the first Monday of each month of 2010, oldest first.

    Labels of each month are those known by then: made once with all records, since SynPUF corrects nothing, and used
    only once horizon and delay have passed.
    """
    prepared = prepare(open_history(folder), OUTCOME)
    days = mondays(FIRST, LAST)
    months = [day for day in days if day > UNTIL and day.day <= 7]
    chosen = sorted({*days[::2], *months})
    matrix, _ = labelled(prepared, panel_of(prepared, chosen, grace=GRACE), OUTCOME, horizon_days=HORIZON_DAYS,
                         delay_days=DELAY_DAYS, known_before=date(2011, 6, 1))  # fmt: skip
    say(f"{len(matrix):,} rows")
    data = panel(matrix)
    model = _model(data, [day for day in chosen if day < UNTIL], params)
    say("trained")
    return [_said(_report(data, matrix, model, day)) for day in months]


def _model(data: Panel, days: Sequence[date], params: Params) -> Model:
    wanted = catalogue()
    mark = fingerprint(wanted.names, wanted.groups, wanted.monotone)
    recipe = Recipe(wanted.groups, wanted.monotone, mark, OUTCOME, HORIZON_DAYS, DELAY_DAYS, params, seed=1)
    split = refit_split(days, horizon_days=HORIZON_DAYS, delay_days=DELAY_DAYS, until=UNTIL, calibrate_weeks=8)
    return fit_model(data, split, recipe)


def _report(data: Panel, matrix: Matrix, model: Model, as_of: date) -> Report:
    ripe = np.datetime64(as_of - timedelta(days=HORIZON_DAYS + DELAY_DAYS))
    later = tuple(day for day in np.unique(data.as_of).astype(object) if np.datetime64(UNTIL) < day <= ripe)
    mask = data.mask(later)
    rows = matrix.take(mask)
    X = rows.X[:, model.columns(rows.names)]
    y = data.labels[AVOIDABLE][mask]
    judged = Judged(rows, data.as_of[mask], data.home[mask], y, {"model": model.margin(X)}, {"model": model.risk(X)})
    rules = Rules(outcome_weeks=8)  # every second Monday: sixteen weeks
    return watch(watched(matrix, model, as_of, rules), rules=rules, version="SynPUF", within={}, judged=judged)


def _said(report: Report) -> dict[str, Any]:
    found = report.calibration
    ratio = found and [round(value, 3) for value in (found.ratio.value, found.ratio.low, found.ratio.high)]
    outcomes = [
        signal.action for signal in report.signals if signal.part == "outcomes" and signal.name != "calibration_slope"
    ]
    return {
        "as_of": report.as_of.isoformat(),
        "action": report.action,
        "calibration": outcomes[0] if outcomes else "none",
        "observed_expected": ratio,
        "events": found.ratio.events if found else 0,
        "signals": len(report.signals),
    }


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """A line for each month."""
    lines = ["{:12}{:12}{:12}{:>26}{:>8}".format("Monday", "calibration", "all parts", "observed / expected", "events")]
    for row in found:
        ratio = "{:.2f} ({:.2f} to {:.2f})".format(*row["observed_expected"]) if row["observed_expected"] else "not yet"
        lines.append(f"{row['as_of']:12}{row['calibration']:12}{row['action']:12}{ratio:>26}{row['events']:>8}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Whether monitoring notices that admissions halve in DE-SynPUF")
    parser.add_argument("history", type=Path, help="the folder that convert.py made")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there too")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="0: all cores")
    given = parser.parse_args(arguments)
    found = watched_year(given.history, Params(num_threads=given.threads), lambda line: print(line, file=sys.stderr))
    print(table(found))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if any(row["calibration"] == "retrain" for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
