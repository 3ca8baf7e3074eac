"""What every rule finds in a part of a history, and the report on all its parts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from .check_shape import shape_rules
from .check_time import before_move_in, time_rules
from .check_values import known_codes, unknown_codes, value_rules
from .contract import RECORDED, TABLES
from .feeds import Feed, covered, feeds, sources_held
from .history import missing_recordings
from .problems import Problem
from .report import Report
from .rules import Broken, Finding, Findings, Rule, Tables, findings, joined, problems

_TOP = 20  # unknown codes listed one by one


@cache
def every_rule() -> tuple[Rule, ...]:
    """All rules, in the order in which problems are told."""
    return (*shape_rules(), *time_rules(), *value_rules())


@dataclass(frozen=True)
class Part:
    """What was found in the rows of some tables, and how many these are and how many recording times are missing."""

    rows: Mapping[str, int]
    assumed: Mapping[str, int]
    findings: Findings
    feeds: tuple[Feed, ...]
    before_move_in: int
    sources: frozenset[str]


def part(tables: Tables, names: Collection[str] = tuple(TABLES), rules: Sequence[Rule] | None = None) -> Part:
    """Try the rules about the rows of the tables `names`; others are there to be looked up in."""
    rules = every_rule() if rules is None else rules
    return Part(
        {name: tables[name].num_rows for name in names},
        {name: missing_recordings(tables[name], name) for name in names if name in RECORDED},
        findings([one for one in rules if one.table in names], tables),
        feeds(tables.read),
        before_move_in(tables),
        sources_held(tables.read),
    )


def report(
    parts: Sequence[Part], unread: Iterable[Problem], broken: Broken, rules: Sequence[Rule] | None = None
) -> Report:
    """The report on all parts of a history, with the problems of reading it."""
    rules = every_rule() if rules is None else rules
    every = joined(rules, [(one.rows, one.findings) for one in parts])
    rows = {name: sum(one.rows.get(name, 0) for one in parts) for name in TABLES}
    missing = {name: sum(one.assumed.get(name, 0) for one in parts) for name in RECORDED}
    order = {name: i for i, name in enumerate(TABLES)}
    told = [*unread, *_assumptions(missing), *problems(rules, every, broken)]
    told.sort(key=lambda p: (p.severity != "error", order.get(p.table, -1)))
    return Report(
        tuple(told),
        MappingProxyType(rows),
        MappingProxyType(missing),
        tuple(_unknown(every)),
        covered(feed for one in parts for feed in one.feeds),
        sum(one.before_move_in for one in parts),
        frozenset().union(*(one.sources for one in parts)),
    )


def _assumptions(missing: Mapping[str, int]) -> list[Problem]:
    says, hint = "recording times missing", "Taken as the time plus the source's lag in the settings"
    return [Problem(name, RECORDED[name][0][1], says, "warning", n, "", hint) for name, n in missing.items() if n]


def _unknown(every: Mapping[str, Sequence[Finding]]) -> list:
    found = [
        one
        for table in ("home_events", "events")
        for finding in every[known_codes(table)]
        for one in unknown_codes(table, finding.words, _TOP)
    ]
    return sorted(found, key=lambda u: (-u.rows, u.table, u.code))[:_TOP]
