"""The report of an import as sections, which the page and the terminal both show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from features.sources.report import ImportReport

from .html import rendered
from .words import count

_MOST = 20


@dataclass(frozen=True)
class Section:
    """A titled table; numbers are columns from `first_number` on. `note` is what the reader should do or know."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    first_number: int = 1


def sections(report: ImportReport) -> tuple[Section, ...]:
    """What there is to say, most important first; nothing for what did not happen."""
    return tuple(one for one in _sections(report) if one.rows)


def import_page(report: ImportReport) -> str:
    """One self-contained HTML page; counts, places in files and codes, and nobody's id."""
    return rendered("import.html", report=report, sections=sections(report), said=said(report))


def said(report: ImportReport) -> tuple[str, ...]:
    """Sentences on people and ids, and what the reader of the source noted."""
    out = []
    if report.without_stay:
        people = count(report.without_stay, "resident")
        out.append(f"{people} in no home: they may be missing from lists")
    for kind, objecting in report.objections.items():
        out.append(f"{count(objecting, 'resident')} with an objection ({kind.replace('_', ' ')}): applied by purpose")
    if report.keyed:
        out.append(f"pseudonyms of {report.keyed.people:,} people with key {report.keyed.key_id}")
    if report.keyed and report.keyed.not_valid:
        out.append(
            f"{count(report.keyed.not_valid, 'NHS number')} with a wrong check digit: "
            "these people do not meet their records in other sources"
        )
    return (*out, *report.notes)


def _sections(report: ImportReport) -> Iterator[Section]:
    rows = tuple((table, f"{count:,}") for table, count in report.written.items() if count)
    yield Section("In the history", ("Table", "Rows"), rows)
    yield Section("Read", ("File", "Rows"), _counts(report.read))
    dropped = tuple((d.file, d.reason, d.example, f"{d.rows:,}") for d in report.dropped)
    yield Section("Dropped", ("File", "What is wrong", "First", "Rows"), dropped, "Mend these at the source.", 3)
    yield Section("Passed over", ("What", "Rows"), _counts(report.passed_over), "Not wrong, and of no use to a list.")
    yield Section("Left out by rule", ("What", "Rows"), _counts(report.left_out), "See [imports] in the settings.")
    coded = report.mapped_rows + report.unmapped_rows
    unmapped = tuple((one.code, f"{one.rows:,}") for one in report.unmapped[:_MOST])
    share = (
        f"{round(100 * report.mapped_rows / coded)} % of {coded:,} coded rows are known to the lists." if coded else ""
    )
    yield Section("Most frequent codes that no list knows", ("Code", "Rows"), unmapped, share)
    yield _lags(report)
    yield _homes(report)


def _lags(report: ImportReport) -> Section:
    rows = tuple(
        (lag.source, f"{lag.rows:,}", f"{round(100 * lag.told / lag.rows)} %", _days(lag.half), _days(lag.nine_in_ten))
        for lag in report.lags
    )
    headings = ("Source", "Records", "Recording told", "Half, days", "Nine in ten, days")
    note = "Where no time of recording is told, the lags of the settings stand in: set them to what is true here."
    return Section("How late records come", headings, rows, note)


def _homes(report: ImportReport) -> Section:
    feeds = tuple(sorted({feed for home in report.homes for feed in home.share}))
    rows = tuple(
        (home.home_id, f"{home.residents:,}", *(f"{round(100 * home.share[feed])} %" for feed in feeds))
        for home in sorted(report.homes, key=lambda one: (sum(one.share.values()), one.home_id))
    )
    headings = ("Home", "Residents", *(feed.replace("_", " ").capitalize() for feed in feeds))
    note = "Share of residents with a record in the last 28 days of the extract, the emptiest home first."
    return Section("How complete homes are", headings, rows, note)


def _counts(values: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    return tuple((name, f"{rows:,}") for name, rows in values.items())


def _days(value: float | None) -> str:
    return "not told" if value is None else f"{value:.0f}"
