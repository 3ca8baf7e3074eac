"""What the evaluation found, section by section."""

import math
from collections.abc import Iterator

from models.card import figures as text
from models.card.counts import HIDDEN, LEAST, count, tallied
from models.card.record import Card
from models.competing import Incidence
from models.document import Block, Plot, Points, Section, Table
from models.evaluation import Evaluation, NetBenefit, ReviewsNeeded, TopN
from models.fairness_words import LISTS
from models.netbenefit import EVERYONE, NO_ONE
from models.plots.lists import LABELS

_RANKING = {
    "auroc": "AUROC, all residents",
    "auroc_within_home": "AUROC, within a home and week",
    "auprc": "AUPRC (chance level: the share with the outcome)",
}
_CHANCES = {
    "observed_expected": "Observed over expected (ideal 1)",
    "calibration_slope": "Calibration slope (ideal 1)",
    "calibration_intercept": "Calibration intercept (ideal 0)",
    "ici": "Calibration error, ICI (ideal 0)",
    "ici_over_base": "ICI over the share with the outcome",
    "e_max": "Largest calibration error, E-max",
    "brier": "Brier score",
    "brier_skill": "Brier skill (0: no better than the share for all)",
}
_LISTED = {
    "ppv": ("admitted, of 100 listed (PPV)", text.percent),
    "sensitivity": ("listed, of all with the outcome", text.percent),
    "lift": ("lift over the lists' residents", text.one_digit),
    "reviews_per_event": ("reviews for each with the outcome", text.one_digit),
    "auroc_within_team": ("AUROC within a team and week", text.decimal),
}
_CHANGE = {"entrants": text.one_digit, "leavers": text.one_digit, "overlap": text.percent}
_DIFFERENCES = (("ppv", "PPV"), ("sensitivity", "sensitivity"))
_PICTURED = ("model", "prior_admissions", "random")
_HARMS = (0.01, 0.02, 0.03, 0.05, 0.1)
_PLACES = (10, 50, 100, 500)


def sections(card: Card) -> tuple[Section, ...]:
    """Every section of the evaluation, those without a figure left out."""
    made = (_ranking, _lists, _beside, _calibration, _death, _benefit, _change, _warning, _pictured, _oracle)
    found = (section for make in made for section in make(card))
    return tuple(found)


def views(found: Evaluation) -> list[tuple[str, str, int]]:
    """The lists that were judged: column, name and places a week."""
    return [
        (view, LISTS.get(view, f"lists by {view}"), places)
        for view, places in found.capacity
        if found.has("ppv", "model", view)
    ]


def orders(found: Evaluation) -> list[str]:
    """The contenders judged, the model first."""
    return [name for name in LABELS if found.has("auroc", name)]


def _ranking(card: Card) -> Iterator[Section]:
    found = card.evaluation
    rows = tuple(
        (LABELS[name].capitalize(), *(text.told(found, figure, name) for figure in _RANKING)) for name in orders(found)
    )
    share = text.told(found, "prevalence", as_text=text.percent)
    notes = f"Share of resident-weeks with the outcome: {share}."
    if found.has("auroc", "any"):
        notes += f" For any emergency admission, the model's second estimate: AUROC {text.told(found, 'auroc', 'any')}."
    yield Section(
        "Who is ranked above whom", (Table("Ranking, by contender", ("Order", *_RANKING.values()), rows), notes)
    )


def _lists(card: Card) -> Iterator[Section]:
    found = card.evaluation
    for view, name, places in views(found):
        rows = tuple(
            (LABELS[score].capitalize(), *(text.told(found, f, score, view, way) for f, (_, way) in _LISTED.items()))
            for score in orders(found)
            if found.has("ppv", score, view)
        )
        heads = ("Order", *(head for head, _ in _LISTED.values()))
        drawn = Plot(f"capacity_{view}", f"yield of the {name} by places", "PPV and sensitivity by places a week.")
        title = f"On the {name}: {places} residents a week"
        yield Section(title, (Table(title, heads, rows), drawn))


def _beside(card: Card) -> Iterator[Section]:
    found = card.evaluation
    where = [("auroc", "all", "AUROC")]
    where += [(figure, view, f"{said}, {name}") for view, name, _ in views(found) for figure, said in _DIFFERENCES]
    rows = tuple(
        (LABELS[score].capitalize(), *(_difference(found, figure, view, score) for figure, view, _ in where))
        for score in orders(found)
        if found.has(f"auroc_minus_{score}")
    )  # fmt: skip
    if rows:
        told = (
            "The model's figure less the contender's, both drawn together; an interval that holds 0 leaves open which "
            "is better."
        )
        heads = ("The model less", *(head for *_, head in where))
        yield Section("Beside simpler orders", (told, Table("Paired differences", heads, rows)))


def _difference(found: Evaluation, figure: str, view: str, score: str) -> str:
    return text.told(found, f"{figure}_minus_{score}", "model", view, text.signed)


def _calibration(card: Card) -> Iterator[Section]:
    found = card.evaluation
    names = [name for name in orders(found) if found.has("brier", name)]
    rows = tuple((label, *(text.told(found, figure, name) for name in names)) for figure, label in _CHANCES.items())
    table = Table("Calibration", ("Figure", *(LABELS[name].capitalize() for name in names)), rows)
    says = "observed share against predicted chance, by tenths of the rows and as a smooth curve with its interval."
    drawn = Plot("calibration", "calibration on the test weeks", says)
    yield Section("Do the chances come true", (table, drawn))


def _death(card: Card) -> Iterator[Section]:
    if not card.evaluation.competing:
        return
    whole, *tenths = card.evaluation.competing
    admitted = dict(tallied([(str(row.tenth), row.admitted) for row in tenths]))
    rows = [_incidence(whole, "all", count(whole.admitted), count(whole.died), count(whole.left))]
    rows += [_incidence(row, str(row.tenth), admitted[str(row.tenth)], "", "") for row in tenths]
    heads = ("tenth of the chances", "rows", "admitted", "died first", "left", "mean chance", "death competing",
             "deaths censored", "ratio to the chance")  # fmt: skip
    told = (
        f"Who dies first was not admitted: the chance is of an admission within {card.horizon_days} days in a life "
        "that "
        "may end before. Beside it the share admitted with death competing (Aalen-Johansen), those who left every home "
        "counted until they left; and what censoring deaths would say."
    )
    drawn = Plot(
        "competing", "death as a competing risk", "share admitted with death competing, by tenths of the chance."
    )
    yield Section("Death and leaving", (told, Table("Death as a competing risk", heads, tuple(rows)), drawn))


def _incidence(row: Incidence, name: str, admitted: str, died: str, left: str) -> tuple[str, ...]:
    share = text.with_interval(row.incidence, row.low, row.high, text.percent)
    ratio = text.with_interval(row.ratio, row.ratio_low, row.ratio_high, lambda value: f"{value:.2f}")
    shown = (share, text.percent(row.kaplan_meier), ratio) if admitted != HIDDEN else (HIDDEN,) * 3
    return (name, f"{row.n:,}", admitted, died, left, text.percent(row.predicted), *shown)


def _benefit(card: Card) -> Iterator[Section]:
    found = card.evaluation.net_benefit
    lists = {view: name for view, name, _ in views(card.evaluation)}
    of = {(row.view, row.score, row.threshold): row for row in found}
    rows = []
    for view, name in (("all", "whoever is at or above the chance"), *lists.items()):
        for harm in (one for one in _HARMS if (view, "model", one) in of):
            policies = [of[view, policy, harm] for policy in ("model", EVERYONE, NO_ONE)]
            reviewed = text.percent(policies[0].reviewed)
            rows.append((name, text.percent(harm), *(_per_1000(one) for one in policies), reviewed))
    if rows:
        told = (
            "Found admissions less the needless reviews, weighed, per 1,000 resident-weeks (Vickers and Elkin 2006). "
            "The "
            "harm of a review is how much of a found admission it must be worth: at 5 % a review is worth its time "
            "if one "
            "in twenty finds one. Better than both other policies is what a list must be."
        )
        heads = ("Reviewed", "Harm of a review", "Model", "Everyone", "No one", "Share reviewed")
        drawn = Plot(
            "net_benefit", "net benefit by threshold", "net benefit of the model and of reviewing everyone or no one."
        )
        yield Section("Net benefit", (told, Table("Net benefit per 1,000 resident-weeks", heads, tuple(rows)), drawn))


def _per_1000(row: NetBenefit) -> str:
    return text.with_interval(row.net_benefit, row.low, row.high, lambda value: f"{1000 * value:.1f}")


def _change(card: Card) -> Iterator[Section]:
    found = card.evaluation
    rows = tuple(
        (f"{name}, {LABELS[score]}", *(text.told(found, f, score, view, way) for f, way in _CHANGE.items()))
        for view, name, _ in views(found)
        for score in ("model", "prior_admissions")
        if found.has("overlap", score, view)
    )
    if rows:
        heads = ("Lists", "new names a list and week", "names that left", "share that stayed")
        yield Section("How much lists change from week to week", (Table("Change of the lists", heads, rows),))


def _warning(card: Card) -> Iterator[Section]:
    names = {view: name for view, name, _ in views(card.evaluation)}
    rows = []
    for row in card.evaluation.warned:
        if row.score in ("model", "random") and row.view in names:
            days = "too few" if row.listed < LEAST else f"{row.median:.0f} ({row.lower:.0f} to {row.upper:.0f})"
            share = "too few" if row.listed < LEAST else text.percent(row.share)
            rows.append(
                (f"{names[row.view]}, {LABELS[row.score]}", count(row.admissions), count(row.listed), share, days)
            )
    if rows:
        heads = (
            "Lists",
            "admissions in the judged weeks",
            "had been listed",
            "share",
            "days of warning, median (quartiles)",
        )
        told = (
            "Days from a resident's first listing in the judged weeks to the admission. Beside lists drawn at "
            "random: over "
            "several weeks small homes come to list many by chance."
        )
        yield Section("Days of warning", (told, Table("Days of warning", heads, tuple(rows))))


def _pictured(card: Card) -> Iterator[Section]:
    found = card.evaluation
    top = tuple(_top(row) for row in found.top if row.score in _PICTURED and row.places in _PLACES)
    blocks: list[Block] = []
    if top:
        told = "With one list for all residents, each week anew, over the judged weeks together:"
        heads = ("Order", "First", "Listed", "Of them with the outcome", "Per week", "Share (PPV)")
        blocks += [told, Table("True events among the first N", heads, top)]
    needed = tuple(_needed(row) for row in found.reviews if row.score in _PICTURED and row.admissions >= LEAST)
    if needed:
        columns = ("Order", "To reach so many", "Places a week", "Reviews", "Reviews for each")
        blocks += [Table("Reviews needed to reach N resident-weeks with the outcome", columns, needed)]
    if blocks:
        yield Section("Among the first of all residents", tuple(blocks))


def _top(row: TopN) -> tuple[str, ...]:
    few = row.events < LEAST
    ppv = "too few" if few else text.with_interval(row.ppv, row.low, row.high, text.percent)
    week = "too few" if few else text.one_digit(row.per_week)
    return (LABELS[row.score].capitalize(), f"{row.places:,}", f"{row.listed:,}", count(row.events), week, ppv)


def _needed(row: ReviewsNeeded) -> tuple[str, ...]:
    counts = (f"{n:,}" for n in (row.admissions, row.places, row.reviews))
    return (LABELS[row.score].capitalize(), *counts, text.one_digit(row.per_admission))


def _oracle(card: Card) -> Iterator[Section]:
    found = card.evaluation
    if not found.has("skill"):
        return
    leak = "**The model outranks the true risk: suspect a leak.**" if found.leak_suspected else "No sign of a leak."
    yield Section(
        "Beside the true risk",
        (
            Points(
                (
                    f"The residents are invented, so their true risk is known. On those rows: AUROC "
                    f"{text.told(found, 'auroc_where_known')} of a possible "
                    f"{text.told(found, 'auroc_where_known', 'oracle')}.",
                    f"Share of the possible skill {text.told(found, 'skill')}; with the luck of the draw taken out "
                    f"{text.told(found, 'skill_expected')}.",
                    leak,
                )
            ),
        ),
    )


def in_100(value: float) -> str:
    """A share as people of a hundred."""
    if math.isnan(value):
        return "an unknown number"
    return f"about {100 * value:.0f}" if value >= 0.05 else f"about {100 * value:.1f}"
