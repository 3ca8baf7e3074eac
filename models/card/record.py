"""What a model card is filled from: one record of one training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from features.codelists.outcomes import definition
from models.card.counts import Counted
from models.criteria import Policy
from models.evaluation import Evaluation
from models.fairness import FairnessRow
from models.model import Model
from models.monitoring.signals import Rules
from models.outcome_study import OutcomeStudy
from models.small_numbers import SmallNumbers
from models.tune import Tuned


@dataclass(frozen=True)
class OutcomeList:
    """Which list of codes says what an avoidable admission is."""

    name: str
    title: str
    version: str
    source: str
    note: str


@dataclass(frozen=True)
class Basis:
    """Under which terms records were used to make the model."""

    controller: str
    basis: str
    reference: str
    sources: tuple[str, ...]
    objections: tuple[str, ...]


@dataclass(frozen=True)
class Statements:
    """What only the organisation that makes or uses the model can say; '' where it has said nothing.

    owner answers for the model, contact is where it is contested; the rest are TRIPOD+AI's items 17 to 19.
    """

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


@dataclass(frozen=True)
class Card:
    """Everything the card says.

    version      in the registry; None before it has one
    synthetic    trained on invented residents
    counted      None where the rows were not counted; fairness is empty, and study and tuned None, where they were
                 not made
    """

    name: str
    outcome: str
    horizon_days: int
    delay_days: int
    trained_until: date
    code_version: str
    history_digest: str
    fingerprint: str
    model_digest: str
    groups: tuple[tuple[str, int], ...]
    rows: int
    events: int
    heads: tuple[tuple[str, int, int], ...]
    calibration: tuple[tuple[str, float, float], ...]
    params: Mapping[str, Any]
    base_rate: float
    notes: tuple[str, ...]
    evaluation: Evaluation
    synthetic: bool
    codes: OutcomeList
    version: int | None = None
    counted: Counted | None = None
    fairness: tuple[FairnessRow, ...] = ()
    small_numbers: SmallNumbers = field(default_factory=SmallNumbers)
    study: OutcomeStudy | None = None
    tuned: Tuned | None = None
    policy: Policy = field(default_factory=Policy)
    monitoring: Rules = field(default_factory=Rules)
    basis: tuple[Basis, ...] = ()
    statements: Statements = field(default_factory=Statements)

    @property
    def features(self) -> int:
        """How many predictors there are."""
        return sum(number for _, number in self.groups)


def card_of(
    model: Model,
    evaluation: Evaluation,
    *,
    name: str,
    code_version: str,
    history_digest: str,
    synthetic: bool,
    **more: Any,
) -> Card:
    """The card of a model and its evaluation; `more` are fields of the card that are known besides."""
    groups = [model.groups.get(feature, "no group") for feature in model.names]
    return Card(
        name=name,
        outcome=model.outcome,
        horizon_days=model.horizon_days,
        delay_days=model.delay_days,
        trained_until=model.trained_until,
        code_version=code_version,
        history_digest=history_digest,
        fingerprint=model.fingerprint,
        model_digest=model.digest,
        groups=tuple((group, groups.count(group)) for group in sorted(set(groups))),
        rows=model.rows,
        events=model.events,
        heads=tuple((head, value.rounds, len(value.boosters)) for head, value in model.heads.items()),
        calibration=tuple((head, value.a, value.b) for head, value in model.heads.items()),
        params=dict(model.params),
        base_rate=model.base_rate,
        notes=tuple(f"{head}: {value.note}" for head, value in model.heads.items() if value.note),
        evaluation=evaluation,
        synthetic=synthetic,
        codes=_codes(model.outcome),
        **more,
    )


def _codes(outcome: str) -> OutcomeList:
    found = definition(outcome)
    return OutcomeList(outcome, found.title, found.version, found.source, found.note)
