"""TRIPOD+AI answered from the run: a typed row for each of the 52 parts of its 27 items, none left blank.

Collins, Moons, Dhiman et al., BMJ 2024;385:e078378. What an item asks for is said in fewer words than there.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.card.methods import METHODS
from models.card.record import Card
from models.card.reported import REPORTED
from models.document import Section, Table

Answer = Callable[[Card], str]
ANSWERS: dict[str, Answer] = {**METHODS, **REPORTED}


@dataclass(frozen=True)
class Item:
    """One part of an item, what it asks for, and what this run answers."""

    item: str
    section: str
    topic: str
    asks: str
    answer: str


def items(card: Card) -> tuple[Item, ...]:
    """Every part of every item, in the order of the checklist."""
    return tuple(Item(**asked, answer=ANSWERS[asked["item"]](card)) for asked in _asked())


def section(card: Card) -> Section:
    """The checklist with its answers, a table for each of its sections."""
    found = items(card)
    parts = []
    for title in dict.fromkeys(one.section for one in found):
        rows = tuple((one.item, f"**{one.topic}.** {one.asks}", one.answer) for one in found if one.section == title)
        parts.append(
            Section(f"TRIPOD+AI: {title}", (Table(f"TRIPOD+AI, {title}", ("Item", "Asks for", "Answer"), rows),))
        )
    told = (
        "The reporting guideline for clinical prediction models (Collins et al., BMJ 2024;385:e078378), answered "
        "from the "
        "values of this run. What items ask for is shortened. Filling a checklist makes a report complete, not a "
        "model good."
    )
    return Section("TRIPOD+AI", (told,), tuple(parts))


@cache
def _asked() -> tuple[dict[str, str], ...]:
    with Path(__file__).with_name("tripod.csv").open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
