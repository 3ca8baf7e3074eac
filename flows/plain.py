"""Settings as the plain values that features/, models/ and serving/ take."""

import os
from collections.abc import Mapping
from types import MappingProxyType

from features.history import History, Lags
from features.problems import UsageError
from models.boosting import Params
from models.card.record import Statements
from models.criteria import Policy
from models.monitoring.signals import Rules
from models.small_numbers import SmallNumbers
from models.tune import Search
from serving.holdout import Plan
from serving.holds import HoldRules
from serving.prompt_table import read as read_prompts
from serving.prompts import PromptTable
from serving.rows import Team
from serving.summary.soft_signs import SoftSigns
from serving.summary.soft_signs import read as read_soft_signs
from serving.teams import Capacity, teams_of
from serving.watchlist import ListRules

from .lawful import only_invented
from .settings import Settings, TeamSettings


def lags(settings: Settings) -> Lags:
    """Days from an event to its recording, by feed and kind."""
    given = settings.lags
    feeds = MappingProxyType({name: getattr(given, name) for name in ("care_record", "gp", "community", "urgent_care")})
    return Lags(feeds, given.other, given.admission, given.discharge, given.coding, given.death, given.move)


def list_rules(settings: Settings) -> ListRules:
    given = settings.lists
    invented = only_invented(settings.lawful_use)
    return ListRules(
        given.below,
        given.reviewed_days,
        dict(given.stale_days.items()),
        invented=invented,
        soft_signs=soft_signs(settings),
        prompts=prompt_table(settings),
    )


def soft_signs(settings: Settings) -> SoftSigns:
    """The site's table of what homes may be told, or the package's own. Raises UsageError that lists its faults."""
    return read_soft_signs(settings.soft_signs.table)


def prompt_table(settings: Settings) -> PromptTable:
    """The site's table of prompts, or the package's own. Raises UsageError that lists every fault of it."""
    return read_prompts(settings.prompts.table)


def holdout_plan(settings: Settings) -> Plan:
    return Plan(**settings.holdout.model_dump())


def hold_rules(settings: Settings) -> HoldRules:
    given = settings.checks
    return HoldRules(
        dict(given.run_stale_days.items()),
        dict(given.list_stale_days.items()),
        given.size_change,
        given.size_least,
        given.gone_share,
        given.gone_least,
    )


def monitoring_rules(settings: Settings) -> Rules:
    given = settings.monitoring
    return Rules(
        false_alarm_weeks=given.false_alarm_weeks,
        note_rate=given.note_rate,
        reference_weeks=given.reference_weeks,
        input_shift=given.input_shift,
        score_shift=given.score_shift,
        feed_drop=given.feed_drop,
        tolerance=given.tolerance,
        outcome_weeks=given.outcome_weeks,
    )


def capacity(settings: Settings) -> Mapping[str, int]:
    """Residents reviewed a week, by the column of a matrix that names the team."""
    return {"pcn": settings.lists.mdt_capacity, "home_id": settings.lists.round_capacity}


def small_numbers(settings: Settings) -> SmallNumbers:
    return SmallNumbers(settings.fairness.least_residents, settings.fairness.least_events)


def params(settings: Settings) -> Params:
    given = settings.model
    return Params(num_threads=given.threads, censoring_weights=given.censoring_weights, reviewed=given.reviewed)


def processes(settings: Settings) -> int:
    """How many processes share work: one a core that may be used."""
    return settings.model.threads or os.cpu_count() or 1


def statements(settings: Settings) -> Statements:
    return Statements(**settings.card.model_dump())


def policy(settings: Settings) -> Policy:
    given = settings.promotion.model_dump(exclude={"override_least"})
    return Policy(**given, auroc_suspect=settings.model.plausible_auroc)


def search(settings: Settings, trials: int) -> Search | None:
    """The search for parameters, or None for no trials."""
    given = settings.tuning
    return Search(trials, given.sampler, given.max_rows) if trials else None


def teams(settings: Settings, history: History) -> tuple[Team, ...]:
    """Every team. Raises UsageError that lists each team of the settings that does not fit the homes."""
    homes = {row["home_id"]: row for row in history["homes"].select(["home_id", "name", "pcn"]).to_pylist()}
    problems: list[str] = []
    named = tuple(_team(team, homes, problems) for team in settings.teams)
    if problems:
        raise UsageError("\n".join(problems))
    return teams_of(history, Capacity(settings.lists.mdt_capacity, settings.lists.round_capacity), named)


def _team(team: TeamSettings, homes: Mapping[str, Mapping[str, str]], problems: list[str]) -> Team:
    unknown = sorted(set(team.homes) - set(homes))
    wanted = {*team.homes, *(home for home, row in homes.items() if team.pcn and row["pcn"] == team.pcn)}
    if unknown:
        problems.append(f"team {team.id}: no homes {', '.join(unknown)} in the history")
    if not wanted:
        problems.append(f"team {team.id}: names no home of the history")
    members = tuple((home, homes[home]["name"]) for home in sorted(wanted & set(homes)))
    return Team(team.id, team.label, team.kind, team.capacity, members)
