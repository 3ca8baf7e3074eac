"""One run of the weekly lists: what is the same for every list, and the lists of some teams from what is known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from features.assurance_cases import confirm
from features.build import Prepared
from features.history import History
from features.problems import HeldBack
from models import registry
from models.model import Model
from serving.bands import bands_of
from serving.holdout import HoldOut, Withheld
from serving.holds import HoldRules, gone_by, list_holds
from serving.publish import Held, latest_folder, read_lists
from serving.recorded import Recorded
from serving.rows import Team, Watchlist
from serving.scoring import Scored
from serving.watchlist import ListRules, ModelInfo, build_watchlists
from serving.written import Issue, Spread, Written, write_lists

from . import lawful, plain
from .decision_store import recorded_before
from .settings import Settings, load
from .shield import Job
from .steps_holdout import study


@dataclass(frozen=True)
class Made:
    """The lists of some teams that were rendered, those that are held back, and who a study withholds of the former."""

    written: tuple[Written, ...]
    held: tuple[Held, ...]
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True)
class Run:
    """Everything that every list of a run is made by; lists are rendered into the folder `lists`."""

    settings: Settings
    as_of: date
    model: Model
    info: ModelInfo
    teams: tuple[Team, ...]
    rules: ListRules
    holds: HoldRules
    objections: Collection[str]
    previous: Mapping[str, Watchlist]
    holdout: HoldOut | None
    recorded: Recorded
    issue: Issue
    lists: Path

    @property
    def weeks(self) -> tuple[date, date]:
        return self.as_of - timedelta(days=7), self.as_of

    def lists_of(
        self, prepared: Prepared, scored: Scored, teams: Sequence[Team], noise: float | None, spread: Spread
    ) -> Made:
        """Render the lists of `teams`, all of whose residents `prepared` holds, but for those to hold back."""
        built = build_watchlists(
            prepared, self.as_of, self.model, self.info, teams=teams, rules=self.rules, grace=self.settings.model.grace,
            objections=self.objections, previous=self.previous, scored=scored, holdout=self.holdout,
            recorded=self.recorded, noise=noise,
        )  # fmt: skip
        gone = gone_by(prepared.history, self.as_of)
        held = {one.team.id: list_holds(one, self.previous.get(one.team.id), gone, self.holds) for one in built.lists}
        ready = [one for one in built.lists if not held[one.team.id]]
        back = tuple(Held(one.team, held[one.team.id], one.covered) for one in built.lists if held[one.team.id])
        shown = tuple(one for one in built.withheld if not held[one.team_id])
        return Made(write_lists(self.lists, self.issue, ready, spread), back, shown)


def run_of(job: Job, shared: History, sources: Collection[str], lists: Path) -> Run:
    """The run of a job on a history whose homes are `shared`, with records of these sources.

    Raises HeldBack where a source may not be used, or something changed since the run was planned.
    """
    settings, as_of = load(job["settings"]), date.fromisoformat(job["as_of"])
    objections = lawful.require(settings.lawful_use, sources, "direct_care", as_of)
    confirm(settings.assurance.cases, plain.lags(settings), grace=settings.model.grace)
    rules, recorded = plain.list_rules(settings), recorded_before(settings, as_of)
    _require_planned(job, rules, recorded)
    version, name = job["model_version"], settings.model.name
    model, _ = registry.load(settings.paths.runs, version, name=name)
    evaluation = registry.kept_evaluation(settings.paths.runs, version, name=name)
    return Run(
        settings=settings,
        as_of=as_of,
        model=model,
        info=ModelInfo(version, "champion", date.fromisoformat(job["trained_until"]), bands_of(evaluation)),
        teams=plain.teams(settings, shared),
        rules=rules,
        holds=plain.hold_rules(settings),
        objections=objections,
        previous=_previous(Path(job["published"]), as_of - timedelta(days=7)),
        holdout=study(settings, as_of, job),
        recorded=recorded,
        issue=issue(job),
        lists=lists,
    )


def issue(job: Job) -> Issue:
    return Issue(date.fromisoformat(job["as_of"]), int(job["revision"]))


def _require_planned(job: Job, rules: ListRules, recorded: Recorded) -> None:
    if rules.soft_signs.digest != job["soft_signs"]:
        raise HeldBack(["the table of soft signs changed while the lists were made: run again"])
    if rules.prompts.digest != job["prompts"]:
        raise HeldBack(["the table of prompts changed while the lists were made: run again"])
    if recorded.digest() != job["decisions"]:
        raise HeldBack(["what was decided before this Monday changed while the lists were made: run again"])


def _previous(published: Path, week: date) -> Mapping[str, Watchlist]:
    folder = latest_folder(published, week)
    return read_lists(folder, only_listed=True) if folder else {}
