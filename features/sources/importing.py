"""A source becomes a history: whole or not at all, with a report of what was kept, dropped and not understood."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from ..contract import INDEX, SEALED
from ..problems import HistoryError, UsageError
from ..store.making import blocks_if_large
from ..write import written_aside
from . import cqc, fhir, hes, mapped, meds, omop
from .derived import derive
from .door import AGAINST, Door, Rules
from .draft import Draft
from .living import settle
from .options import Options
from .report import ImportReport, report_of
from .tally import Tally

Reader = Callable[[Path, Draft, Tally, Options], None]
READERS: Mapping[str, Reader] = MappingProxyType(
    {"omop": omop.read, "fhir": fhir.read, "meds": meds.read, "hes": hes.read, "cqc": cqc.read, "csv": mapped.read}
)
FROM_A_FILE, FROM_A_DATABASE = ("cqc",), ("omop",)
REPORT, PAGE = "import.json", "import.html"


def import_history(
    kind: str,
    source: Path | str,
    out: Path | str,
    options: Options | None = None,
    rules: Rules | None = None,
    *,
    strict: bool = False,
    page: Callable[[ImportReport], str] | None = None,
) -> ImportReport:
    """Write the history of a source to the folder `out`, with its report beside the tables as import.json.

    `page` makes import.html of it. Raises UsageError for a kind or folder that is not there, HistoryError for a source
    that cannot be read, and with `strict` for any row that would be dropped; then nothing is written.
    """
    source, out = Path(source), Path(out)
    if kind not in READERS:
        raise UsageError(f"{kind!r} is not a source: one of {', '.join(READERS)}")
    options = options or Options()
    if options.database and kind not in FROM_A_DATABASE:
        raise UsageError(f"{kind} is not read from a database: only {', '.join(FROM_A_DATABASE)}")
    if not (options.database or source.is_dir() or (kind in FROM_A_FILE and source.is_file())):
        raise UsageError(f"{source} is not a folder" + (" or file" if kind in FROM_A_FILE else ""))
    tally, door = Tally(), Door(rules or Rules())
    with written_aside(out, keeps=(REPORT, PAGE, SEALED, INDEX)) as aside:
        draft = Draft(aside, door)
        try:
            READERS[kind](source, draft, tally, options)
        finally:
            written = draft.close()
        written |= settle(aside, options, door, tally)
        written |= door.close(aside, _names_before(out, door.rules))
        written["events"] -= door.left_out[AGAINST]
        if (out / SEALED).exists() and not (aside / SEALED).exists():
            raise UsageError(f"{out} holds sealed names and this source has none: name a new folder")
        if not draft.derived_before:
            written |= derive(aside, tally)
        report = report_of(kind, tally, door, written, aside)
        if strict and report.dropped:
            raise HistoryError(report.problems())
        (aside / REPORT).write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
        blocks_if_large(aside, written["residents"])
        if page:
            (aside / PAGE).write_text(page(report), encoding="utf-8")
    return report


def _names_before(out: Path, rules: Rules) -> Path | None:
    """The history that is replaced, if its sealed names are of the same pseudonyms: other ids are other people."""
    if not (out / SEALED).exists() or not rules.pseudonyms or not (out / REPORT).is_file():
        return None
    keyed = json.loads((out / REPORT).read_text(encoding="utf-8")).get("keyed") or {}
    if keyed.get("key_id") != rules.pseudonyms.key_id:
        raise UsageError(f"{out} holds names sealed for pseudonyms of another key: name a new folder")
    return out
