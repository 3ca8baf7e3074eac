"""The model card: what the model is, was judged on, and must not be used for, as Markdown from one typed record."""

import math
from dataclasses import dataclass
from datetime import date

from models.competing import table
from models.evaluation import Apart, Evaluation, Metric
from models.model import Model
from models.strata import MIN_RESIDENTS, words

_OUTCOMES = {
    "iau_2019": "first emergency admission for a potentially avoidable condition (IAU 2019 care-home list)",
    "all_emergency": "first emergency admission for any cause",
}
_SCORES = {
    "model": "this model",
    "prior_admissions": "prior admissions, 12 months",
    "frailty": "frailty order",
    "logistic": "logistic regression",
    "oracle": "oracle (true risk)",
}
_VIEWS = {"pcn": "PCN team", "home_id": "home round"}
_FIGURES = {
    "auroc": "AUROC",
    "auprc": "AUPRC (chance level = prevalence)",
    "prevalence": "Prevalence",
    "brier": "Brier score",
    "calibration_slope": "Calibration slope (ideal 1)",
    "calibration_intercept": "Calibration intercept (ideal 0)",
    "observed_expected": "Observed / expected (ideal 1)",
}


@dataclass(frozen=True)
class Card:
    """Everything the card says. synthetic: trained on invented residents."""

    name: str
    outcome: str
    horizon_days: int
    delay_days: int
    trained_until: date
    code_version: str
    history_digest: str
    features: int
    groups: tuple[str, ...]
    rows: int
    events: int
    rounds: tuple[tuple[str, int], ...]
    base_rate: float
    notes: tuple[str, ...]
    evaluation: Evaluation
    synthetic: bool


def card_of(
    model: Model, evaluation: Evaluation, *, name: str, code_version: str, history_digest: str, synthetic: bool
) -> Card:
    """The card of a model and its evaluation."""
    return Card(
        name=name,
        outcome=model.outcome,
        horizon_days=model.horizon_days,
        delay_days=model.delay_days,
        trained_until=model.trained_until,
        code_version=code_version,
        history_digest=history_digest,
        features=len(model.names),
        groups=tuple(sorted(set(model.groups.values()))),
        rows=model.rows,
        events=model.events,
        rounds=tuple((head, value.rounds) for head, value in model.heads.items()),
        base_rate=model.base_rate,
        notes=tuple(f"{head}: {value.note}" for head, value in model.heads.items() if value.note),
        evaluation=evaluation,
        synthetic=synthetic,
    )


def render(card: Card) -> str:
    """Markdown, ending in a newline."""
    parts = [
        _head(card),
        _data(card),
        _figures(card),
        _lists(card),
        _death(card),
        _apart(card),
        _skill(card),
        _limits(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(card: Card) -> str:
    outcome = _OUTCOMES.get(card.outcome, card.outcome)
    return (
        f"# {card.name}\n\n"
        f"Estimates each care-home resident's chance of a {outcome} in the next {card.horizon_days} days, to order "
        "the residents a team reviews each week. It supports a clinician's judgement and replaces none."
    )


def _data(card: Card) -> str:
    split = card.evaluation.split
    facts = [
        ("Data known until", card.trained_until.isoformat()),
        ("History digest", f"`{card.history_digest}`"),
        ("Code version", f"`{card.code_version}`"),
        ("Synthetic data", "yes: every resident is invented" if card.synthetic else "no"),
        ("Rows and outcomes fitted", f"{card.rows:,} weekly rows, {card.events:,} with the outcome"),
        ("Base rate", f"{card.base_rate:.2%} in {card.horizon_days} days"),
        ("Features", f"{card.features} in {len(card.groups)} groups: {', '.join(card.groups)}"),
        ("Trees", ", ".join(f"{head} {rounds}" for head, rounds in card.rounds)),
        ("Judged on", f"{split.test[0]} to {split.test[-1]}, fitted up to {split.fit[-1]}"),
        ("Embargo", f"{split.embargo_days} days (horizon {card.horizon_days}, coding delay {card.delay_days})"),
    ]
    if card.evaluation.holdout_share:
        facts.append(("People", f"judged on the {card.evaluation.holdout_share:.0%} of residents kept out of the fit"))
    table = "\n".join(f"| {name} | {value} |" for name, value in facts)
    return "\n".join(["## Data", "", "| | |", "|---|---|", table, *(f"\nNote: {note}." for note in card.notes)])


def _figures(card: Card) -> str:
    scores = [score for score in _SCORES if card.evaluation.has("auroc", score)]
    head = "| | " + " | ".join(_SCORES[score] for score in scores) + " |"
    lines = [head, "|---" * (len(scores) + 1) + "|"]
    for name, label in _FIGURES.items():
        cells = [_cell(card.evaluation, name, score, "all") for score in scores]
        if any(cells):
            lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(["## On later weeks", "", "Value (95 % interval from a bootstrap by home).", "", *lines])


def _lists(card: Card) -> str:
    lines = ["| list | places | order | PPV | sensitivity |", "|---|---|---|---|---|"]
    for view, places in card.evaluation.capacity:
        for score, label in _SCORES.items():
            if card.evaluation.has("ppv", score, view):
                ppv, sensitivity = (_cell(card.evaluation, name, score, view) for name in ("ppv", "sensitivity"))
                lines.append(f"| {_VIEWS.get(view, view)} | {places} | {label} | {ppv} | {sensitivity} |")
    return "\n".join(["## On the lists teams see", "", *lines])


def _death(card: Card) -> str:
    rows = card.evaluation.competing
    if not rows:
        return ""
    return (
        f"## Death and leaving\n\nWho dies first was not admitted: the chance is of an admission within "
        f"{card.horizon_days} days in a life that may end before. Beside it the share admitted with death competing "
        "(Aalen-Johansen), those who left every home counted until they left; and what censoring deaths would say.\n\n"
        f"{table(rows)}"
    )


def _apart(card: Card) -> str:
    found = card.evaluation
    lines = [
        f"- **{words(one.stratum).capitalize()}**: {_verdict(one)} {_apart_figures(found, one)}" for one in found.apart
    ]
    return "\n".join(["## Residents judged apart", "", *lines]) if lines else ""


def _verdict(one: Apart) -> str:
    counted = f"{one.residents} had the outcome in the weeks of calibration"
    if one.validated:
        return f"calibrated on their own ({counted})."
    return f"not validated ({counted}; at least {MIN_RESIDENTS} are needed): read their chances with caution."


def _apart_figures(found: Evaluation, one: Apart) -> str:
    labels = {"prevalence": "prevalence", "auroc": "AUROC", "observed_expected": "observed / expected"}
    cells = [f"{label} {_cell(found, name, 'model', one.stratum)}" for name, label in labels.items()]
    return f"{one.n:,} rows and {one.events} outcomes on later weeks: {', '.join(cells)}."


def _skill(card: Card) -> str:
    found = card.evaluation
    if not found.has("skill"):
        return ""
    leak = "**The model outranks the oracle: suspect a leak.**" if found.leak_suspected else "No sign of a leak."
    return (
        "## Beside the oracle\n\n"
        f"On the rows whose true risk is known: AUROC {_cell(found, 'auroc_where_known', 'model', 'all')} "
        f"of a possible {_cell(found, 'auroc_where_known', 'oracle', 'all')}; share of the oracle's skill "
        f"{_cell(found, 'skill', 'model', 'all')}, with the luck of the draw taken out "
        f"{_cell(found, 'skill_expected', 'model', 'all')}. {leak}"
    )


def _limits(card: Card) -> str:
    return "\n".join(
        [
            "## Limits",
            "",
            "- Not for deciding who may be admitted, treated or moved, and not for comparing homes.",
            "- A low estimate is no reassurance: most admissions come from residents who are on no list.",
            "- What is not recorded is not seen; poor records can look like low risk.",
            "- Contributions tell what moved the estimate, not what causes admissions.",
            f"- An as-of on or before {card.trained_until} was part of training and is not scored.",
        ]
    )


def _cell(evaluation: Evaluation, name: str, score: str, view: str) -> str:
    return _written(evaluation.get(name, score, view)) if evaluation.has(name, score, view) else ""


def _written(metric: Metric) -> str:
    if math.isnan(metric.value):
        return "not defined"
    if math.isnan(metric.low):
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} ({metric.low:.3f} to {metric.high:.3f})"
