"""The report of monitoring as one page: what to do first, then what was looked at, most important first."""

from collections.abc import Iterator, Mapping

import numpy as np
from markupsafe import Markup

from features.streams import FEEDS
from models.logistic import sigmoid
from models.monitoring.lists import VIEWS
from models.monitoring.report import Report
from models.monitoring.signals import PARTS
from models.plots.inline import inline

from .html import rendered
from .import_page import Section

_MOST = 15
_VERDICTS = {
    "none": "Nothing is different",
    "note": "Nothing to act on; some things to know",
    "retrain": "The model should be retrained",
    "hold back": "Lists are held back until somebody has looked",
}
_CHARTS = {"admitted": "admitted in the horizon", "gone": "away on the day", "stayed": "listed the week before too"}


def monitoring_page(report: Report, plots: Mapping[str, str]) -> str:
    """One self-contained HTML page without script; `plots` are SVG texts by chart, 'moves' for the groups."""
    return rendered(
        "monitoring.html",
        report=report,
        verdict=_VERDICTS[report.action],
        signals=tuple((s.action, PARTS[s.part], s.sentence) for s in report.signals),
        sections=tuple(one for one in _sections(report) if one.rows),
        figures=tuple((_title(name), Markup(inline(svg, number))) for number, (name, svg) in enumerate(plots.items())),
        promised=report.rules.false_alarm_weeks,
    )


def _title(name: str) -> str:
    if name == "moves":
        return "Which feature groups moved the chances"
    view, what = name.split()
    return f"{VIEWS[view][0].upper()}{VIEWS[view][1:]}: % of the listed who were {_CHARTS[what]}"


def _sections(report: Report) -> Iterator[Section]:
    looked = tuple((PARTS[one.part], one.cannot, f"{one.things:,}", f"{one.found:,}") for one in report.looked)
    yield Section("What was looked at", ("Part", "Not judged because", "Things", "Different"), looked, "", 2)
    yield Section(*_lists(report))
    yield Section(*_calibration(report))
    yield Section(*_scores(report))
    yield Section(*_groups(report))
    yield Section(*_inputs(report), first_number=2)
    yield Section(*_homes(report))
    yield Section(*_codes(report))


_Table = tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...], str]


def _lists(report: Report) -> _Table:
    rows = tuple(
        (f"{VIEWS[w.view]}, {w.as_of}", f"{w.listed}", _share(w.stayed, w.listed), f"{w.gone}",
         _admitted(w.admitted, w.judged), f"{w.expected:.1f}" if w.judged else "not yet known",
         _share(w.admitted, w.events))
        for w in reversed(report.lists[-_MOST:])
    )  # fmt: skip
    heads = ("Lists", "Listed", "Listed the week before", "Away", "Admitted", "Expected", "Of all admissions")
    note = "Away: died, moved or in hospital on the day, as later records say. Expected: the sum of the chances shown."
    return "The latest lists, as time tells on them", heads, rows, note


def _calibration(report: Report) -> _Table:
    found = report.calibration
    rows = () if found is None else tuple(
        (name, f"{m.value:.2f}", f"{m.low:.2f} to {m.high:.2f}", f"{m.events:,} of {m.n:,}")
        for name, m in (("Observed over expected", found.ratio), ("Calibration slope", found.slope))
    )  # fmt: skip
    note = "On the latest weeks since training whose outcomes are known; 1 is ideal. Intervals by home."
    return "Calibration", ("Figure", "Value", "95 % interval", "Events of resident-weeks"), rows, note


def _scores(report: Report) -> _Table:
    score = report.score
    rows = () if score is None else (
        ("Typical chance", f"{_chance(score.now):.2%}", f"{_chance(score.before):.2%}", _p(score.p)),
        *((one.group, f"{one.now:+.3f}", f"{one.before:+.3f}", "") for one in report.moves[:6]),
    )  # fmt: skip
    note = "The chance at the mean log-odds, and the mean contribution (log-odds) of the groups that moved most."
    return "What the model says", ("", "Now", "Reference", "p"), rows, note


def _groups(report: Report) -> _Table:
    rows = tuple((g.group, f"{g.features}", f"{g.found}", _p(g.p)) for g in report.groups)
    note = "p: for the whole group (Simes), before groups are counted."
    return "Inputs by feature group", ("Group", "Features", "Different", "p"), rows, note


def _inputs(report: Report) -> _Table:
    ordered = sorted(report.inputs, key=lambda row: row.p)[:_MOST]
    rows = tuple(
        (row.feature, row.kind, f"{row.now:.3f}", f"{row.before:.3f}", _p(row.p), _p(row.adjusted), f"{row.share:.1%}")
        for row in ordered
    )
    heads = ("Feature", "What", "Now", "Reference", "p", "Adjusted p", "Of contributions")
    note = (
        "Values: the chance that a resident outranks one of the reference. Missing: the share without a value. "
        "Adjusted for the number of tests, whatever their dependence (Benjamini and Yekutieli)."
    )
    return "The inputs that differ most", heads, rows, note


def _homes(report: Report) -> _Table:
    ordered = sorted(report.homes, key=lambda row: (row.p, row.home))[:_MOST]
    rows = tuple(
        (row.home, FEEDS[row.feed], "none" if row.days != row.days else f"{row.days:.0f}", f"{row.residents}",
         f"{row.share:.0%}", f"{row.before:.0%}", _p(row.adjusted))
        for row in ordered
    )  # fmt: skip
    heads = ("Home", "Feed", "Days since a record", "Residents", "With recent records", "Usually", "Adjusted p")
    return "Homes whose feeds differ most from their own past", heads, rows, ""


def _codes(report: Report) -> _Table:
    ordered = sorted(report.codes, key=lambda row: row.p)[:_MOST]
    rows = tuple((f"{r.kind} {r.name}", f"{r.records:,.0f}", f"{r.expected:,.0f}", _p(r.adjusted)) for r in ordered)
    return "Codes that differ most", ("What", "Records in four weeks", "Usually", "Adjusted p"), rows, ""


def _chance(log_odds: float) -> float:
    return float(sigmoid(np.array([log_odds]))[0])


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole > 0 and part == part else "not known"


def _admitted(admitted: float, judged: int) -> str:
    return f"{admitted:.0f} of {judged}" if judged else "not yet known"
