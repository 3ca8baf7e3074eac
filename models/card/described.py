"""What the model is and was made from: identity, use, outcome, data, predictors, algorithm."""

import math
from collections.abc import Iterator

from models.card import figures as text
from models.card import phrases, words
from models.card.counts import Part, count, tallied
from models.card.record import Card
from models.card.results import in_100, views
from models.document import Block, Plot, Points, Section, Table

_PARAMS = {
    "rounds": "trees",
    "max_rounds": "most trees",
    "bags": "bags",
    "folds": "folds",
    "companion": "events up to which any emergency counts for half",
    "learning_rate": "learning rate",
    "num_leaves": "leaves",
    "min_child_samples": "least rows a leaf",
    "feature_fraction": "share of features a tree",
    "bagging_fraction": "share of rows a tree",
    "lambda_l2": "L2 penalty",
    "extra_trees": "thresholds drawn at random",
    "max_bin": "bins",
    "others": "non-events kept per event",
    "max_rows": "most rows",
    "censoring_weights": "weights for leaving",
    "monotone": "monotone directions bind",
    "seed": "seed",
}


def identity(card: Card) -> Table:
    """Name, version, dates, digests."""
    version = str(card.version) if card.version else "not yet registered"
    rows = (
        ("Name and version", f"{card.name}, version {version}"),
        ("Answers for it", phrases.stated(card.statements.owner)),
        ("Predicts", phrases.outcome(card)),
        ("Data known until", f"{card.trained_until}. A Monday on or before that day was part of training: not scored."),
        ("Judged on", f"{phrases.judged_weeks(card)}: {phrases.judged_counts(card)}"),
        ("Synthetic data", "yes: every resident is invented" if card.synthetic else "no"),
        ("Code version", f"`{card.code_version}`"),
        ("Features' fingerprint", f"`{card.fingerprint[:16]}`"),
        ("Model digest", f"`{card.model_digest[:16]}`"),
        ("History digest", f"`{card.history_digest[:16]}`"),
    )
    return Table("What this model is", ("", ""), rows)


def in_short(card: Card) -> Section:
    """The few figures that a reader in a hurry needs."""
    found = card.evaluation
    base = found.get("prevalence").value
    said = []
    for view, name, places in views(found):
        ppv, caught = (found.get(figure, "model", view).value for figure in ("ppv", "sensitivity"))
        said.append(
            f"On the {name} ({places} residents a week), {in_100(ppv)} of 100 listed had the outcome, where it is "
            f"{in_100(base)} of 100 of all residents. The lists held {in_100(caught)} of 100 with the outcome; the "
            "others "
            "were on no such list."
        )
    said.append(
        f"Of two residents, one who had the outcome and one who had not, the first was ranked higher in "
        f"{in_100(found.get('auroc').value)} of 100 pairs (AUROC {text.told(found, 'auroc')})."
    )
    said.append(
        "For each 100 outcomes the chances added up to, "
        f"{in_100(found.get('observed_expected').value).removeprefix('about ')} "
        f"came (observed over expected {text.told(found, 'observed_expected')})."
    )
    return Section("In short", (Points(tuple(said)),))


def use(card: Card) -> Iterator[Section]:
    """What it is for, who uses it, and what it is not for."""
    yield Section("What it is for", (Points(words.USE),), (Section("Who uses it", (Points(words.USERS),)),))
    yield Section("What it is NOT for", (Points(words.NOT_FOR),))


def outcome(card: Card) -> Section:
    note = Points((f"Note of the list: {card.codes.note}",)) if card.codes.note else None
    told = (
        f"The {phrases.outcome(card)} of a Monday, counted in local calendar days from Monday 00:00. A transfer "
        "(admission "
        "method 2B) is no new admission. An admission still uncoded at the cut-off counts as not avoidable and is "
        "counted "
        "below: leaving it out would leave out only positives."
    )
    blocks: tuple[Block, ...] = (told, f"Code list: {phrases.code_list(card)}")
    return Section("Outcome", (*blocks, note) if note else blocks)


def data(card: Card) -> Section:
    """Period, residents and homes, exclusions, states, basis and what is assumed."""
    return Section("Data", tuple(_basis(card)), tuple(_counted(card)))


def _basis(card: Card) -> Iterator[Block]:
    if card.synthetic:
        yield phrases.INVENTED
    for one in card.basis:
        objections = ", ".join(one.objections) or "none"
        yield (
            f"Controller: {one.controller}. Basis: {one.basis} ({one.reference}). Sources: {', '.join(one.sources)}. "
            f"Objections honoured: {objections}."
        )
    if not card.basis:
        yield "The lawful basis was not given to this card."
    embargo = card.evaluation.split.embargo_days
    yield Points(
        (
            "A value counts from when it was recorded: each row holds what had been known on its Monday. Where a "
            "record does "
            "not say when it was recorded, the usual lag of its source is assumed.",
            f"Coding delay {card.delay_days} days: an outcome is taken as known {embargo} days after its Monday, the "
            "horizon "
            "and this delay. Fit, calibration and judged weeks stand that far apart.",
            f"Who died first counts as not admitted. {_left(card)}",
            "Residents on a Monday in hospital, without a record of health for a year, or with an objection teach "
            "nothing and "
            "are not judged.",
        )
    )


def _left(card: Card) -> str:
    if card.params.get("censoring_weights"):
        return "Who left every home before the horizon's end has no outcome; rows are weighted to make up for them."
    return (
        "Who left every home before the horizon's end has no outcome and is left out of fit and figures, which "
        "assumes that "
        "leaving tells nothing of the risk."
    )


def _counted(card: Card) -> Iterator[Section]:
    if not card.counted:
        fitted = f"Fitted for use on {card.rows:,} resident-weeks, {count(card.events)} with the outcome."
        yield Section("Numbers", (fitted, phrases.NOT_COUNTED))
        return
    found = card.counted
    whole = (
        f"{found.rows:,} resident-weeks of {count(found.residents)} residents in {found.homes:,} homes, Mondays "
        f"{found.first} "
        f"to {found.last}."
    )
    heads = ("Used to be", "Mondays", "from", "to", "resident-weeks", "residents", "homes", "with the outcome",
             "residents with it", "share")  # fmt: skip
    yield Section("Numbers", (whole, Table("Parts of the data", heads, tuple(_part(one) for one in found.parts))))
    said = [("Of those living in a home on a Monday", words.STATUSES, found.statuses),
            ("What became of those ranked", words.STATES, found.states)]  # fmt: skip
    tables = tuple(
        Table(
            title,
            (title, "resident-weeks"),
            tuple((text.capital(known.get(n, n)), n_text) for n, n_text in tallied(tally)),
        )
        for title, known, tally in said
    )
    uncoded = "Admissions still uncoded at the cut-off were not counted in this run."
    if found.uncoded is not None:
        uncoded = (
            f"Emergency admissions in some horizon still uncoded at the cut-off: {count(found.uncoded)} resident-weeks."
        )
    yield Section("Exclusions and outcomes", (*tables, uncoded))
    yield Section("Who they are", (_characteristics(found.parts),))


def _part(one: Part) -> tuple[str, ...]:
    share = text.percent(one.events / one.rows) if one.events >= 5 else "too few"
    return (one.name.capitalize(), f"{one.weeks}", f"{one.first}", f"{one.last}", f"{one.rows:,}", count(one.residents),
            f"{one.homes:,}", count(one.events), count(one.people), share)  # fmt: skip


def _characteristics(parts: tuple[Part, ...]) -> Table:
    kinds = sorted({kind for one in parts for kind, _ in one.home_types})
    shown = [dict(one.home_types) for one in parts]
    rows = [("Age, median (quartiles)", *(_age(one) for one in parts))]
    for kind in kinds:
        label = f"In {kind.replace('_', ' ')} homes" if kind else "Home type not known"
        cells = (dict(tallied(tally)).get(kind, "0") for tally in shown)
        share = (text.percent(tally.get(kind, 0) / one.rows) for tally, one in zip(shown, parts, strict=True))
        rows.append((label, *(s if c[0].isdigit() else c for c, s in zip(cells, share, strict=True))))
    rows.append(("Cells without a value", *(text.percent(one.missing) for one in parts)))
    return Table("Characteristics of resident-weeks", ("", *(one.name.capitalize() for one in parts)), tuple(rows))


def _age(one: Part) -> str:
    low, middle, high = one.age
    return "not a predictor" if math.isnan(middle) else f"{middle:.0f} ({low:.0f} to {high:.0f})"


def predictors(card: Card) -> Section:
    share = {row.group: row.share for row in card.evaluation.importance}
    rows = tuple(
        (group, f"{n}", text.percent(share[group]) if group in share else "not computed") for group, n in card.groups
    )
    told = (
        f"{card.features} predictors in {len(card.groups)} groups, all made from dated records by one catalogue of "
        "counts, last "
        "values, changes, days since, states and flags over windows of days. None was selected by its relation to "
        "the outcome."
    )
    heads = ("Group", "Predictors", "Share of what moves the estimates")
    drawn = Plot("importance", "what moves the estimates", "the last column of the table above, by group.")
    missing = Section("Missing values", (Points(words.MISSING),))
    return Section("Predictors", (told, Table("Predictors by group", heads, rows), drawn), (missing,))


def algorithm(card: Card) -> Section:
    """Model, parameters, calibration, tuning."""
    heads = "; ".join(f"{head}: {boosters} boosters of {trees} trees" for head, trees, boosters in card.heads)
    lines = "; ".join(f"{head}: a {a:.3f}, b {b:.3f}" for head, a, b in card.calibration)
    params = ", ".join(f"{label} {_value(card.params[name])}" for name, label in _PARAMS.items() if name in card.params)
    said = [
        f"Gradient-boosted trees (LightGBM), averaged on the raw score ({heads}). Residents are ranked on the raw "
        "score.",
        f"Chances by a sigmoid on later weeks than it was fitted on, logit p = a x score + b ({lines}), so "
        "contributions "
        "(SHAP values) add up exactly in log-odds. Share with the outcome in the weeks of calibration: "
        f"{text.percent(card.base_rate)}.",
        f"Parameters: {params}.",
        tuning(card),
        "The figures are those of a twin made by the same recipe on earlier weeks; the model for use is refitted on "
        "later "
        "ones with the same parameters and trees. No outcome is left to judge the very trees that are used.",
        *(f"Note, {note}." for note in card.notes),
    ]
    if card.evaluation.holdout_share:
        said.append(f"Judged on the {card.evaluation.holdout_share:.0%} of residents kept out of the twin's fit.")
    return Section("Model", (Points(tuple(said)),))


def tuning(card: Card) -> str:
    """What a search for parameters did."""
    if card.tuned is None:
        return "No search for parameters was made in this run: those of the code are used."
    used = "used" if card.tuned.kept else "not used, as its gain is within chance"
    return f"{len(card.tuned.trials)} sets of parameters were tried inside the fit weeks; the best was {used}."


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "chosen by cross-validation" if value is None else f"{value}"
