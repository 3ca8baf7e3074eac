"""Code lists: concepts events may name, codes that mean them, codes that never enter, and outcome definitions."""

from .concepts import Concept, concepts
from .maps import resolve
from .outcomes import Definition, definition, definitions
from .sensitive import sensitive

__all__ = ["Concept", "Definition", "concepts", "definition", "definitions", "resolve", "sensitive"]
