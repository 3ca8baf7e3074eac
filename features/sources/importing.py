"""A source becomes a history: whole or not at all, with a report of what was kept, dropped and not understood."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..problems import HistoryError, UsageError
from ..write import written_aside
from . import fhir, hes, mapped, meds, omop
from .draft import Draft
from .options import Options
from .tally import ImportReport, Tally

Reader = Callable[[Path, Draft, Tally, Options], None]
READERS: Mapping[str, Reader] = MappingProxyType(
    {"omop": omop.read, "fhir": fhir.read, "meds": meds.read, "hes": hes.read, "csv": mapped.read}
)
REPORT = "import.json"


def import_history(
    kind: str, source: Path | str, out: Path | str, options: Options | None = None, *, strict: bool = False
) -> ImportReport:
    """Write the history of a source to the folder `out`, with its report beside the tables as import.json.

    Raises UsageError for a kind or folder that is not there, HistoryError for a source that cannot be read, and with
    `strict` for any row that would be dropped; then nothing is written.
    """
    source, out = Path(source), Path(out)
    if kind not in READERS:
        raise UsageError(f"{kind!r} is not a source: one of {', '.join(READERS)}")
    if not source.is_dir():
        raise UsageError(f"{source} is not a folder")
    tally = Tally()
    with written_aside(out, keeps=(REPORT,)) as aside:
        draft = Draft(aside)
        try:
            READERS[kind](source, draft, tally, options or Options())
        finally:
            written = draft.close()
        report = tally.report(kind, written, _span(aside), _without_stay(aside))
        if strict and report.dropped:
            raise HistoryError(report.problems())
        (aside / REPORT).write_text(json.dumps(report.as_dict(), indent=1) + "\n", encoding="utf-8")
    return report


def _span(folder: Path) -> tuple[str, str]:
    """First and last day of the events."""
    found = pc.min_max(pq.read_table(folder / "events.parquet", columns=["time"])["time"]).as_py()
    return (f"{found['min']:%Y-%m-%d}", f"{found['max']:%Y-%m-%d}") if found["min"] else ("", "")


def _without_stay(folder: Path) -> int:
    """Residents who are in no home: they are on no list."""
    people = pq.read_table(folder / "residents.parquet", columns=["resident_id"])["resident_id"]
    stays = pq.read_table(folder / "stays.parquet", columns=["resident_id"])["resident_id"]
    return len(people) - int(pc.sum(pc.is_in(people, value_set=stays.unique())).as_py() or 0)
