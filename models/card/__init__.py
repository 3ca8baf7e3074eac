"""The model card: what a model is for, was made from, was found to do and must not be used for."""

from models.card.counts import Counted, counted
from models.card.files import CardFiles, files, render, summary
from models.card.record import Basis, Card, Statements, card_of
from models.card.tripod import Item, items

__all__ = [
    "Basis",
    "Card",
    "CardFiles",
    "Counted",
    "Item",
    "Statements",
    "card_of",
    "counted",
    "files",
    "items",
    "render",
    "summary",
]
