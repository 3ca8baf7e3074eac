"""What a person at a terminal reads: results on standard output, progress and problems on standard error."""

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from features.problems import HeldBack, HistoryError, HomeroundError, Problem
from serving.render.words import count

from .progress import told_to

if TYPE_CHECKING:
    from features.sources.report import ImportReport

_SHOWN = 12

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show what is going on while a block runs: a moving line on a terminal, plain lines elsewhere."""
    begun = time.monotonic()
    if err.is_terminal:
        with err.status(f"{what} ...") as status, told_to(lambda text: status.update(f"{what}: {escape(text)} ...")):
            yield
    else:
        with told_to(lambda text: err.print(f"  {escape(text)}")):
            err.print(f"{what} ...")
            yield
    err.print(f"[green]done[/green] {what[0].lower()}{what[1:]} ({time.monotonic() - begun:.0f} s)")


def as_json(record: Mapping[str, Any]) -> None:
    """One JSON object on standard output, for machines."""
    sys.stdout.write(json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def show_error(error: HomeroundError, *, machine: bool) -> None:
    """Every problem of an error, with where it is and what to do; as JSON on standard output for machines."""
    if machine:
        as_json(error_record(error))
    if isinstance(error, HistoryError):
        err.print(f"[red]The data is not acceptable[/red]: {count(len(error.problems), 'problem')}. Nothing was done.")
        show_problems(error.problems)
    elif isinstance(error, HeldBack):
        err.print("[red]Held back[/red]:")
        for reason in error.reasons:
            err.print(f"  - {escape(reason)}")
    else:
        err.print(f"[red]{'Cannot do that' if error.exit_code == 2 else 'Stopped'}[/red]: {escape(str(error))}")


def error_record(error: HomeroundError) -> dict[str, Any]:
    record: dict[str, Any] = {"status": "error", "exit_code": error.exit_code, "message": str(error)}
    if isinstance(error, HistoryError):
        record |= {"status": "refused", "problems": [problem.as_dict() for problem in error.problems]}
    if isinstance(error, HeldBack) or error.exit_code == HeldBack.exit_code:
        reasons = list(error.reasons) if isinstance(error, HeldBack) else [str(error)]
        record |= {"status": "held back", "reasons": reasons, "lists": [], "held": "all"}
    return record


def show_problems(problems: Sequence[Problem]) -> None:
    """Each problem in a few lines: where, what, how many rows; one example; what to do."""
    for problem in problems:
        where = f"{problem.table}.{problem.column}" if problem.column else problem.table
        colour = "red" if problem.severity == "error" else "yellow"
        rows = f" ({count(problem.rows, 'row')})" if problem.rows else ""
        err.print(f"[{colour}]{problem.severity}[/{colour}] [bold]{escape(where)}[/bold]: {escape(problem.rule)}{rows}")
        if problem.example:
            err.print(f"    for example {escape(problem.example)}")
        if problem.hint:
            err.print(f"    {escape(problem.hint)}")


def show_weekly(done: Mapping[str, Any]) -> None:
    """The lists of a week: where they are, how many residents each holds, which were held back."""
    change = {"published": "Published", "unchanged": "Unchanged: the same inputs, already published"}[done["status"]]
    replaces = f", replaces {done['supersedes']}" if done["supersedes"] else ""
    out.print(f"[bold]{change}[/bold], week of Monday {done['as_of']}, revision {done['revision']}{replaces}")
    listed = {kind: [one for one in done["lists"] if one["kind"] == kind] for kind in ("mdt", "round")}
    for kind, label in (("mdt", "MDT list"), ("round", "home round list")):
        if found := listed[kind]:
            people, assessed = (sum(one[key] for one in found) for key in ("listed", "assessed"))
            out.print(f"  {count(len(found), label)}: {people} residents to review, of {assessed} assessed")
    if done["withheld"]:
        out.print(f"  a study withheld {count(done['withheld'], 'place', 'places')} from these lists: docs/exposure.md")
    for held in done["held"]:
        out.print(f"  [red]held back[/red] {escape(held['label'])}: {escape('; '.join(held['reasons']))}")
    if done["check_warnings"]:
        out.print(f"  {count(done['check_warnings'], 'warning')} of the check, in manifest.json")
    if done["backdated"]:
        out.print("  [yellow]made in hindsight: not for care[/yellow]")
    out.print(f"  Open {Path(done['folder']) / 'index.html'}")


def show_first_rows(done: Mapping[str, Any], rows: int = 5) -> None:
    """The first residents of the longest list, by pseudonym."""
    if not done["lists"]:
        return
    longest = max(done["lists"], key=lambda one: one["listed"])
    with Path(longest["page"]).with_name("list.csv").open(encoding="utf-8", newline="") as stream:
        lines = [line for line in csv.DictReader(stream) if line["section"] == "listed"][:rows]
    table = Table(title=f"First rows of {longest['label']}", title_justify="left", box=None, pad_edge=False)
    for heading in ("Rank", "Resident", "Chance", "Main reason"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "Rank" else "left")
    for line in lines:
        chance = f"{round(100 * float(line['risk']))} in 100"
        table.add_row(*map(escape, (line["rank"], line["resident_id"], chance, line["reason_1"])))
    out.print()
    out.print(table, soft_wrap=False)


def show_import(report: "ImportReport", history: Path) -> None:
    """What became of a source, as on its page; the whole of it is in the history."""
    from features.sources.importing import PAGE
    from serving.render.import_page import said, sections

    first, last = report.span
    out.print(f"[bold]{history}[/bold]" + (f", {first} to {last}" if first else ""))
    for line in said(report):
        out.print(f"  {escape(line)}")
    for section in sections(report):
        table = Table(title=section.title, title_justify="left", box=None, pad_edge=False)
        for number, heading in enumerate(section.headings):
            table.add_column(heading, justify="right" if number >= section.first_number else "left")
        for row in section.rows[:_SHOWN]:
            table.add_row(*(escape(cell) for cell in row))
        out.print(table)
        if len(section.rows) > _SHOWN:
            out.print(f"... and {len(section.rows) - _SHOWN:,} more")
    out.print(f"The whole report: {history / PAGE}")


def show_rates(rows: Sequence[Mapping[str, Any]]) -> None:
    """Published rates as targets, and what an invented history realised."""
    if not rows:
        return
    table = Table(title="Published rates and this history", title_justify="left", box=None, pad_edge=False)
    for heading in ("Rate", "Target", "Tolerance", "Realised", ""):
        table.add_column(heading, justify="left" if heading in ("Rate", "") else "right")
    for row in rows:
        figures = (f"{row['value']:g}", f"± {row['tolerance']:g}", f"{row['realised']:.3g}")
        table.add_row(f"{row['name']} ({row['unit']})", *figures, "" if row["inside"] else "[bold]outside[/bold]")
    out.print(table, soft_wrap=False)
    outside = sum(not row["inside"] for row in rows)
    chance = "; in a small county some are outside by chance alone" if outside else ""
    out.print(f"{len(rows) - outside} of {len(rows)} inside{chance}. Sources: features/synthetic/targets.csv")


def show_exposures(done: Mapping[str, Any]) -> None:
    """How much the exposure log holds, and where it is."""
    out.print(f"[bold]{done['file']}[/bold]: {count(done['residents'], 'resident')} on the lists of "
              f"{count(done['weeks'], 'week')}, by what was recorded up to {done['until']}")  # fmt: skip
    out.print(f"  {count(done['listed'], 'place')} on lists, {done['reviewed']:,} followed by a review, "
              f"{done['withheld']:,} withheld by a study")  # fmt: skip


def show_training(done: Mapping[str, Any]) -> None:
    """Which version was registered and how well it did on later weeks."""
    alias = {"champion": "in use", "candidate": "a candidate"}.get(done["alias"], done["alias"] or "without an alias")
    out.print(f"[bold]Model {done['version']}[/bold] ({alias}), learnt from records up to {done['until']}")
    out.print(f"  {done['rows']:,} resident-weeks, {done['events']:,} with the outcome; judged on {done['judged_on']}")
    others = [
        (key, done[f"auroc_{key}"]) for key in ("prior_admissions", "frailty", "logistic") if f"auroc_{key}" in done
    ]
    beside = ", ".join(f"{key.replace('_', ' ')} {value:.3f}" for key, value in others)
    out.print(f"  AUROC {done['auroc']:.3f}" + (f" (beside {beside})" if beside else ""))
    if "skill_of_oracle" in done:
        out.print(f"  {done['skill_of_oracle']:.0%} of the skill of the true risk, on the rows where that is known")
    if "ppv_mdt" in done:
        out.print(f"  of 100 residents on an MDT list, {100 * done['ppv_mdt']:.0f} had the outcome; "
                  f"of 100 outcomes, {100 * done['sensitivity_mdt']:.0f} had been listed")  # fmt: skip
    out.print(f"  By group: {done['fairness']}")
    for flag in done["flagged"]:
        out.print(f"  [yellow]differs[/yellow] {escape(flag)}")
    for warning in done["exposed"]:
        out.print(f"  [yellow]reviewed residents[/yellow] {escape(warning)}")
    if "outcomes_judged" in done:
        out.print(f"  judged under {done['outcomes_judged']} outcomes and horizons: see the model card")
    if "trials" in done:
        found = "better parameters, which are used" if done["tuned_used"] else "none better than the default by enough"
        out.print(f"  {done['trials']} sets of parameters tried: {found}")
    if done["leak_suspected"]:
        out.print("  [red]better than the true risk: suspect a leak[/red]")
    verdict = done["verdict"]
    out.print(f"  {compared(verdict)}: {'[red]fails[/red]' if verdict['reasons'] else 'holds every criterion'}")
    for reason in verdict["reasons"]:
        out.print(f"    - {escape(reason)}")
    if verdict["reasons"] and verdict["in_use"] is None:
        out.print("  [red]No model is in use[/red]: `homeround promote --override` can say why this one should be")


_CONTENDERS = {
    "model": "the model",
    "logistic": "logistic regression",
    "prior_admissions": "prior admissions",
    "frailty": "frailty",
    "age_and_use": "age and prior use",
    "last_week": "last week's list",
    "random": "drawn by lot",
    "ceiling": "all records can tell",
    "oracle": "the true risk",
}
_COLUMNS = (
    ("AUROC", "auroc", "all", 1, 3),
    ("MDT lists: PPV %", "ppv", "pcn", 100, 1),
    ("sensitivity %", "sensitivity", "pcn", 100, 1),
)
_NEW = {
    "residents": "each resident judged by a model made without them",
    "homes": "each home judged by a model made without it and whoever lived there",
}


def show_evaluation(done: Mapping[str, Any]) -> None:
    """What a backtest found: the model beside its comparisons, fold by fold, and whether it ages."""
    apart = f", {_NEW[done['new']]}" if done["new"] else ""
    out.print(f"[bold]Judged on {done['judged_on']}[/bold] in {count(len(done['folds']), 'fold')}{apart}")
    out.print(f"  {done['rows']:,} resident-weeks, {done['events']:,} with the outcome")
    out.print("  each model learnt only what was known when it could first be used: for "
              f"{count(done['late'], 'row')} the outcome was coded later")  # fmt: skip
    headings = ("", *(column[0] for column in _COLUMNS))
    _print_table("All folds (95 % intervals, by home)", headings, _beside(done["metrics"]))
    _print_table("Fold by fold", _FOLD_HEADINGS, [_fold_row(row) for row in done["folds"]])
    for name, words in (("auroc", "AUROC"), ("observed_expected", "observed / expected")):
        change = [one for one in done["ageing"] if one["name"] == f"{name}_late_minus_early"]
        if change:
            out.print(f"{words}, later half of the test weeks minus the earlier: {_interval(change[0], 1, 3, ' to ')}")
    out.print(f"Everything: {done['folder']}")
    if done["leak_suspected"]:
        err.print("[bold red]BETTER THAN THE TRUE RISK: suspect a leak.[/bold red] No figure above may be believed.")


def _beside(metrics: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """A row for each order that was judged, the model's first."""
    figures = {(one["name"], one["score"], one["view"]): one for one in metrics}
    for score in dict.fromkeys(one["score"] for one in metrics if one["name"] == "auroc" and one["score"] != "any"):
        found = (
            _interval(figures.get((name, score, view)), times, digits) for _, name, view, times, digits in _COLUMNS
        )
        yield (_CONTENDERS.get(score, score.replace("_", " ")), *found)


_FOLD_HEADINGS = ("Tests from", "outcomes", "AUROC", "obs./expected", "MDT lists: PPV %")


def _fold_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    figures = {(one["name"], one["view"]): one for one in row["metrics"]}
    shown = (("auroc", "all", 1, 3), ("observed_expected", "all", 1, 2), ("ppv", "pcn", 100, 1))
    found = (_interval(figures.get((name, view)), times, digits) for name, view, times, digits in shown)
    return (row["test_from"], f"{row['judged_events']:,}", *found)


def _interval(figure: Mapping[str, Any] | None, times: float, digits: int, dash: str = "-") -> str:
    """A figure with its 95 % interval, in units of 1 / times."""
    if figure is None or figure["value"] is None:
        return ""
    value, low, high = (None if figure[key] is None else times * figure[key] for key in ("value", "low", "high"))
    return f"{value:.{digits}f}" + (f" ({low:.{digits}f}{dash}{high:.{digits}f})" if low is not None else "")


def _print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    out.print(table, soft_wrap=False)


def compared(verdict: Mapping[str, Any]) -> str:
    """What a version was compared with, where, and why with that."""
    because = f" ({verdict['because']})" if verdict["because"] else ""
    return f"Compared with {verdict['beside']} on the weeks {verdict['judged_on']}{because}"


_MARKS = {True: "[green]holds[/green]", False: "[red]fails[/red]", None: "not judged"}


def show_verdict(done: Mapping[str, Any]) -> None:
    """Every criterion of a promotion, and what came of it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(2):
        table.add_column(overflow="fold")
    for one in done["criteria"]:
        table.add_row(_MARKS[one["passed"]], escape(one["words"]))
    out.print(compared(done))
    out.print(table, soft_wrap=False)
    said = {
        "passed": f"[bold]Model {done['version']}[/bold] is in use",
        "overridden": f"[bold]Model {done['version']}[/bold] is in use, [red]though it fails[/red]: the reason is kept",
        "failed": f"[red]Held back[/red]: model {done['version']} is not put to use",
    }
    out.print(said[done["verdict"]])


def show_monitoring(done: Mapping[str, Any]) -> None:
    """What monitoring found, gravest first, and where the page is."""
    report = json.loads((Path(done["folder"]) / "report.json").read_text(encoding="utf-8"))
    colour = {"hold back": "red", "retrain": "yellow"}
    out.print(f"[bold]{done['status'].capitalize()}[/bold], Monday {done['as_of']}, model {done['model_version']}")
    for signal in report["signals"][:_SHOWN]:
        shade = colour.get(signal["action"], "bold")
        out.print(f"  [{shade}]{signal['action']}[/{shade}] {escape(signal['sentence'])}")
    if len(report["signals"]) > _SHOWN:
        out.print(f"  ... and {count(len(report['signals']) - _SHOWN, 'signal')} more")
    for part in report["looked"]:
        if part["cannot"]:
            out.print(f"  {part['part']}: not judged, {escape(part['cannot'])}")
    out.print(f"  Open {Path(done['folder']) / 'index.html'}")


_MAIL = {
    "sent": "[green]sent[/green]",
    "to_send": "to send",
    "told": "told before",
    "will_retry": "[yellow]will be tried again[/yellow]",
    "changed": "[yellow]not sent[/yellow]",
    "failed": "[red]failed[/red]",
    "cannot": "[red]cannot be sent[/red]",
}


def show_mail(rows: Sequence[Mapping[str, Any]]) -> None:
    """What became of each mail, and why."""
    for row in rows:
        reason = f": {escape(row['reason'])}" if row["reason"] else ""
        out.print(f"{_MAIL[row['state']]}  {escape(row['label'])} <{escape(row['recipient'])}>{reason}")
    if not rows:
        out.print("Nobody is to be told of anything.")
