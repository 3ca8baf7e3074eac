"""What a check found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from .check_values import UnknownCode
from .feeds import Feed
from .problems import HistoryError, Problem


@dataclass(frozen=True)
class Report:
    """What was found: `rows` and recording times `assumed` per table, the commonest unknown codes, what feeds cover.

    `before_move_in` counts events of residents before their first home: ordinary history and no problem. `sources`
    are the feeds that the history holds records of.
    """

    problems: tuple[Problem, ...]
    rows: Mapping[str, int]
    assumed: Mapping[str, int]
    unknown_codes: tuple[UnknownCode, ...]
    feeds: tuple[Feed, ...]
    before_move_in: int
    sources: frozenset[str]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == "warning")

    @property
    def first(self) -> datetime | None:
        """The earliest time of any feed."""
        return min((f.first for f in self.feeds if f.first), default=None)

    @property
    def last(self) -> datetime | None:
        """The latest time of any feed."""
        return max((f.last for f in self.feeds if f.last), default=None)

    def raise_on_error(self) -> None:
        """HistoryError with every error, if there is one."""
        if self.errors:
            raise HistoryError(self.errors)

    def as_dict(self) -> dict:
        """Plain values for JSON: problems, counts and feeds, times in ISO 8601."""
        feeds = [{k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(f).items()} for f in self.feeds]
        return {
            "problems": [p.as_dict() for p in self.problems],
            "rows": dict(self.rows),
            "assumed": dict(self.assumed),
            "unknown_codes": [asdict(u) for u in self.unknown_codes],
            "feeds": feeds,
            "before_move_in": self.before_move_in,
            "sources": sorted(self.sources),
        }
