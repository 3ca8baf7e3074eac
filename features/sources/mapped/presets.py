"""Mappings that come with the package, for extracts whose columns are known: see the notes in each file."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from ...problems import UsageError
from .mapping import Mapping, load

_HERE = Path(__file__).with_name("presets")


def names() -> tuple[str, ...]:
    """The presets' names, in order."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.toml")))


def path_of(name: str) -> Path:
    """The mapping file of a preset. Raises UsageError for a name that is none, with the nearest."""
    if name not in names():
        near = get_close_matches(name, names(), 1, 0.5)
        hint = f"; nearest: {near[0]!r}" if near else ""
        raise UsageError(f"{name!r} is not a preset{hint}. There are: {', '.join(names())}")
    return _HERE / f"{name}.toml"


def load_all(given: Sequence[Path | str]) -> Mapping:
    """The reads of mapping files (paths) and presets (names), in the order given."""
    return tuple(read for one in given for read in load(one if isinstance(one, Path) else path_of(one)))
