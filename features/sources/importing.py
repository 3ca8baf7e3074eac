"""A source becomes a history: whole or not at all, with a report of what was kept, dropped and not understood."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from ..contract import INDEX, SEALED
from ..problems import HistoryError, UsageError
from ..write import written_aside
from . import cqc, fhir, hes, mapped, meds, omop
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
FROM_A_FILE = frozenset({"cqc"})
REPORT, PAGE = "import.json", "import.html"


def import_history(
    kind: str,
    source: Path | str,
    out: Path | str,
    options: Options | None = None,
    rules: Rules | None = None,
    *,
    strict: bool = False,
) -> ImportReport:
    """Write the history of a source to the folder `out`, with its report beside the tables as import.json.

    Raises UsageError for a kind or folder that is not there, HistoryError for a source that cannot be read, and with
    `strict` for any row that would be dropped; then nothing is written.
    """
    source, out = Path(source), Path(out)
    if kind not in READERS:
        raise UsageError(f"{kind!r} is not a source: one of {', '.join(READERS)}")
    options = options or Options()
    if not (options.database or source.is_dir() or (kind in FROM_A_FILE and source.is_file())):
        raise UsageError(f"{source} is not a folder" + (" or file" if kind in FROM_A_FILE else ""))
    tally, door = Tally(), Door(rules or Rules())
    with written_aside(out, keeps=(REPORT, PAGE, SEALED, INDEX)) as aside:
        draft = Draft(aside, door)
        try:
            READERS[kind](source, draft, tally, options)
        finally:
            written = draft.close()
        written |= settle(aside, options, door)
        written |= door.close(aside)
        written["events"] -= door.left_out[AGAINST]
        report = report_of(kind, tally, door, written, aside)
        if strict and report.dropped:
            raise HistoryError(report.problems())
        _keep_names(out, aside)
        (aside / REPORT).write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
    return report


def _keep_names(out: Path, aside: Path) -> None:
    """Sealed names outlive an import that tells none."""
    if not (aside / SEALED).exists():
        for name in (SEALED, INDEX):
            if (out / name).exists():
                shutil.copy2(out / name, aside / name)
