"""Is this history acceptable? Every problem at once, for the person who can mend it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from .check_shape import shape_rules
from .check_time import before_move_in, time_rules
from .check_values import UnknownCode, unknown_codes, value_rules
from .codelists import concepts, resolve
from .contract import RECORDED, TABLES
from .history import Lags, read_table, with_recording_times
from .problems import HistoryError, Problem
from .rules import Tables, run

_TOP = 20  # unknown codes listed one by one
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Feed:
    """What one feed covers, in UTC: its rows, first and last time, last recording (None: it tells no recordings)."""

    name: str
    rows: int
    first: datetime | None
    last: datetime | None
    recorded: datetime | None


@dataclass(frozen=True)
class Report:
    """What was found: `rows` and recording times `assumed` per table, the commonest unknown codes, what feeds cover.

    `before_move_in` counts events of residents before their first home: ordinary history and no problem.
    """

    problems: tuple[Problem, ...]
    rows: Mapping[str, int]
    assumed: Mapping[str, int]
    unknown_codes: tuple[UnknownCode, ...]
    feeds: tuple[Feed, ...]
    before_move_in: int

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
        }


def check(root: Path | str, lags: Lags | None = None) -> Report:
    """Read every table of a history and try every rule; problems of the data are reported, never raised.

    Of `identities` only counts are told: no name and no NHS number enters the report.
    """
    read: dict[str, pa.Table] = {}
    problems: list[Problem] = []
    for name, table in TABLES.items():
        read[name], found = read_table(Path(root), table)
        problems += found
    return inspect(read, problems, lags)


def inspect(read: Mapping[str, pa.Table], problems: Iterable[Problem] = (), lags: Lags | None = None) -> Report:
    """The report on tables already typed, with the `problems` of reading them."""
    problems = list(problems)
    filled, assumed = _filled(read, lags or Lags())
    tables = Tables(read, filled, frozenset((p.table, p.column) for p in problems if p.severity == "error"))
    problems += _assumptions(assumed)
    problems += run((*shape_rules(), *time_rules(), *value_rules()), tables)
    order = {name: i for i, name in enumerate(TABLES)}
    problems.sort(key=lambda p: (p.severity != "error", order[p.table]))
    unknown = [u for table in ("home_events", "events") for u in unknown_codes(tables, table, _TOP)]
    return Report(
        tuple(problems),
        MappingProxyType({name: table.num_rows for name, table in read.items()}),
        MappingProxyType(assumed),
        tuple(sorted(unknown, key=lambda u: (-u.rows, u.table, u.code))[:_TOP]),
        _feeds(tables),
        before_move_in(tables),
    )


def _filled(read: Mapping[str, pa.Table], lags: Lags) -> tuple[dict[str, pa.Table], dict[str, int]]:
    filled, assumed = dict(read), {}
    for name in RECORDED:
        filled[name], assumed[name] = with_recording_times(read[name], name, lags)
    return filled, assumed


def _assumptions(assumed: Mapping[str, int]) -> list[Problem]:
    says, hint = "recording times missing", "Taken as the time plus the source's lag in the settings"
    return [Problem(name, RECORDED[name][0][1], says, "warning", n, "", hint) for name, n in assumed.items() if n]


def _feeds(tables: Tables) -> tuple[Feed, ...]:
    """Coverage per feed: events by the feed of their concept, spells as hospital, home_events as home."""
    named = resolve(tables["events"]["code"])
    feed_of = {code: concepts()[name].feed if name else "unknown codes" for code, name in named.items()}
    by_feed: dict[str, list[tuple]] = {}
    for code, *span in _spans(tables["events"], "code", "time"):
        by_feed.setdefault(feed_of.get(code, "unknown codes"), []).append(tuple(span))
    for name, table, time in (("hospital", "spells", "admitted_at"), ("home", "home_events", "time")):
        whole = tables[table].append_column("all", pa.array([name] * tables[table].num_rows))
        by_feed.setdefault(name, []).extend(tuple(span) for _, *span in _spans(whole, "all", time))
    return tuple(_feed(name, spans) for name, spans in sorted(by_feed.items()) if spans)


def _spans(table: pa.Table, key: str, time: str) -> list[list]:
    """Per key: key, rows, earliest and latest time, latest recording, in microseconds."""
    instants = {name: table[column].cast(pa.int64()) for name, column in (("time", time), ("rec", "recorded_at"))}
    plain = pa.table({"key": table[key], **instants})
    wanted = [([], "count_all"), ("time", "min"), ("time", "max"), ("rec", "max")]
    rows = plain.group_by("key").aggregate(wanted).to_pylist()
    return [[r["key"], r["count_all"], r["time_min"], r["time_max"], r["rec_max"]] for r in rows]


def _feed(name: str, spans: list[tuple]) -> Feed:
    counts, first, last, recorded = zip(*spans, strict=True)
    return Feed(name, sum(counts), _moment(first, min), _moment(last, max), _moment(recorded, max))


def _moment(micros: Iterable[int | None], pick) -> datetime | None:
    told = [m for m in micros if m is not None]
    return _EPOCH + timedelta(microseconds=pick(told)) if told else None
