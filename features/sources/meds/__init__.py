"""MEDS 0.4, the medical event data standard: a folder of events by subject, in and out.

What its types cannot carry (ids as text, doubles, times of recording, versions) goes in columns of our own, so that a
history written and read again is the same. A MEDS folder of others has none of these: then births become residents,
admissions and discharges spells, and all else events, in one home.
"""

from .reading import read
from .writing import write

__all__ = ["read", "write"]
