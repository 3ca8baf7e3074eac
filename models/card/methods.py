"""TRIPOD+AI, items 1 to 16 (title to methods), answered from the record of a run."""

from collections.abc import Callable, Mapping

from models.card import figures as text
from models.card import phrases
from models.card.counts import count
from models.card.described import tuning
from models.card.groups import fairness_in_words
from models.card.record import Card
from models.card.results import orders, views
from models.plots.lists import LABELS


def _title(card: Card) -> str:
    whom = "invented residents of care homes" if card.synthetic else "residents of care homes in England"
    return f"Development and evaluation on later weeks of a prediction model for {whom}: {phrases.outcome(card)}."


def _abstract(card: Card) -> str:
    found = card.evaluation
    return phrases.sentences(
        phrases.INVENTED if card.synthetic else "",
        f"Objective: to order residents for weekly review by the chance of the {phrases.outcome(card)}.",
        f"Design: routine records, weekly rows, split by time; judged on {phrases.judged_weeks(card)} "
        f"({phrases.judged_counts(card)}).",
        f"Model: boosted trees on {card.features} predictors, calibrated by a sigmoid.",
        f"Results: AUROC {text.told(found, 'auroc')}, calibration slope {text.told(found, 'calibration_slope')}, "
        f"observed over expected {text.told(found, 'observed_expected')}.",
        "Registration: see 18d.",
    )


def _background(card: Card) -> str:
    return (
        "Prognostic. Care-home residents in England have about 0.70 emergency admissions a year each, 41 % of them for "
        "potentially avoidable conditions (Improvement Analytics Unit 2019). The framework Enhanced Health in Care "
        "Homes has "
        "every home visited weekly, for residents prioritised for review. Existing models (SPARRA, QAdmissions, "
        "PRISM) are of "
        "whole populations over a year; the simple orders in use, prior admissions and frailty, are judged beside "
        "this model."
    )


def _purpose(card: Card) -> str:
    return (
        "See What it is for, Who uses it and What it is NOT for. Used before the weekly home round and the MDT; a "
        "clinician decides."
    )


def _inequalities(card: Card) -> str:
    return (
        "Elsewhere: SPARRA is calibrated across Scotland's groups while its error rates differ widely by age, sex, "
        "deprivation, "
        "ethnicity and place (Thoma et al., PLOS Digital Health 2024;3(12):e0000675). People with a learning "
        "disability are admitted "
        "for other conditions. Homes with poor records look safer than they are. In this run: see 14 and 23a."
    )


def _objectives(card: Card) -> str:
    return (
        "Both: development of the model, and evaluation on later weeks of the same homes. No evaluation elsewhere is "
        "part of this run."
    )


def _sources(card: Card) -> str:
    if card.synthetic:
        return (
            "Synthetic: residents, homes and records are invented by `homeround synth`, for development and "
            "evaluation alike. Representative of nobody."
        )
    if not card.basis:
        return "Not available: the sources were not given to this card."
    sources = ", ".join(dict.fromkeys(name for one in card.basis for name in one.sources))
    return (
        f"Routine records, the same for development and evaluation: {sources}. They are what is known on the day. "
        "Representative of the homes of the history, under Data; of others it is not known."
    )


def _dates(card: Card) -> str:
    split = card.evaluation.split
    return (
        f"Mondays {split.fit[0]} to {split.fit[-1]} (fit), {split.calibrate[0]} to {split.calibrate[-1]} "
        "(calibration), "
        f"{split.test[0]} to {split.test[-1]} (evaluation); each followed for {card.horizon_days} days. Nothing "
        "recorded after "
        f"{card.trained_until} was used."
    )


def _setting(card: Card) -> str:
    if not card.counted:
        return phrases.NOT_COUNTED
    kinds = ", ".join(
        dict.fromkeys(kind.replace("_", " ") for one in card.counted.parts for kind, _ in one.home_types if kind)
    )
    return f"{card.counted.homes:,} care homes ({kinds}) of one history. Where they are is not part of the run."


def _eligibility(card: Card) -> str:
    return (
        "Everyone living in a home on a Monday, as known then, but for those in hospital, without a record of health "
        "within a "
        "year, or with an objection to this purpose; see Exclusions and outcomes."
    )


def _treatments(card: Card) -> str:
    return (
        "Treatment is routine care and is not modelled. Medicines, reviews and care plans that are recorded are "
        "among the "
        "predictors. Where lists like these were in use, their effect is in the outcomes; see What use does to the "
        "figures."
    )


def _preparation(card: Card) -> str:
    return (
        "The history is checked at the door (shape, values, times); repeats count once, corrections replace what "
        "they correct, "
        "retracted records are dropped, each from when it was known. The same for every resident. Figures by fifths "
        "of the "
        "completeness of records stand under By group, where they were made."
    )


def _outcome(card: Card) -> str:
    return (
        f"The {phrases.outcome(card)} of each Monday, from coded hospital spells. {phrases.code_list(card)} Chosen "
        "since a home and its "
        "team may act earlier on these conditions. Assessed by the same codes for everyone; whether hospitals code "
        "alike "
        "for all groups is not known."
    )


def _assessors(card: Card) -> str:
    return "Not applicable because the outcome is read from coded records; nobody judged it for this model."


def _blinding(card: Card) -> str:
    return (
        "Hospital coders do not see the lists; clinicians who decide on admission may. No action was taken to blind "
        "them."
    )


def _choice(card: Card) -> str:
    return (
        f"All {card.features} predictors of the catalogue, drawn from the literature and from what clinicians of care "
        "homes act "
        "on. The run selects none of them by the outcome."
    )


def _defined(card: Card) -> str:
    return (
        f"{card.features} predictors in {len(card.groups)} groups, see Predictors; each is defined in "
        "`features/catalogue.py` by its records "
        f"and window (fingerprint {card.fingerprint[:16]}). Measured as known on the Monday, by rule, without sight "
        "of the outcome."
    )


def _predictor_assessors(card: Card) -> str:
    return (
        "Some records are judgements of staff (frailty, soft signs, mobility). Not available: who recorded them and "
        "with what "
        "training is not in the history."
    )


def _size(card: Card) -> str:
    events = card.evaluation.get("prevalence").events
    enough = "reached" if events >= card.policy.least_events else "not reached"
    one = phrases.part(card, "judged")
    people = f"; {count(one.people)} residents had it" if one else ""
    return (
        f"All that was available; no calculation was made beforehand. Development for use: {card.rows:,} "
        "resident-weeks, "
        f"{count(card.events)} with the outcome, {card.events / card.features:.0f} for each predictor. Evaluation: "
        f"{phrases.judged_counts(card)}{people}. Counted in weeks, the {card.policy.least_events} events asked for "
        f"(Collins, Ogundimu and Altman 2016) are {enough}."
    )


def _missing(card: Card) -> str:
    one = phrases.part(card, "judged")
    share = f" In the judged weeks {text.percent(one.missing)} of all cells are missing." if one else ""
    return (
        "Nothing is imputed: trees send missing values to a side of their own. Left out are rows without an outcome "
        "(left every "
        f"home, died before the Monday, not yet known) and residents not ranked, with counts under Data.{share}"
    )


def _partition(card: Card) -> str:
    split = card.evaluation.split
    held = card.evaluation.holdout_share
    people = (
        f" {held:.0%} of residents were kept out of the fit and alone are judged."
        if held
        else " The same residents may be on both sides, in other weeks."
    )
    return (
        f"By time: {len(split.fit)} Mondays to fit, {len(split.calibrate)} to calibrate, {len(split.test)} to "
        "evaluate, "
        f"{split.embargo_days} days (horizon and coding delay) apart.{people} Then refitted for use on later weeks."
    )


def _handled(card: Card) -> str:
    bound = "Directions of harms are held monotone. " if card.params.get("monotone") else ""
    return f"As numbers, neither scaled nor transformed; trees find thresholds. {bound}Categories enter as yes or no."


def _building(card: Card) -> str:
    return (
        "Boosted trees, since effects are not linear, interact, and values are missing. The number of trees is "
        "chosen by "
        f"cross-validation over homes inside the fit weeks. {tuning(card)} Internal validation: later weeks, see 12a. "
        "Parameters: see Model."
    )


def _clusters(card: Card) -> str:
    return (
        "Homes are the clusters: no parameter varies between them. Folds keep homes whole, intervals draw homes, and "
        "AUROC is also "
        "given within homes. How figures vary from home to home is not quantified."
    )


def _measures(card: Card) -> str:
    lists = ", ".join(name for _, name, _ in views(card.evaluation)) or "no lists"
    beside = ", ".join(LABELS[name] for name in orders(card.evaluation) if name != "model")
    return (
        "AUROC, within homes too, and AUPRC (order); slope, intercept, observed over expected, ICI, flexible curve "
        "(chances); PPV, "
        f"sensitivity, lift, reviews for each event, change from week to week and days of warning on {lists} (what a "
        "team sees); net "
        f"benefit (worth). Death as a competing risk by Aalen-Johansen. Beside: {beside}, by paired differences."
    )


def _updating(card: Card) -> str:
    own = [one for one in card.evaluation.apart if one.validated]
    said = (
        f"Groups with a calibration of their own: {len(own)} of {len(card.evaluation.apart)} judged apart."
        if card.evaluation.apart
        else "No group has a calibration of its own."
    )
    return f"Refitted and calibrated anew for use on later weeks, by rule and not by what the evaluation found. {said}"


def _calculated(card: Card) -> str:
    return (
        f"By the code of this project (version {card.code_version}) from the registered model's twin, logged in the "
        "same run: base plus "
        "contributions in log-odds, then the logistic function."
    )


def _imbalance(card: Card) -> str:
    kept = card.params.get("others")
    thinned = f" (up to {kept:g} kept for each event)" if isinstance(kept, (int, float)) else ""
    return (
        f"To save time non-events may be thinned{thinned} and are weighted back up in full, so chances stay on their "
        "scale; the sigmoid "
        "is fitted on all rows of later weeks. No other method was used."
    )


def _fairness(card: Card) -> str:
    return (
        "No constraint is put on the fit. Calibration, ranking and who is listed are looked at by group, small "
        "numbers hidden; a model "
        "that newly harms a group is not put to use; residents at the end of life or with a learning disability are "
        "judged apart. "
        f"In this run: {fairness_in_words(card)}"
    )


def _output(card: Card) -> str:
    lists = (
        " and ".join(f"{places} on the {name}" for _, name, places in views(card.evaluation)) or "no lists in this run"
    )
    return (
        "A chance, with its parts by predictor group, and an order. No risk threshold: lists are cut at what a team "
        f"can review a week ({lists})."
    )


def _differences(card: Card) -> str:
    fit, test = phrases.part(card, "fitted, to be judged"), phrases.part(card, "judged")
    if not fit or not test:
        return f"Same homes, eligibility, outcome and predictors; later weeks. {phrases.NOT_COUNTED}"
    return (
        "Same setting, eligibility, outcome and predictors; later weeks. "
        f"Share with the outcome {text.percent(fit.events / fit.rows)} in the fit and "
        f"{text.told(card.evaluation, 'prevalence', as_text=text.percent)} in the "
        "evaluation; age, home types and missing values stand side by side under Who they are."
    )


METHODS: Mapping[str, Callable[[Card], str]] = {
    "1": _title,
    "2": _abstract,
    "3a": _background,
    "3b": _purpose,
    "3c": _inequalities,
    "4": _objectives,
    "5a": _sources,
    "5b": _dates,
    "6a": _setting,
    "6b": _eligibility,
    "6c": _treatments,
    "7": _preparation,
    "8a": _outcome,
    "8b": _assessors,
    "8c": _blinding,
    "9a": _choice,
    "9b": _defined,
    "9c": _predictor_assessors,
    "10": _size,
    "11": _missing,
    "12a": _partition,
    "12b": _handled,
    "12c": _building,
    "12d": _clusters,
    "12e": _measures,
    "12f": _updating,
    "12g": _calculated,
    "13": _imbalance,
    "14": _fairness,
    "15": _output,
    "16": _differences,
}
