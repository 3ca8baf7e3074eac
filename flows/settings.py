"""The settings: one TOML file, environment overrides, every problem at once.

Looked for at the path given, at HOMEROUND_SETTINGS, at ./homeround.toml, and last beside the installed packages.
HOMEROUND_<SECTION>__<KEY> overrides one value. features/, models/ and serving/ never see this module: they are
given plain values.
"""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from features.problems import UsageError

from . import settings_file
from .settings_home import ContactSettings, MailSettings, SoftSignSettings
from .settings_web import WebSettings

Purpose = Literal["direct_care", "model_development", "profile", "impact"]
Source = Literal["home", "care_record", "gp", "community", "urgent_care", "hospital"]
Objection = Literal["national_data_opt_out", "type_1", "local"]
Count = Annotated[int, Field(ge=0)]
Days = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A table of the file: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paths(Section):
    history: Path = Path("var/history")
    published: Path = Path("var/published")
    runs: Path = Path("mlruns")
    work: Path = Path("var/work")
    evaluation: Path = Path("var/evaluation")
    holdout: Path = Path("var/holdout")
    holdout_key: Path = Path("var/holdout.key")
    hazards: Path = Path("docs/safety/hazards.csv")
    identities: str = ""
    identity_key: Path = Path("var/identity.key")
    pseudonym_key: Path = Path("var/pseudonym.key")
    secrets: Path = Path("var/secrets")


class ModelSettings(Section):
    name: Words = "avoidable-admission"
    outcome: Words = "iau_2019"
    horizon_days: PositiveInt = 28
    coding_delay_days: Count = 42
    grace_hours: Annotated[float, Field(ge=0, le=48)] = 6
    training_weeks: PositiveInt = 130
    calibrate_weeks: PositiveInt = 12
    test_weeks: PositiveInt = 8
    plausible_auroc: Annotated[float, Field(gt=0.5, le=1)] = 0.85
    censoring_weights: bool = False
    reviewed: Literal["keep", "leave_out", "weight"] = "keep"
    seed: int = 1
    threads: Count = 0

    @property
    def grace(self) -> int:
        """Microseconds after t during which a feed may still arrive."""
        return round(self.grace_hours * 3_600_000_000)


class BacktestSettings(Section):
    """Folds of `homeround evaluate`, from the latest week backwards; see models/splits.py."""

    folds: PositiveInt = 4
    test_weeks: PositiveInt = 8
    step_weeks: Count = 0


class TuningSettings(Section):
    """The search for parameters; see models/tune.py."""

    trials: Count = 0
    sampler: Literal["tpe", "random"] = "tpe"
    max_rows: Annotated[int, Field(ge=1_000)] = 100_000


class ListSettings(Section):
    mdt_capacity: PositiveInt = 10
    round_capacity: PositiveInt = 5
    below: Count = 15
    reviewed_days: Count = 28
    stale_days: dict[Source, Count] = {"care_record": 7, "gp": 14, "community": 28, "urgent_care": 14, "hospital": 14}


class HoldoutSettings(Section):
    """A study that withholds listed residents at random; see serving/holdout.py for what each must hold. What is
    missing is told when lists are made, all at once, so that nothing here is refused one by one."""

    enabled: bool = False
    study: str = ""
    ethics_reference: str = ""
    safety_officer: str = ""
    hazard: str = ""
    ends: date | None = None
    share: float = 0.0


class TeamSettings(Section):
    id: Words
    label: Words
    kind: Literal["mdt", "round"]
    capacity: PositiveInt
    homes: tuple[str, ...] = ()
    pcn: str = ""


class LagSettings(Section):
    care_record: Days = 1
    gp: Days = 2
    community: Days = 3
    urgent_care: Days = 5
    other: Days = 3
    admission: Days = 3
    discharge: Days = 5
    coding: Days = 42
    death: Days = 7
    move: Days = 3


class EngineSettings(Section):
    """What works through a history in blocks; `conf` goes to Spark as it is."""

    name: Literal["local", "spark"] = "local"
    master: Words = "local[*]"
    conf: dict[str, str] = {}


class CheckSettings(Section):
    run_stale_days: dict[Source, Count] = {"care_record": 7, "gp": 14, "hospital": 21}
    list_stale_days: dict[Source, Count] = {"care_record": 28}
    size_change: Share = 0.5
    size_least: Count = 20
    gone_share: Share = 0.2
    gone_least: PositiveInt = 2


class FairnessSettings(Section):
    """From which numbers on a group's figures are shown; see models/small_numbers.py."""

    least_residents: PositiveInt = 10
    least_events: PositiveInt = 5


class CardSettings(Section):
    """What a model card can only be told by the organisation that answers for the model; see models/card/record.py."""

    owner: str = ""
    contact: str = ""
    ethics: str = ""
    funding: str = ""
    interests: str = ""
    protocol: str = ""
    registration: str = ""
    data_sharing: str = ""
    code_sharing: str = ""
    involvement: str = ""


class ImportSettings(Section):
    """What stays out of a history whatever it is used for; see features/sources/door.py."""

    without_type_1: bool = True
    without_sensitive: bool = True


class AssuranceSettings(Section):
    cases: str = ""


class PromptSettings(Section):
    """The site's own copy of the table of prompts; see docs/prompts.md."""

    table: str = ""


class PromotionSettings(Section):
    """What a model must hold to be put to use; see models/criteria.py for each."""

    least_events: Count = 100
    auroc_over_rule: float = 0
    auroc_margin: Share = 0.03
    yield_margin: Share = 0.3
    slope_least: float = 0.7
    slope_most: float = 1.5
    ratio_least: Days = 0.7
    ratio_most: Days = 1.4
    ici_most: Days = 0.35
    group_events: PositiveInt = 20
    group_margin: Share = 0.05
    group_off: Days = 0.2
    churn_most: Share = 0.5
    present_least: Share = 0.3
    fresh_days: Count = 91
    override_least: PositiveInt = 20


class MonitoringSettings(Section):
    """When a difference is told and acted on; see models/monitoring/signals.py for each."""

    false_alarm_weeks: PositiveInt = 52
    note_rate: Annotated[float, Field(gt=0, lt=1)] = 0.05
    reference_weeks: Annotated[int, Field(ge=12)] = 52
    input_shift: Share = 0.1
    score_shift: Days = 0.2
    feed_drop: Share = 0.2
    tolerance: Annotated[float, Field(ge=1)] = 1.1
    outcome_weeks: PositiveInt = 16
    list_weeks: PositiveInt = 104
    required: bool = False


class ScheduleSettings(Section):
    monitor: Words = "2 6 * * 1"
    weekly: Words = "15 6 * * 1"
    mail: str = "*/10 * * * *"
    timezone: Words = "Europe/London"


class ReviewSettings(Section):
    """What lists and reviews do to invented residents; see features/synthetic/rollout.py for each."""

    ratio: Days = 1
    listed: Share = 0
    done: Share = 0.8
    weeks: PositiveInt = 8
    error: Days = 0.7
    begin: Count = 52
    steps: PositiveInt = 4
    step_weeks: Count = 8
    never: Share = 0


class SyntheticSettings(Section):
    """What goes wrong with invented records; see features/synthetic/dirt.py for each."""

    late: Share = 0.002
    corrected: Share = 0.012
    retracted: Share = 0.0012
    duplicated: Share = 0.002
    lost: Share = 0.003
    undated: Share = 0.004
    feed_stops: Days = 0.06
    stop_weeks: Days = 3
    paper_homes: Share = 0.05
    overlapping: Share = 0.1
    late_deaths: Share = 0.03
    objections: Days = 1
    reviews: ReviewSettings = ReviewSettings()


class LawfulUse(Section):
    """Sources that may be used for one purpose: by whom, on what basis, up to and including which day."""

    purpose: Purpose
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    controller: Words
    basis: Words
    reference: Words
    expires: date
    objections: tuple[Objection, ...] = ()


class Settings(BaseSettings):
    """All settings, with paths made absolute."""

    model_config = SettingsConfigDict(env_prefix="HOMEROUND_", env_nested_delimiter="__", frozen=True, extra="forbid")

    paths: Paths = Paths()
    model: ModelSettings = ModelSettings()
    backtest: BacktestSettings = BacktestSettings()
    tuning: TuningSettings = TuningSettings()
    lists: ListSettings = ListSettings()
    holdout: HoldoutSettings = HoldoutSettings()
    teams: tuple[TeamSettings, ...] = ()
    lags: LagSettings = LagSettings()
    engine: EngineSettings = EngineSettings()
    checks: CheckSettings = CheckSettings()
    fairness: FairnessSettings = FairnessSettings()
    card: CardSettings = CardSettings()
    imports: ImportSettings = ImportSettings()
    promotion: PromotionSettings = PromotionSettings()
    assurance: AssuranceSettings = AssuranceSettings()
    prompts: PromptSettings = PromptSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    synthetic: SyntheticSettings = SyntheticSettings()
    web: WebSettings = WebSettings()
    soft_signs: SoftSignSettings = SoftSignSettings()
    contact: ContactSettings = ContactSettings()
    mail: MailSettings = MailSettings()
    lawful_use: tuple[LawfulUse, ...] = ()
    _source: Path = PrivateAttr(default=Path())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def source(self) -> Path:
        """The file the settings came from."""
        return self._source

    def digest(self) -> str:
        """SHA-256 of everything that can change a list: not where things lie, when runs start or on how many cores."""
        left_out: Any = {
            "paths": True,
            "engine": True,
            "schedule": True,
            "backtest": True,
            "promotion": True,
            "monitoring": True,
            "assurance": True,
            "prompts": True,
            "fairness": True,
            "synthetic": True,
            "imports": True,
            "web": True,
            "soft_signs": True,
            "contact": True,
            "mail": True,
            "model": {"threads"},
        }
        if not self.holdout.enabled:
            left_out["holdout"] = True
        record = self.model_dump(mode="json", exclude=left_out)
        return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def load(path: Path | str | None = None) -> Settings:
    """Read the settings. Raises UsageError that names every problem: where it stands and what may be meant."""
    source = settings_file.find(path)
    values = settings_file.read(source)
    problems = settings_file.unknown_overrides(Settings)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems += settings_file.said(error, Settings)
    if problems:
        raise UsageError("\n".join([f"{source} cannot be used:", *(f"  {problem}" for problem in problems)]))
    return _anchored(settings, source)


def _anchored(settings: Settings, source: Path) -> Settings:
    """Relative paths start at the folder of the settings file."""
    folder = source.parent.absolute()

    def at(path: Path | str) -> Path:
        return folder / Path(path).expanduser()

    paths = settings.paths
    moved: dict[str, Any] = {name: at(getattr(paths, name)) for name in Paths.model_fields if name != "identities"}
    moved["identities"] = str(at(paths.identities)) if paths.identities else ""
    cases = str(at(settings.assurance.cases)) if settings.assurance.cases else ""
    signs = str(at(settings.soft_signs.table)) if settings.soft_signs.table else ""
    table = str(at(settings.prompts.table)) if settings.prompts.table else ""
    places: dict[str, Any] = {
        "assurance": AssuranceSettings(cases=cases),
        "soft_signs": SoftSignSettings(table=signs),
        "prompts": PromptSettings(table=table),
    }
    done = settings.model_copy(update={"paths": Paths(**moved), **places})
    done._source = source.absolute()
    return done
