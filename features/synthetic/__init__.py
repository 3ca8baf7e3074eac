"""A synthetic county of care homes: a resident history in which every true risk is known."""

from .county import SyntheticSummary, synthesise

__all__ = ["SyntheticSummary", "synthesise"]
