"""A synthetic county of care homes: a resident history in which every true risk is known."""

from .county import Size, SyntheticSummary, Truth, synthesise
from .dirt import CLEAN, Dirt
from .rollout import Reviews

__all__ = ["CLEAN", "Dirt", "Reviews", "Size", "SyntheticSummary", "Truth", "synthesise"]
