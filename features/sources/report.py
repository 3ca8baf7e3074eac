"""The report of an import: what a source held, what of it is in the history, and how good that is."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..codelists import resolve
from ..codelists.sensitive import sensitive
from ..nhs_number import looks_valid
from ..problems import Problem
from .cover import HomeCover, Lag, home_covers, lags, span
from .door import Door
from .encounters import EVERYONE
from .tally import Dropped, Tally

_MOST_CODES = 40
_LONG_NUMBERS = ("SNOMED", "DMD")  # ten digits of theirs may pass for an NHS number by chance
_CODE = r"(?:[A-Za-z0-9_.-]{1,24}:)?[A-Za-z0-9._/^+-]{1,32}"
NO_CODE = "(words that are no code)"


@dataclass(frozen=True)
class Unmapped:
    """A code of the source that the lists do not know."""

    code: str
    rows: int


@dataclass(frozen=True)
class Keyed:
    """Which key made the pseudonyms, of how many people, and how many of their numbers have a wrong check digit."""

    key_id: str
    people: int
    not_valid: int


@dataclass(frozen=True)
class ImportReport:
    """Rows by source file and by table written; dropped for what is wrong, passed over and left out by rule.

    `objections` counts people by kind, `without_stay` those who are in no home and so on no list. `lags` and `homes`
    say how late and how completely records came.
    """

    kind: str
    read: Mapping[str, int]
    dropped: tuple[Dropped, ...]
    written: Mapping[str, int]
    notes: tuple[str, ...]
    passed_over: Mapping[str, int]
    left_out: Mapping[str, int]
    mapped_rows: int
    unmapped_rows: int
    unmapped: tuple[Unmapped, ...]
    span: tuple[str, str]
    without_stay: int
    objections: Mapping[str, int]
    keyed: Keyed | None
    lags: tuple[Lag, ...]
    homes: tuple[HomeCover, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def problems(self) -> tuple[Problem, ...]:
        """What was dropped, as errors of the source."""
        return tuple(Problem(d.file, "", d.reason, "error", d.rows, d.example) for d in self.dropped)


def report_of(kind: str, tally: Tally, door: Door, written: Mapping[str, int], folder: Path) -> ImportReport:
    """The report on the finished tables in `folder`."""
    known = resolve(list(tally.codes))
    unknown = Counter({code: rows for code, rows in tally.codes.items() if known[code] is None})
    missing = unknown.total()
    pseudonyms = door.rules.pseudonyms
    return ImportReport(
        kind=kind,
        read=dict(tally.read),
        dropped=tally.dropped,
        written=dict(written),
        notes=(*tally.notes, *_one_home(folder)),
        passed_over={what: rows for what, rows in sorted(tally.passed_over.items()) if rows},
        left_out={what: rows for what, rows in sorted(door.left_out.items()) if rows},
        mapped_rows=tally.codes.total() - missing,
        unmapped_rows=missing,
        unmapped=_shown(unknown),
        span=_span(folder),
        without_stay=_without_stay(folder),
        objections=_objections(folder),
        keyed=Keyed(pseudonyms.key_id, len(door.numbers), door.not_valid) if pseudonyms else None,
        lags=lags(folder),
        homes=home_covers(folder),
    )


def _shown(unknown: Counter[str]) -> tuple[Unmapped, ...]:
    """The most frequent codes but for sensitive ones; what is no code, as notes in the wrong column, is not shown."""
    out = sensitive(unknown)
    shown: Counter[str] = Counter()
    for code, rows in unknown.items():
        system, _, rest = code.rpartition(":")
        number = system not in _LONG_NUMBERS and looks_valid(rest)
        if code not in out:
            shown[code if re.fullmatch(_CODE, code) and not number else NO_CODE] += rows
    return tuple(Unmapped(code, rows) for code, rows in shown.most_common(_MOST_CODES))


def _span(folder: Path) -> tuple[str, str]:
    """First and last day of the events."""
    known = span(folder)
    return (f"{known[0]:%Y-%m-%d}", f"{known[1]:%Y-%m-%d}") if known else ("", "")


def _without_stay(folder: Path) -> int:
    """Residents who are in no home: they are on no list."""
    people = pq.read_table(folder / "residents.parquet", columns=["resident_id"])["resident_id"]
    stays = pq.read_table(folder / "stays.parquet", columns=["resident_id"])["resident_id"]
    return len(people) - int(pc.sum(pc.is_in(people, value_set=stays.unique())).as_py() or 0)


def _one_home(folder: Path) -> tuple[str, ...]:
    """What a source that does not say where people live means for its lists."""
    if pq.read_table(folder / "homes.parquet", columns=["home_id"])["home_id"].to_pylist() != [EVERYONE]:
        return ()
    return ("where people live is not said: everyone stands as one home; say it with --stays and --homes",)


def _objections(folder: Path) -> dict[str, int]:
    """People with an objection of any time, by kind."""
    rows = pq.read_table(folder / "objections.parquet", columns=["resident_id", "kind"]).to_pandas().drop_duplicates()
    return {str(kind): int(count) for kind, count in rows["kind"].value_counts().sort_index().items()}
