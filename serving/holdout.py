"""A study that withholds some residents from their lists at random, to measure what listing does.

It is off unless a deployment sets it up whole: an ethics reference, a named clinical safety officer, a hazard of the
hazard log, an end date and a share. The draw is a keyed hash of the pseudonym and the study, so that a resident is in
the same arm every week and nobody without the key can tell in which. Whoever needs to be seen is never withheld.
"""

import hashlib
import hmac
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.problems import UsageError

from .keys import write_private
from .rows import Section
from .slugs import slug

KEY_VARIABLE = "HOMEROUND_HOLDOUT_KEY"
WITHHELD_FROM: tuple[Section, ...] = ("listed", "below")
"""Sections that a resident is withheld from; any other says why somebody must be seen or cannot be ranked."""
MOST_SHARE = 0.5

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("resident_id", "home_id", "team_id", "team_kind")),
        ("as_of", pa.date32()),
        ("section", pa.string()),
        ("rank", pa.int32()),
        ("risk", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Plan:
    """A study as the settings state it; empty is not stated. `share` of the residents is withheld up to and including
    the day `ends`."""

    enabled: bool = False
    study: str = ""
    ethics_reference: str = ""
    safety_officer: str = ""
    hazard: str = ""
    ends: date | None = None
    share: float = 0.0


@dataclass(frozen=True)
class HoldOut:
    """A study that may run, with the key of its draw."""

    plan: Plan
    key: bytes = field(repr=False)

    def in_arm(self, resident_id: str) -> bool:
        """Whether the resident is among those withheld, the same in every week of the study."""
        drawn = hmac.digest(self.key, f"{self.plan.study}\0{resident_id}".encode(), "sha256")
        return int.from_bytes(drawn[:8]) / 2**64 < self.plan.share

    def withholds(self, resident_id: str, section: Section, flagged: bool) -> bool:
        """Whether the resident is kept off that section. `flagged`: a high NEWS2, or back from hospital."""
        return section in WITHHELD_FROM and not flagged and self.in_arm(resident_id)

    def notice(self, count: int) -> str:
        """What the page says; nobody is named."""
        who = "1 resident" if count == 1 else f"{count} residents"
        ends = self.plan.ends
        until = f", until {ends.day} {ends:%B %Y}" if ends else ""
        return (
            f"{who} who would stand on this page {'is' if count == 1 else 'are'} withheld at random by the study "
            f"{self.plan.study} (ethics reference {self.plan.ethics_reference}{until}). We do not say who. Review "
            "anyone you are worried about, as always."
        )

    def mark(self) -> str:
        """A digest of the study and of its key, for a list's inputs: another key draws other residents."""
        said = repr(sorted(asdict(self.plan).items())).encode()
        return hashlib.sha256(hmac.digest(self.key, said, "sha256")).hexdigest()


@dataclass(frozen=True)
class Withheld:
    """A resident withheld from one team's list: the section and rank that the list would have shown."""

    resident_id: str
    home_id: str
    team_id: str
    team_kind: str
    as_of: date
    section: Section
    rank: int
    risk: float


def missing(plan: Plan, as_of: date, hazards: Collection[str]) -> tuple[str, ...]:
    """Everything that a study lacks before it may withhold anybody; empty when it may."""
    return tuple(_missing(plan, as_of, hazards))


def _missing(plan: Plan, as_of: date, hazards: Collection[str]) -> Iterable[str]:
    for value, said in (
        (plan.study, "study: a name for the study"),
        (plan.ethics_reference, "ethics_reference: the reference of the ethics committee's approval"),
        (plan.safety_officer, "safety_officer: the name of the clinical safety officer who accepted the risk"),
    ):
        if not value.strip():
            yield said
    if plan.hazard not in hazards:
        known = f"{plan.hazard!r} is not in the hazard log" if plan.hazard.strip() else "none is named"
        yield f"hazard: the id of a hazard of the hazard log; {known}"
    last = _a_year_after(as_of)
    if plan.ends is None:
        yield "ends: the study's last day"
    elif not as_of <= plan.ends <= last:
        yield f"ends: {plan.ends} is not from {as_of} to {last}, within 12 months of the list"
    if not 0 < plan.share <= MOST_SHARE:
        yield f"share: {plan.share:g} is not above 0 and at most {MOST_SHARE}"


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


def over(plan: Plan, as_of: date, records: Path) -> bool:
    """Whether a study that has withheld residents has ended before `as_of`: its lists are whole again by themselves."""
    begun = bool(plan.study.strip()) and any(study_folder(records, plan.study).glob("*.parquet"))
    return begun and plan.ends is not None and as_of > plan.ends


def hold_out(plan: Plan, as_of: date, hazards: Collection[str], records: Path, key: bytes) -> HoldOut | None:
    """The study as it may run on a list of `as_of`: None when it is off or over.

    Raises UsageError that lists everything it lacks.
    """
    if not plan.enabled or over(plan, as_of, records):
        return None
    if lacking := missing(plan, as_of, hazards):
        raise UsageError("\n".join(["[holdout] is enabled, but nobody may be withheld without:",
                                    *(f"  {one}" for one in lacking)]))  # fmt: skip
    return HoldOut(plan, key)


def study_folder(records: Path, study: str) -> Path:
    return records / slug(study, study)


def record_file(records: Path, study: str, as_of: date, made: str) -> Path:
    """Where those withheld from the lists with the inputs `made` (their digest) are kept."""
    return study_folder(records, study) / f"{as_of}-{made[:16]}.parquet"


def write_withheld(path: Path, rows: Sequence[Withheld]) -> None:
    """Write those withheld to a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_table(path, pa.Table.from_pylist([asdict(row) for row in rows], schema=SCHEMA))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file that only its owner can read, whole or not at all."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    write_private(path, sink.getvalue())


def read_withheld(records: Path, as_of: date, made: str) -> pa.Table:
    """Those withheld by any study from the lists with the inputs `made`."""
    found = sorted(records.glob(f"*/{as_of}-{made[:16]}.parquet")) if records.is_dir() else []
    return pa.concat_tables([SCHEMA.empty_table(), *(pq.read_table(path, schema=SCHEMA) for path in found)])
