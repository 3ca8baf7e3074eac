"""Code lists: concepts events may name, codes that mean them, codes that never enter, and outcome definitions."""

from .concepts import Concept, concepts
from .maps import resolve
from .outcomes import Definition, definition, definitions
from .sensitive import sensitive
from .signs import SOFT_SIGN, sign_concepts, signs_of

__all__ = [
    "SOFT_SIGN",
    "Concept",
    "Definition",
    "concepts",
    "definition",
    "definitions",
    "resolve",
    "sensitive",
    "sign_concepts",
    "signs_of",
]
