"""Phrases that several sections and items of a card share, each said in one way."""

from models.card.counts import Part, count
from models.card.record import Card

NOT_STATED = "Not available: not stated by the organisation that made the model (`[card]` in its settings)."
INVENTED = (
    "**Synthetic data: every resident is invented.** Figures show that the machinery works, not how well it would do "
    "for "
    "real residents. Not for use with real people."
)
NOT_COUNTED = "Not available: the rows of the training matrix were not counted in this run."


def outcome(card: Card) -> str:
    """What is predicted, within its horizon."""
    kind = "for any cause" if card.outcome == "all_emergency" else f'for a condition of the list "{card.codes.title}"'
    return f"first new emergency admission {kind} within {card.horizon_days} days"


def code_list(card: Card) -> str:
    """Which list it is, with version and source."""
    return f"`{card.codes.name}`, version {card.codes.version}. Source: {card.codes.source}."


def judged_weeks(card: Card) -> str:
    split = card.evaluation.split
    return f"{len(split.test)} Mondays, {split.test[0]} to {split.test[-1]}"


def judged_counts(card: Card) -> str:
    """Rows and events of the test weeks, as the evaluation counted them."""
    share = card.evaluation.get("prevalence")
    return f"{share.n:,} resident-weeks, {count(share.events)} of them with the outcome"


def part(card: Card, name: str) -> Part | None:
    """The part of the data of that name, where rows were counted."""
    parts = card.counted.parts if card.counted else ()
    return next((one for one in parts if one.name == name), None)


def sized(one: Part) -> str:
    """How large a part is, in words."""
    return (
        f"{one.rows:,} resident-weeks of {count(one.residents)} residents in {one.homes:,} homes, {one.first} to "
        f"{one.last}; {count(one.events)} with the outcome, of {count(one.people)} residents"
    )


def stated(text: str) -> str:
    """What was stated, or that nothing was."""
    return text or NOT_STATED


def sentences(*given: str) -> str:
    return " ".join(text for text in given if text)
