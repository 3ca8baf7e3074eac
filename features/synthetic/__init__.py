"""A synthetic county of care homes: a resident history in which every true risk is known."""

from .county import Size, SyntheticSummary, Truth, synthesise
from .dirt import CLEAN, Dirt

__all__ = ["CLEAN", "Dirt", "Size", "SyntheticSummary", "Truth", "synthesise"]
