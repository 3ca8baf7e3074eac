"""A card as Markdown, as a page, and in short: views of the same sections, with the same figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.card import described, groups, phrases, results, tripod, upkeep, words
from models.card.page import page
from models.card.record import Card
from models.document import Plot, Points, Section, markdown

LONGEST = 5_000
"""Characters that MLflow's database has for the description of a registered version."""


@dataclass(frozen=True)
class CardFiles:
    """The whole card as Markdown and as a page of HTML, and its head for a registry."""

    markdown: str
    html: str
    summary: str


def files(card: Card, plots: Path | None = None) -> CardFiles:
    """All three; `plots` is the folder of the run's plots, which the page takes into itself where they are there."""
    found = sections(card)
    drawn = _plots(found, plots) if plots else {}
    return CardFiles(render(card), page(title(card), lead(card), described.identity(card), found, drawn), summary(card))


def render(card: Card) -> str:
    """Markdown, ending in a newline."""
    head = Section("What this model is", (described.identity(card),))
    return f"# {title(card)}\n\n{lead(card)}\n\n{markdown([head, *sections(card)])}\n"


def summary(card: Card) -> str:
    """The head of the card in Markdown: what it is, in short, what it is not for. Never longer than `LONGEST`."""
    head = Section("What this model is", (described.identity(card),))
    never = Section("What it is NOT for", (Points(words.NOT_FOR),))
    more = "The whole card: `model_card.md` and `model_card.html` of the run."
    parts = [head, described.in_short(card), never]
    while len(told := f"{lead(card)}\n\n{markdown(parts)}\n\n{more}\n") > LONGEST:
        parts.pop(0)
    return told


def title(card: Card) -> str:
    return f"Model card: {card.name}" + (f", version {card.version}" if card.version else "")


def lead(card: Card) -> str:
    """What it is in two sentences, and that it is synthetic where it is."""
    said = (
        f"Estimates each care-home resident's chance of a {phrases.outcome(card)}, to order the residents a team "
        "reviews each "
        "week. It supports a clinician's judgement and replaces none."
    )
    return f"{phrases.INVENTED} {said}" if card.synthetic else said


def sections(card: Card) -> tuple[Section, ...]:
    """The whole card, most important first."""
    return (
        described.in_short(card),
        *described.use(card),
        described.outcome(card),
        described.data(card),
        described.predictors(card),
        described.algorithm(card),
        Section("What it was found to do", (_how(card),), results.sections(card)),
        *groups.sections(card),
        *upkeep.sections(card),
        tripod.section(card),
    )


def _how(card: Card) -> str:
    return (
        f"On later weeks than it learnt from: {phrases.judged_weeks(card)}, {phrases.judged_counts(card)}. Value (95 "
        "% interval "
        "from a bootstrap by home). Counts from 1 to 4 are not printed; the plots show shares by tenths of all "
        "resident-weeks, "
        "from which a small count of weeks, in no home named, could be worked out."
    )


def _plots(found: tuple[Section, ...], folder: Path) -> Mapping[str, str]:
    blocks = (block for section in found for one in (section, *section.parts) for block in one.blocks)
    names = [block.name for block in blocks if isinstance(block, Plot)]
    paths = {name: folder / f"{name}.svg" for name in names}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.is_file()}
