"""Who the model serves differently, who is judged apart, and what its lists hold of other outcomes."""

from collections.abc import Iterator
from dataclasses import replace

from models.card import figures as text
from models.card.counts import LEAST, count
from models.card.record import Card
from models.document import Plot, Points, Section
from models.evaluation import Apart
from models.fairness_words import flags, looked_at
from models.fairness_words import section as fairness_section
from models.outcome_tables import section as outcomes_section
from models.strata import MIN_RESIDENTS, words

NO_FAIRNESS = (
    "**Figures by group of residents were not made in this run.** Nothing is known of whom it serves differently."
)
NO_STUDY = (
    "**Other outcomes and horizons were not judged in this run** (`homeround train --outcomes judged`). What its "
    "lists hold "
    "of other admissions is not known."
)
NO_STRATA = (
    "**Residents at the end of life, and those with a learning disability, were not judged apart in this run**: it "
    "has no "
    "feature that tells them. Not validated for either."
)
_APART = {
    "prevalence": ("share with the outcome", text.percent),
    "auroc": ("AUROC", text.decimal),
    "observed_expected": ("observed / expected", text.decimal),
}


def sections(card: Card) -> Iterator[Section]:
    """By group, judged apart and under other outcomes; where one was not made, that is said."""
    yield _fairness(card)
    yield Section("Residents judged apart", (Points(tuple(_apart(card))),) if card.evaluation.apart else (NO_STRATA,))
    yield outcomes_section(card.study) if card.study else Section("Under other outcomes and horizons", (NO_STUDY,))


def _fairness(card: Card) -> Section:
    if not card.fairness:
        return Section("By group", (NO_FAIRNESS,))
    found = fairness_section(card.fairness, card.small_numbers)
    says = "what the table above holds, with intervals and everyone's value as a dashed line."
    return replace(found, blocks=(*found.blocks, Plot("fairness", "the model by group of residents", says)))


def fairness_in_words(card: Card) -> str:
    """Flags as one paragraph, or why there are none."""
    if not card.fairness:
        return NO_FAIRNESS
    said = flags(card.fairness)
    return " ".join([looked_at(card.fairness), *(said or ("No comparison is flagged.",))])


def validated_in_words(one: Apart) -> str:
    """Whether a stratum is validated, and by how many."""
    counted = f"{count(one.residents)} had the outcome in the weeks of calibration"
    if one.validated:
        return f"calibrated on their own ({counted})."
    return f"**not validated** ({counted}; at least {MIN_RESIDENTS} are needed): read their chances with caution."


def _apart(card: Card) -> Iterator[str]:
    found = card.evaluation
    for one in found.apart:
        seen = f"{one.n:,} rows and {count(one.events)} with the outcome on later weeks"
        if one.events < LEAST:
            cells = "too few to say anything of them"
        else:
            cells = ", ".join(
                f"{said} {text.told(found, name, 'model', one.stratum, way)}" for name, (said, way) in _APART.items()
            )
        yield f"**{words(one.stratum).capitalize()}**: {validated_in_words(one)} {seen}: {cells}."
