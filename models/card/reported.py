"""TRIPOD+AI, items 17 to 27 (ethics to discussion), answered from the record of a run."""

from collections.abc import Callable, Mapping

from models.card import figures as text
from models.card import phrases, words
from models.card.counts import count, tallied
from models.card.groups import fairness_in_words
from models.card.record import Card
from models.card.results import views
from models.card.upkeep import limits


def _ethics(card: Card) -> str:
    if card.synthetic and not card.statements.ethics:
        return "Not applicable because every resident is invented: no approval and no consent was needed."
    return phrases.stated(card.statements.ethics)


def _involvement(card: Card) -> str:
    if card.synthetic and not card.statements.involvement:
        return "None in this run: every resident is invented."
    return phrases.stated(card.statements.involvement)


def _data_sharing(card: Card) -> str:
    if card.synthetic and not card.statements.data_sharing:
        return (
            f"Synthetic data: anyone can make them again with `homeround synth` (history {card.history_digest[:16]})."
        )
    return phrases.stated(card.statements.data_sharing)


def _code_sharing(card: Card) -> str:
    return card.statements.code_sharing or (
        f"The code of features, model, evaluation and this card is that of this project, version {card.code_version}, "
        "under its licence."
    )


def _flow(card: Card) -> str:
    if not card.counted:
        return phrases.NOT_COUNTED
    states = "; ".join(f"{words.STATES.get(name, name)} {n}" for name, n in tallied(card.counted.states))
    return (
        f"{card.counted.rows:,} resident-weeks of {count(card.counted.residents)} residents. Of those ranked, in "
        f"resident-weeks: {states}. "
        f"Followed for {card.horizon_days} days or to admission, death or leaving."
    )


def _characteristics(card: Card) -> str:
    one = phrases.part(card, "judged")
    return (
        f"Evaluation: {phrases.sized(one)}. More under Who they are; by group of residents under By group."
        if one
        else phrases.NOT_COUNTED
    )


def _compared(card: Card) -> str:
    fit, test = phrases.part(card, "fitted, to be judged"), phrases.part(card, "judged")
    if not fit or not test:
        return phrases.NOT_COUNTED
    return (
        f"Missing values {text.percent(fit.missing)} in the fit, {text.percent(test.missing)} in the evaluation; age "
        "and home types beside each "
        "other under Who they are. Other predictors are not compared here; drift of each after training is "
        "`homeround monitor`'s."
    )


def _analyses(card: Card) -> str:
    parts = card.counted.parts if card.counted else ()
    if not parts:
        return (
            f"For use: {card.rows:,} resident-weeks, {count(card.events)} with the outcome. Evaluation: "
            f"{phrases.judged_counts(card)}."
        )
    return " ".join(f"{one.name.capitalize()}: {phrases.sized(one)}." for one in parts)


def _specification(card: Card) -> str:
    version = f"version {card.version}" if card.version else "not yet registered"
    return (
        f"The registered model `{card.name}` ({version}; digest {card.model_digest[:16]}): trees as text and the "
        "sigmoid, read without this "
        "project's code by MLflow. Who may have it is decided by who may read the registry."
    )


def _performance(card: Card) -> str:
    found = card.evaluation
    lists = "".join(
        f"; {name}: PPV {text.told(found, 'ppv', 'model', view, text.percent)}, sensitivity "
        f"{text.told(found, 'sensitivity', 'model', view, text.percent)}"
        for view, name, _ in views(found)
    )
    groups = "By group: see By group." if card.fairness else fairness_in_words(card)
    return (
        f"AUROC {text.told(found, 'auroc')}; slope {text.told(found, 'calibration_slope')}; observed over expected "
        f"{text.told(found, 'observed_expected')}; ICI over the share {text.told(found, 'ici_over_base')}{lists}. "
        f"{groups}"
    )


def _heterogeneity(card: Card) -> str:
    return (
        f"AUROC within a home and week {text.told(card.evaluation, 'auroc_within_home')}, beside "
        f"{text.told(card.evaluation, 'auroc')} over all. "
        "Home by home it was not examined: a home has too few admissions."
    )


def _updated(card: Card) -> str:
    return (
        f"Refitted for use on {card.rows:,} resident-weeks, {count(card.events)} with the outcome. Not available: its "
        "own performance, since no known "
        "outcome is left to judge it by; its calibration is followed by monitoring."
    )


def _interpretation(card: Card) -> str:
    found = card.evaluation
    parts = []
    for score, name in (("prior_admissions", "prior admissions"), ("logistic", "a logistic regression")):
        if found.has(f"auroc_minus_{score}"):
            ahead = found.get(f"auroc_minus_{score}")
            sign = "better than" if ahead.low > 0 else "worse than" if ahead.high < 0 else "not told apart from"
            parts.append(f"{sign} {name} (AUROC {text.written(ahead, text.signed)})")
    ranked = f"It ranks {', '.join(parts)}." if parts else "No simpler order was judged beside it."
    return phrases.sentences(
        phrases.INVENTED if card.synthetic else "",
        ranked,
        fairness_in_words(card),
        "Better ranking does not show that lists help: a trial of lists without a protocol found more admissions "
        "(PRISM).",
    )


def _limits(card: Card) -> str:
    return " ".join(limits(card))


def _poor_input(card: Card) -> str:
    return (
        "Monitoring and checks hold lists back when a feed has stopped, shares of missing values shift or sizes are "
        "absurd; a page says how old "
        "each feed is; a resident without a record of health within a year gets no estimate."
    )


def _interaction(card: Card) -> str:
    return (
        "Clinicians enter nothing: they read the list, look at the record and decide. Data scientists run and watch "
        "it. Mapping a new source "
        "needs someone who knows its codes."
    )


def _next(card: Card) -> str:
    first = "To be trained and judged on real residents, first of all. " if card.synthetic else ""
    return (
        first
        + "To be judged in homes and areas it has not seen, on more weeks for small groups, and in a trial of its "
        "effect with a protocol of review."
    )


def _of(field: str) -> Callable[[Card], str]:
    return lambda card: phrases.stated(getattr(card.statements, field))


REPORTED: Mapping[str, Callable[[Card], str]] = {
    "17": _ethics,
    "18a": _of("funding"),
    "18b": _of("interests"),
    "18c": _of("protocol"),
    "18d": _of("registration"),
    "18e": _data_sharing,
    "18f": _code_sharing,
    "19": _involvement,
    "20a": _flow,
    "20b": _characteristics,
    "20c": _compared,
    "21": _analyses,
    "22": _specification,
    "23a": _performance,
    "23b": _heterogeneity,
    "24": _updated,
    "25": _interpretation,
    "26": _limits,
    "27a": _poor_input,
    "27b": _interaction,
    "27c": _next,
}
