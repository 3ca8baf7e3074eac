"""Code lists: the concepts events may name, the codes that mean them, and the outcome definitions."""

from .concepts import Concept, concepts
from .maps import resolve
from .outcomes import Definition, definition, definitions

__all__ = ["Concept", "Definition", "concepts", "definition", "definitions", "resolve"]
